"""Words for what has no shape are shown by scenes, and only where a prompt says nothing else."""

import pytest

from app.core.text.stop_notes import FREELY as DRAWN_FREELY
from app.core.text.stop_notes import NOT_READ
from app.reading.grammar import load
from app.reading.lexicon import SPOKEN, Lexicon
from app.reading.reader import Reader
from app.reading.reading import BY_IDEA


@pytest.mark.parametrize("language", SPOKEN)
def test_every_idea_is_shown_by_drawings_of_the_library_or_a_setting(lexicon: Lexicon, language: str) -> None:
    known = {concept.name.casefold() for concept in lexicon.concepts}
    ideas = load(language).ideas
    assert len(ideas) > 100
    for word, scene in ideas.items():
        assert scene.names or scene.kind, word
        assert {name.casefold() for name in scene.names} <= known, word


@pytest.mark.parametrize(
    ("prompt", "things", "setting"),
    [
        ("joy", ["people dancing", "balloon"], ("hills", "day", "")),
        ("the feeling of loneliness", ["tree and bench"], ("hills", "dusk", "")),
        ("Hoffnung", ["rainbow"], ("hills", "", "")),
        ("emptiness", ["dune"], ("desert", "", "")),
        ("ein Gefühl von Trauer", ["wilted flower"], ("hills", "", "rain")),
    ],
)
def test_idea_is_a_scene(reader: Reader, prompt: str, things: list[str], setting: tuple[str, str, str]) -> None:
    reading = reader.read(prompt)
    assert [item.drawing.name for item in reading.items] == things
    assert {item.how for item in reading.items} == {BY_IDEA}
    assert (reading.wish.kind, reading.wish.time, reading.wish.weather) == setting
    assert DRAWN_FREELY in reading.notes and NOT_READ not in reading.notes


def test_idea_of_something_named_is_shown_beside_it(reader: Reader) -> None:
    assert [item.drawing.name for item in reader.read("a critique of a castle").items] == [
        "angry mob", "megaphone", "castle",
    ]  # fmt: skip


def test_idea_beside_named_things_shows_nothing(reader: Reader) -> None:
    assert [item.drawing.name for item in reader.read("a cat full of joy").items] == ["cat"]


def test_colours_alone_are_a_ground(reader: Reader) -> None:
    for prompt in ("blue and yellow", "Blau und Gelb"):
        reading = reader.read(prompt)
        assert not reading.items and reading.wish.ground == "blue" and NOT_READ not in reading.notes
    assert [item.drawing.name for item in reader.read("orange and lemon").items] == ["orange", "lemon"]
