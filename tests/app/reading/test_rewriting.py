"""Words that stand for a noun, names of people, and quotations that are lettering."""

import pytest

from app.core.text.stop_notes import FREELY as DRAWN_FREELY
from app.core.text.stop_notes import PARTLY_READ
from app.reading.ranking import IN_A_STUDIO
from app.reading.reader import Reader
from app.reading.reading import APPROXIMATED, BY_KIND


def names(reader: Reader, prompt: str) -> list[str]:
    return [item.drawing.name for item in reader.read(prompt).items]


@pytest.mark.parametrize(
    ("prompt", "things"),
    [
        ("U.S. 101", ["road"]),
        ("Route 66 at night", ["road"]),
        ("an F1 race car", ["Formula One car"]),
        ("a red 1997 Corvette", ["automobile"]),
        ("the skyline of New York City", ["cityscape"]),
        ("a cat in Paris", ["cat", "Eiffel Tower"]),
        ("a milk container", ["milk carton"]),
        ("a yellow wall", ["stone wall"]),
        ("a brick wall", ["brick wall"]),
        ("ein Mädchen auf einer Bank", ["girl", "park bench"]),
        ("eine Katze in Berlin", ["cat", "cityscape"]),
        ("a football match", ["soccer player"]),
        ("my heart is broken", ["broken heart"]),
        ("Tag und Nacht", ["sun", "crescent moon"]),
        ("a brand new car", ["automobile"]),
        ("a nurse on her third coffee", ["nurse", "hot beverage"]),
        ("a bridge in autumn", ["bridge", "maple leaf"]),
        ("ein Wald im Herbst", ["forest", "maple leaf"]),
        # A first name of something named is no second thing.
        ("Winston the bulldog", ["dog"]),
        ("Peter und der Wolf", ["man", "wolf"]),
        ("the Mona Lisa", ["Mona Lisa"]),
        ("anna and a cat", ["cat"]),
        ("my dog called Rex", ["dog"]),
        ("ein Kater namens Karlo", ["cat"]),
    ],
)
def test_words_are_replaced_by_the_noun_they_stand_for(reader: Reader, prompt: str, things: list[str]) -> None:
    assert names(reader, prompt) == things


@pytest.mark.parametrize(
    ("prompt", "things"),
    [
        ("a dog with a ball in its mouth", ["dog", "soccer ball"]),
        ("an armadillo standing on one leg", ["armadillo"]),
        ("a bear in the background", ["bear"]),
        ("ein Papagei auf seiner Schulter", ["parrot"]),
    ],
)
def test_possessed_parts_and_words_for_depth_are_no_things(reader: Reader, prompt: str, things: list[str]) -> None:
    shown = names(reader, prompt)
    assert shown[:1] == things[:1] and len(shown) == len(things)


def test_person_is_a_man_or_a_woman_by_the_first_name_with_a_note(reader: Reader) -> None:
    for prompt, thing in (("Abraham Lincoln", "man"), ("a portrait of Marie Curie", "woman")):
        reading = reader.read(prompt)
        assert [(item.drawing.name, item.how) for item in reading.items] == [(thing, BY_KIND)]
        assert PARTLY_READ in reading.notes and reading.unread == (prompt.removeprefix("a portrait of "),)


def test_painter_alone_is_a_style_shown_by_what_is_in_a_studio(reader: Reader) -> None:
    reading = reader.read("Salvador Dalí")
    assert reading.style_names == ("salvador dalí",) and names(reader, "Salvador Dalí")[0] in IN_A_STUDIO
    assert DRAWN_FREELY in reading.notes
    assert reader.read("a cat by Salvador Dalí").style_names and names(reader, "a cat by Salvador Dalí") == ["cat"]


@pytest.mark.parametrize(
    ("prompt", "things"),
    [
        ("a yellow wall with the word KA-BOOM on it", ["stone wall", "“KA-BOOM”"]),
        ('a sign that says "Let\'s paint!"', ["placard", "“LET'S PAINT!”"]),
        ("a sign that says no entry", ["placard", "“NO ENTRY”"]),
        ("a book with the words 'Don’t Panic' written on it", ["closed book", "“DON'T PANIC”"]),
        ('ein Schild mit der Aufschrift "Größe"', ["placard", "“GRÖSSE”"]),
        ("the word 'START' above the word 'END'", ["“START”", "“END”"]),
        ("a 'fox' in the snow", ["fox in the snow"]),
    ],
)
def test_what_is_said_to_be_written_is_a_thing_of_letters(reader: Reader, prompt: str, things: list[str]) -> None:
    reading = reader.read(prompt)
    assert names(reader, prompt) == things and not reading.unread and "“" not in reading.words
    assert all(mark.mark == "read" for mark in reading.marks if mark.word.isupper())


@pytest.mark.parametrize(
    ("prompt", "things", "unread"),
    [
        ("a painting titled 'Sunrise'", ["framed picture"], "Sunrise"),
        ("a sign with the words 'one two three four five six seven'", ["placard", "“ONE TWO THREE FOUR FIVE SIX”"],
         "one two three four five six seven"),
        ("a sign with the word '你好'", ["placard"], "你好"),
    ],
)  # fmt: skip
def test_titles_and_unwritable_words_are_noted(reader: Reader, prompt: str, things: list[str], unread: str) -> None:
    assert names(reader, prompt) == things and unread in reader.read(prompt).unread


@pytest.mark.parametrize(
    ("prompt", "same"),
    [
        ("a cat that reads a book", "a cat reading a book"),
        ("a man who is playing the piano", "a man playing the piano"),
        ("a dog which runs on a road", "a dog running on a road"),
        ("a fox that has a hat", "a fox with a hat"),
    ],
)
def test_relative_clause_is_read_as_a_participle(reader: Reader, prompt: str, same: str) -> None:
    assert names(reader, prompt) == names(reader, same) != []


def test_words_that_were_replaced_are_marked_and_no_misspellings(reader: Reader) -> None:
    for prompt, thing in (("Berlin", "cityscape"), ("Abraham Lincoln", "man"), ("U.S. 101", "road")):
        (mark,) = reader.read(prompt).marks
        assert (mark.word, mark.mark, mark.thing, mark.corrected) == (prompt, APPROXIMATED, thing, "")
