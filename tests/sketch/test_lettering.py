"""Lettering: an ID that carries its text, and letters that fill their square."""

import numpy as np
import pytest

from sketch import lettering, sketchbook, svg
from sketch.scene import Thing
from sketch.sketchbook import Sketchbook


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Deep  Learning", "DEEP LEARNING"),
        ("Café", "CAFE"),
        ("schöne Größe", "SCHÖNE GRÖSSE"),
        ("it’s 50 % off!", "IT'S 50 OFF!"),
        ("be excellent to each other always", "BE EXCELLENT TO EACH OTHER"),
        ("x" * 28, ""),
        ("你好", ""),
        ("!?", ""),
        ("", ""),
    ],
)
def test_text_is_drawn_in_capitals_as_far_as_there_are_letters_and_room(text: str, drawn: str) -> None:
    digest = lettering.code(text)
    assert lettering.text_of(digest) == drawn and bool(digest) is bool(drawn)
    if drawn:
        assert Thing(digest).drawing == digest and len(digest) <= 64


@pytest.mark.parametrize(
    "digest", ["", "letters1x", "letters1x6", "letters1x61", "letters1x4100", "letters1x20", "0" * 20]
)
def test_id_of_anything_else_is_no_lettering(digest: str) -> None:
    assert lettering.text_of(digest) == "" and lettering.height(digest) == 0 and sketchbook.lettered(digest) is None
    with pytest.raises(KeyError):
        lettering.svg(digest)


def test_every_letter_is_drawn_within_the_square() -> None:
    for letter in (*lettering.STROKES, *lettering.DOTTED):
        text = letter if letter.isalnum() else f"A{letter}A"
        drawn = svg.rasterise(lettering.svg(lettering.code(text)), 64)[..., 3] > 0
        assert drawn.any() and not (drawn[[0, -1]].any() or drawn[:, [0, -1]].any()), letter


def test_lines_are_broken_so_that_letters_are_large_and_their_height_is_known() -> None:
    digest = lettering.code("Keep off the grass")
    assert lettering.lines_of("KEEP OFF THE GRASS") == ("KEEP", "OFF", "THE", "GRASS")
    rows = np.flatnonzero((svg.rasterise(lettering.svg(digest), 256)[..., 3] > 128).any(1))
    assert lettering.height(digest) == pytest.approx((rows[-1] - rows[0] + 1) / 256, abs=0.02)
    assert lettering.height(lettering.code("Start")) < 0.4


def test_letterings_are_in_every_library_with_their_credit() -> None:
    book, digest = Sketchbook([], {}), lettering.code("Start")
    entry = book.find(digest)
    assert digest in book and entry and entry.name == "“START”" and entry.licence == "Apache-2.0"
    assert book.picture(digest, 32)[..., 3].max() > 0.9
