"""Copies of a picture: found when encoded again or resized, and not mistaken for other pictures."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from studio.collecting.copies import Copies


def painting(seed: int = 0, size: tuple[int, int] = (300, 240)) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def encoded(picture: Image.Image, form: str = "PNG", **options: object) -> bytes:
    written = io.BytesIO()
    picture.save(written, form, **options)
    return written.getvalue()


@pytest.mark.parametrize("copy", [
    encoded(painting()), encoded(painting(), compress_level=1), encoded(painting(), "JPEG", quality=40),
    encoded(painting(), "WEBP", quality=60), encoded(painting(size=(600, 480))),
])  # fmt: skip
def test_copy_is_found(copy: bytes) -> None:
    known = Copies()
    assert known.find_or_add("first.png", encoded(painting())) is None
    assert known.find_or_add("second", copy) == "first.png"


@pytest.mark.parametrize("other", [
    painting(1), ImageOps.mirror(painting()), ImageOps.invert(painting()), painting().crop((0, 0, 200, 160)),
    painting().resize((240, 300)),
])  # fmt: skip
def test_other_picture_is_no_copy(other: Image.Image) -> None:
    known = Copies()
    known.find_or_add("first.png", encoded(painting()))
    assert known.find_or_add("second.png", encoded(other)) is None


def test_pictures_of_hardly_any_contrast_are_copies_only_when_equal() -> None:
    known = Copies()
    assert known.find_or_add("white", encoded(Image.new("RGB", (300, 300), (250, 250, 250)))) is None
    assert known.find_or_add("other", encoded(Image.new("RGB", (300, 300), (248, 250, 250)))) is None
    assert known.find_or_add("third", encoded(Image.new("RGB", (300, 300), (250, 250, 250)))) == "white"


def test_pictures_of_an_earlier_run_are_known(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(painting()))
    known = Copies([("a.png", tmp_path / "a.png")])
    assert known.find_or_add("b.jpg", encoded(painting(), "JPEG", quality=70)) == "a.png"
