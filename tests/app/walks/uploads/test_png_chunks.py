import io

import pytest
from PIL import Image, ImageCms

from app.walks.uploads.png_chunks import strip_metadata
from tests.support.pictures import png_with, two_halves, written


def test_other_formats_are_unchanged() -> None:
    for data in (b"", b"\x89PNG", written(two_halves(), "JPEG"), written(two_halves(), "WEBP")):
        assert strip_metadata(data) == data


@pytest.mark.parametrize("name", [b"tEXt", b"pHYs", b"gAMA", b"acTL", b"prVt"])
def test_chunk_that_does_not_decide_the_pixels_is_left_out(name: bytes) -> None:
    assert strip_metadata(png_with(name, b"\0")) == written(two_halves())


def test_transparency_and_a_usual_profile_stay() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = strip_metadata(written(two_halves().quantize(8), transparency=0, icc_profile=profile))
    found = Image.open(io.BytesIO(data))
    assert (found.info["transparency"], found.info["icc_profile"]) == (0, profile)


@pytest.mark.parametrize("content", [b"no end", b"name\0\0not packed", b""])
def test_profile_that_cannot_be_read_is_left_out(content: bytes) -> None:
    assert strip_metadata(png_with(b"iCCP", content)) == written(two_halves())


def test_damaged_chunk_is_left_out_unless_it_is_critical() -> None:
    assert strip_metadata(png_with(b"tRNS", b"\0\0\0\0\0\0", is_sound=False)) == written(two_halves())
    damaged = png_with(b"PLTE", b"\0\0\0", is_sound=False)
    assert strip_metadata(damaged) == damaged


def test_what_follows_the_end_is_left_out_and_a_truncated_file_stays_so() -> None:
    png = written(two_halves())
    assert strip_metadata(png + b"more") == png
    for length in range(len(png)):
        assert strip_metadata(png[:length]) == png[:length]
