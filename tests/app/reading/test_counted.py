"""Things are counted right where one drawing shows several."""

import pytest

from app.core.config import ROOT
from app.core.text.embedding import Embedding
from app.reading import counted
from app.reading.lexicon import Lexicon
from app.reading.reader import Reader
from app.reading.reading import shown
from sketch import sketchbook

BOOK = sketchbook.load(ROOT / "models" / "house" / sketchbook.FILE)


@pytest.fixture(scope="module")
def reader(lexicon: Lexicon, embedding: Embedding) -> Reader:
    """Return a parser with all drawings."""
    return Reader(lexicon, BOOK.drawings.values(), embedding)


def seen(reader: Reader, prompt: str) -> tuple[str, int]:
    """Return the name of what is shown, and how many are seen in the picture."""
    (item,) = reader.read(prompt).items
    return item.drawing.name, shown([item])[0].count * counted.shown_by(item.drawing)


@pytest.mark.parametrize(
    ("prompt", "name", "count"),
    [
        ("five socks", "socks", 5),
        ("drei Socken", "socks", 3),
        ("two pairs of socks", "socks", 4),
        ("zwei Paar Socken", "socks", 4),
        ("two pairs of shoes", "shoe", 4),
        ("three clinking glasses", "wine glass", 3),
        ("clinking glasses", "clinking glasses", 2),
        ("three books", "books", 3),
        ("five books", "closed book", 5),
        ("four cherries", "cherries", 4),
        ("four gloves", "gloves", 4),
        ("two gloves", "gloves", 2),
        ("four bananas", "banana", 4),
        ("five apples", "red apple", 5),
        ("three pairs of glasses", "glasses", 3),
    ],
)
def test_as_many_are_seen_as_were_written(reader: Reader, prompt: str, name: str, count: int) -> None:
    assert seen(reader, prompt) == (name, count)


@pytest.mark.parametrize(("prompt", "count"), [("a sock", 1), ("socks", 2)])
@pytest.mark.parametrize("seed", range(6))
def test_name_without_a_number_shows_one_or_a_pair(reader: Reader, prompt: str, count: int, seed: int) -> None:
    (item,) = reader.read(prompt, seed=seed).items
    assert counted.shown_by(item.drawing) == count


def test_odd_number_of_what_is_only_drawn_in_pairs_is_at_least_reached(reader: Reader) -> None:
    assert seen(reader, "five gloves") == ("gloves", 6)
    assert reader.read("five gloves").items[0].count == 5


def test_one_of_several_things_may_be_another_drawing_of_the_name(reader: Reader) -> None:
    (item,) = reader.read("three owls").items
    assert item.variants and {each.name for each in item.variants} == {item.drawing.name}
    assert reader.read("an owl").items[0].variants == ()


def test_names_and_drawings_in_the_tables_are_in_the_book() -> None:
    names = {drawing.name for drawing in BOOK.drawings.values()}
    assert names >= {*counted.SHOWN, *counted.SINGLE.values()}
    assert {*counted.SINGLE} <= {*counted.SHOWN}
    for start in counted.ONE | counted.MORE:
        assert len([digest for digest in BOOK.drawings if digest.startswith(start)]) == 1
