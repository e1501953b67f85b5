"""Words that stand for a noun, names of people, and quotations that are lettering."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    ("prompt", "things"),
    [
        ("Winston the bulldog", ["dog"]),
        ("Peter und der Wolf", ["man", "wolf"]),
        ("the Mona Lisa", ["Mona Lisa"]),
        ("anna and a cat", ["cat"]),
    ],
)
def test_first_name_of_something_named_is_no_second_thing(reader: Reader, prompt: str, things: list[str]) -> None:
    assert names(reader, prompt) == things


def test_painter_alone_is_a_style_shown_by_what_is_in_a_studio(reader: Reader) -> None:
    reading = reader.read("Salvador Dalí")
    assert reading.hands == ("salvador dalí",) and names(reader, "Salvador Dalí")[0] in IN_A_STUDIO
    assert DRAWN_FREELY in reading.notes
    assert reader.read("a cat by Salvador Dalí").hands and names(reader, "a cat by Salvador Dalí") == ["cat"]


@pytest.mark.parametrize(
    ("prompt", "things", "unread"),
    [
        ("a yellow wall with the word KA-BOOM on it", ["stone wall"], ("KA-BOOM",)),
        ('a sign that says "Let\'s paint!"', ["placard"], ("Let's paint!",)),
        ("a book with the words 'Don't Panic' written on it", ["closed book"], ("Don't Panic",)),
        ('ein Schild mit der Aufschrift "Halt"', ["placard"], ("Halt",)),
        ("the word 'START'", ["wooden sign"], ("START",)),
        ("a 'fox' in the snow", ["fox"], ()),
    ],
)
def test_lettering_is_noted_and_not_drawn(
    reader: Reader, prompt: str, things: list[str], unread: tuple[str, ...]
) -> None:
    assert names(reader, prompt) == things and reader.read(prompt).unread == unread


def test_words_that_were_replaced_are_marked_and_no_misspellings(reader: Reader) -> None:
    for prompt, thing in (("Berlin", "cityscape"), ("Abraham Lincoln", "man"), ("U.S. 101", "road")):
        (mark,) = reader.read(prompt).marks
        assert (mark.word, mark.mark, mark.thing, mark.corrected) == (prompt, APPROXIMATED, thing, "")
