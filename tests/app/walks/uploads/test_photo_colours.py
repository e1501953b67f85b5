"""Colours that a picture states as code points are brought to sRGB, or refused by name."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.walks.uploads import photo_check, photo_colours
from app.walks.uploads.photo_colours import Cicp, UnreadColours
from tests.support.pictures import png_with, two_halves, written

HEIC = Path(__file__).with_name("halves.heic")
P3 = Cicp(12, 13)
pytestmark = pytest.mark.usefixtures("app")


def stating(cicp: Cicp, kind: str) -> bytes:
    """Write a picture of two halves whose file states some code points."""
    if kind == "PNG":
        return png_with(b"cICP", bytes((cicp.primaries, cicp.transfer, 0, 1)))
    data = HEIC.read_bytes() if kind == "HEIC" else written(two_halves(), "AVIF", quality=100, subsampling="4:4:4")
    place = data.index(b"colrnclx") + 8
    return data[:place] + struct.pack(">HH", cicp.primaries, cicp.transfer) + data[place + 4 :]


def left(data: bytes) -> tuple[int, ...]:
    """Return the stored colour of a picture's left half."""
    stored = Image.open(io.BytesIO(photo_check.check(data).data)).convert("RGB")
    colour = stored.getpixel((20, 30))
    assert isinstance(colour, tuple)
    return tuple(map(int, colour))


@pytest.mark.parametrize("kind", ["PNG", "AVIF", "HEIC"])
def test_code_points_are_read_from_the_file(kind: str) -> None:
    assert photo_colours.read_cicp(stating(P3, kind)) == P3
    assert photo_colours.read_cicp(stating(Cicp(9, 16), kind)) == Cicp(9, 16)


@pytest.mark.parametrize("kind", ["PNG", "AVIF", "HEIC"])
def test_picture_in_display_p3_is_stored_in_srgb(kind: str) -> None:
    plain, wide = left(stating(Cicp(1, 13), kind)), left(stating(P3, kind))
    assert wide[0] > plain[0] + 12 and wide[1] < plain[1] and wide[2] < plain[2] + 1
    assert np.abs(np.subtract(wide, (217, 0, 15))).max() <= 12


@pytest.mark.parametrize(
    ("cicp", "colour", "meant"),
    [(P3, (200, 40, 30), (218, 0, 4)), (P3, (90, 120, 90), (79, 121, 87)), (P3, (0, 0, 0), (0, 0, 0)),
     (P3, (255, 255, 255), (255, 255, 255)), (Cicp(9, 1), (128, 128, 128), (128, 128, 128)),
     (Cicp(11, 13), (255, 255, 255), (255, 255, 255)), (Cicp(1, 8), (55, 55, 55), (128, 128, 128)),
     (Cicp(2, 4), (128, 128, 128), (129, 129, 129)), (Cicp(2, 2), (9, 8, 7), (9, 8, 7)),
     (Cicp(1, 1), (9, 8, 7), (9, 8, 7)),
     ],
)  # fmt: skip
def test_code_points_tell_srgb_colours(cicp: Cicp, colour: tuple[int, int, int], meant: tuple[int, int, int]) -> None:
    seen = photo_colours.to_srgb(Image.new("RGB", (2, 2), colour), cicp).getpixel((1, 1))
    assert isinstance(seen, tuple)
    assert np.abs(np.subtract(seen, meant)).max() <= 2, seen


@pytest.mark.parametrize("kind", ["PNG", "AVIF", "HEIC"])
@pytest.mark.parametrize(
    ("cicp", "says"),
    [(Cicp(9, 16), "high dynamic range (PQ)"), (Cicp(9, 18), "high dynamic range (HLG)"), (Cicp(4, 13), "CICP 4/13")],
)
def test_picture_of_other_colours_is_refused_by_name(kind: str, cicp: Cicp, says: str) -> None:
    with pytest.raises(ValueError, match=r"save it in sRGB") as refused:
        photo_check.check(stating(cicp, kind))
    assert says in str(refused.value)


def test_transfer_that_is_unknown_is_refused() -> None:
    with pytest.raises(UnreadColours, match="CICP 1/99"):
        photo_colours.to_srgb(Image.new("RGB", (2, 2)), Cicp(1, 99))


def test_picture_without_code_points_keeps_its_colours() -> None:
    for data in (written(two_halves()), written(two_halves(), "JPEG"), b"", b"\x89PNG\r\n\x1a\n"):
        assert photo_colours.read_cicp(data) is None
    picture = two_halves()
    assert photo_colours.to_srgb(picture, None) is picture


def test_malformed_boxes_have_no_code_points() -> None:
    data = stating(P3, "AVIF")
    for end in range(0, 400, 7):
        assert photo_colours.read_cicp(data[:end]) in (None, P3)
    for place in range(32, 300):
        photo_colours.read_cicp(data[:place] + b"\xff" + data[place + 1 :])
