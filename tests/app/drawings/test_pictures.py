"""Drawings as small pictures in one ink."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from app.drawings import pictures
from sketch.sketchbook import Drawing, Sketchbook, SketchbookError, digest_of
from tests.support import drawings

SHADES = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M0 8h8v16H0z"/>'
    '<path fill="#fff" d="M8 8h8v16H8z"/><path fill="#888" d="M16 8h8v16h-8z"/></svg>'
)


def opened(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == "WEBP"
        return np.asarray(picture.convert("RGBA"))


def test_drawing_is_black_ink_and_the_darker_it_was_the_more_of_it() -> None:
    digest = digest_of(SHADES)
    ink = opened(pictures.webp(Sketchbook([Drawing(digest, "shades")], {digest: SHADES}), digest, 32))
    assert ink.shape == (32, 32, 4) and not ink[..., :3][ink[..., 3] > 0].any()
    black, white, grey, nothing = (int(ink[16, x, 3]) for x in (4, 12, 20, 28))
    assert (black, nothing) == (255, 0) and 0 < white < grey < black
    assert not ink[:7].any()


def test_picture_is_as_large_as_was_asked_and_small_as_a_file() -> None:
    for name, digest in drawings.DIGESTS.items():
        data = pictures.webp(drawings.book(), digest, 96)
        assert opened(data).shape == (96, 96, 4), name
        assert len(data) < 4_000


def test_drawing_that_is_not_there_is_named() -> None:
    with pytest.raises(SketchbookError, match="no drawing absent"):
        pictures.webp(drawings.book(), "absent", 32)
