"""Drawings in one ink: what is dark is opaque, what is light has an outline, and nothing is cut off."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.offer.drawings import pictures
from sketch.sketchbook import Drawing, Sketchbook, SketchbookError, digest_of
from tests.support import led

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'


def shown(data: bytes) -> tuple[tuple[int, int], NDArray[np.uint8], NDArray[np.uint8]]:
    """Open a picture: its size, its colours and its ink."""
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == "WEBP"
        seen = np.asarray(picture.convert("RGBA"))
    return seen.shape[:2], seen[..., :3], seen[..., 3]


def of(shapes: str, side: int = 144) -> NDArray[np.uint8]:
    """Picture some shapes; return the ink."""
    svg = f"{HEAD}{shapes}</svg>"
    digest = digest_of(svg)
    return shown(pictures.webp(Sketchbook([Drawing(digest, "x")], {digest: svg}), digest, side))[2]


def test_picture_is_black_and_as_large_as_was_asked() -> None:
    for side in (48, 144):
        size, colours, ink = shown(pictures.webp(led.book(), led.FOX, side))
        assert size == (side, side)
        assert colours[ink > 0].max() <= 8
        assert ink.max() > 240


def test_darker_is_more_opaque_and_nothing_is_empty() -> None:
    ink = of('<path d="M8 8h16v48H8z" fill="#000"/><path d="M24 8h16v48H24z" fill="#999"/>'
             '<path d="M40 8h16v48H40z" fill="#fff"/>')  # fmt: skip
    black, grey, white = (int(ink[72, x]) for x in (36, 72, 108))
    assert black > grey + 40 > white + 60
    assert (white, int(ink[72, 140])) == (0, 0)


def test_white_drawing_has_an_outline() -> None:
    ink = of('<circle cx="32" cy="32" r="20" fill="#fff"/>')
    assert ink[72, 72] == 0
    assert ink[72, 20:40].max() > 200  # about where the circle ends, on the left


def test_colours_of_one_brightness_are_separated_by_a_line() -> None:
    ink = of('<path d="M8 8h24v48H8z" fill="#e00"/><path d="M32 8h24v48H32z" fill="#007800"/>')
    assert int(ink[72, 68:77].max()) > int(max(ink[72, 50], ink[72, 94])) + 60


def test_outline_of_what_fills_its_frame_is_not_cut_off() -> None:
    ink = of('<path d="M0 0h64v64H0z" fill="#fff"/>')
    assert ink[0].max() == ink[:, 0].max() == ink[-1].max() == ink[:, -1].max() == 0
    assert min(ink[:8].max(), ink[-8:].max(), ink[:, :8].max(), ink[:, -8:].max()) > 200


def test_drawing_that_is_not_there_is_named() -> None:
    with pytest.raises(SketchbookError, match="no drawing zzz"):
        pictures.webp(led.book(), "zzz")


def test_picture_is_some_kilobytes_at_most() -> None:
    assert all(len(pictures.webp(led.book(), digest)) < 6000 for digest in led.book().drawings)
