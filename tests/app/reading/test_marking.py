"""Each word of a prompt is marked by what the parser made of it."""

import pytest

from app.reading import marking
from app.reading.lexicon import ALIAS, KEYWORD, NAME, Meaning
from app.reading.reader import Reader
from app.reading.reading import APPROXIMATED, NOT_READ, READ

SIGNS = {READ: "+", APPROXIMATED: "~", NOT_READ: "-"}


def marks(reader: Reader, prompt: str, language: str = "en") -> str:
    """Return the marked words of a prompt, each with a sign before it."""
    return " ".join(SIGNS[each.mark] + each.word for each in reader.again(prompt, language=language).marks)


@pytest.mark.parametrize(
    ("prompt", "language", "expected"),
    [
        ("a lighthouse", "en", "+lighthouse"),
        ("a lighthouse beside a zorp", "en", "+lighthouse -zorp"),
        ("zorp", "en", "-zorp"),
        ("a rusty lighthouse at night", "en", "+rusty +lighthouse +night"),  # rust is a colour
        ("a wise bird", "en", "-wise +bird"),
        ("three cats", "en", "+three +cats"),
        ("100 penguins", "en", "-100 +penguins"),  # a scene holds 24
        ("a big red car", "en", "+big +red +car"),
        ("a woman reading by a window", "en", "+woman +reading +window"),
        ("a platypus riding a bicycle", "en", "+platypus +riding +bicycle"),
        ("two sad vegetables on a plate", "en", "+two -sad +vegetables +plate"),
        ("a table with fruit", "en", "+table +fruit"),
        ("fog over a lonely village", "en", "+fog -lonely +village"),
        ("a house without a door", "en", "+house +door"),
        ("four seasons", "en", "+four +seasons"),
        ("a barking dog in the snow", "en", "~barking +dog +snow"),  # the dog of the drawing may be silent
        ("critique of the USA", "en", "~critique ~USA"),
        ("the thing that flies", "en", "~flies"),
        ("\U0001f431 and a dog", "en", "+\U0001f431 +dog"),
        ("кошка и зорп", "en", "+кошка -и -зорп"),
        ("an angry teapot, watercolour style", "en", "-angry +teapot +watercolour +style"),
        ("eine Katze auf dem Dach", "de", "+Katze +auf +dem +Dach"),
        ("eine Katze auf dem Sofa", "de", "+Katze +Sofa"),
        ("eine Bank", "de", "+Bank"),
        ("ein Hund ohne Leine", "de", "+Hund +Leine"),
        ("ein Holzstuhl und ein Zorp", "de", "+Holzstuhl -Zorp"),
    ],
)
def test_words_are_marked_by_what_they_show(reader: Reader, prompt: str, language: str, expected: str) -> None:
    assert marks(reader, prompt, language) == expected


def test_other_name_is_approximated_where_a_drawing_has_the_word_as_its_name() -> None:
    lighthouse, tower, bench = Meaning(0, 1.0, NAME), Meaning(1, 0.95, ALIAS), Meaning(2, 0.98, ALIAS)
    keyword = Meaning(3, 1.0, KEYWORD)
    assert marking.is_own(tower, [])
    assert [marking.is_own(each, [lighthouse]) for each in (lighthouse, tower, bench, keyword)] == [
        True, False, True, False,
    ]  # fmt: skip


def test_mark_names_the_drawing_and_whether_one_of_that_name_is_lacking(reader: Reader) -> None:
    (okapi,) = reader.again("an okapi").marks
    assert (okapi.thing, okapi.is_lacking) == ("giraffe", True)
    (*_, usa) = reader.again("critique of the USA").marks
    assert (usa.thing, usa.is_lacking) == ("Statue of Liberty", False)
    (car,) = reader.again("a car").marks
    assert (car.thing, car.is_lacking) == ("automobile", False)


def test_misspelt_word_is_marked_with_what_it_was_taken_for(reader: Reader) -> None:
    reading = reader.again("a kangoroo and a girafe")
    assert [(each.mark, each.corrected) for each in reading.marks] == [(READ, "kangaroo"), (READ, "giraffe")]
    assert [each.corrected for each in reader.again("eine Kuh im Grünen, Café", language="de").marks] == [""] * 3


def test_prompt_without_words_has_no_marks(reader: Reader) -> None:
    assert [reader.again(prompt).marks for prompt in ("", "...", "the of and")] == [(), (), ()]
