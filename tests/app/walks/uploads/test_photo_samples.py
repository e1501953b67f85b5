"""Pictures whose numbers are no 8-bit colours are stored as what they mean, or refused by name."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from app.walks.uploads import photo_check
from tests.support.pictures import two_halves, written

pytestmark = pytest.mark.usefixtures("app")
SIDE = 32


def tiff(values: np.ndarray, *, ink: int = 1, extra: int | None = None, bits: int | None = None) -> bytes:
    """Write an uncompressed TIFF of (side, side, channels) numbers, as their type has them."""
    height, width, channels = values.shape
    kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    bits = bits or 8 * values.dtype.itemsize
    rows = {256: [width], 257: [height], 258: [bits] * channels, 259: [1], 262: [ink], 273: [0], 277: [channels],
            278: [height], 279: [values.nbytes], 339: [kind] * channels}  # fmt: skip
    rows |= {} if extra is None else {338: [extra]}
    entries, further, base = b"", b"", 8 + 2 + 12 * len(rows) + 4
    size = sum(2 * len(numbers) for numbers in rows.values() if len(numbers) > 2)
    for tag, numbers in sorted(rows.items()):
        long = tag in (273, 279)
        packed = struct.pack(f"<{len(numbers)}{'I' if long else 'H'}", *([base + size] if tag == 273 else numbers))
        if len(packed) > 4:
            packed, further = struct.pack("<I", base + len(further)), further + packed
        entries += struct.pack("<HHI", tag, 4 if long else 3, len(numbers)) + packed.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<IH", 8, len(rows)) + entries + bytes(4) + further + values.tobytes()


def stored(data: bytes) -> tuple[int, ...]:
    """Return the colour of a checked picture."""
    colour = Image.open(io.BytesIO(photo_check.check(data).data)).convert("RGB").getpixel((5, 5))
    assert isinstance(colour, tuple)
    return tuple(map(int, colour))


def flat(value: float, kind: str, channels: int = 1) -> np.ndarray:
    return np.full((SIDE, SIDE, channels), value, kind)


@pytest.mark.parametrize(
    ("data", "grey"),
    [(tiff(flat(0.5, "<f4")), 128), (tiff(flat(1.0, "<f4")), 255), (tiff(flat(0.25, "<f4"), ink=0), 191),
     (tiff(flat(2**31, "<u4")), 128), (tiff(flat(2**32 - 1, "<u4")), 255), (tiff(flat(51 * 257, "<u2")), 51),
     (tiff(flat(51 * 257, "<u2"), ink=0), 204), (tiff(flat(51, "u1")), 51), (tiff(flat(51, "u1"), ink=0), 204),
     (tiff(flat(32896, "<u2", 3), ink=2), 128), (tiff(flat(0, "u1", 4), ink=5), 255)],
)  # fmt: skip
def test_samples_are_stored_as_the_grey_that_they_mean(data: bytes, grey: int) -> None:
    assert max(abs(each - grey) for each in stored(data)) <= 1


def test_twelve_of_sixteen_bits_are_as_bright_as_they_are_meant() -> None:
    row = np.full(SIDE * SIDE // 2 * 3, 0, np.uint8).reshape(-1, 3)
    row[:] = (0x80, 0x08, 0x00)  # two numbers of 12 bits, 2048 each
    values = np.concatenate([row.ravel(), np.zeros(SIDE * SIDE // 2, np.uint8)]).reshape(SIDE, SIDE, 2)
    data = bytearray(tiff(values.view("<u2"), bits=12))
    assert max(abs(each - 128) for each in stored(bytes(data))) <= 1


@pytest.mark.parametrize(
    ("data", "says"),
    [(tiff(flat(9, "i1")), "SampleFormat 2"), (tiff(flat(9, "<i2")), "SampleFormat 2"),
     (tiff(flat(9, "<i4")), "SampleFormat 2"), (tiff(flat(0.5, "<f4", 3), ink=2), "BitsPerSample 32 32 32"),
     (tiff(flat(0.5, "<f2")), "BitsPerSample 16, SampleFormat 3"), (tiff(flat(0.5, "<f8")), "SampleFormat 3"),
     (tiff(flat(9, "u1", 5), ink=5, extra=2), "PhotometricInterpretation 5, ExtraSamples 2"),
     (tiff(flat(9, "<i2", 3), ink=2), "SampleFormat 2 2 2"), (tiff(flat(9, "<u8")), "BitsPerSample 64")],
)  # fmt: skip
def test_samples_that_are_no_colours_are_refused_by_name(data: bytes, says: str) -> None:
    with pytest.raises(ValueError, match="of a kind that is not read") as refused:
        photo_check.check(data)
    assert says in str(refused.value)


@pytest.mark.parametrize("value", [-0.5, 3.0, 255.0, float("nan"), float("inf")])
def test_floats_beyond_zero_to_one_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="floating-point numbers beyond 0 to 1"):
        photo_check.check(tiff(flat(value, "<f4")))


def test_lab_is_converted() -> None:
    lab = np.zeros((SIDE, SIDE, 3), np.uint8)
    lab[..., 0], lab[..., 1], lab[..., 2] = 138, 79, 66  # L* 54, a* 79, b* 66: a strong red
    red, green, blue = stored(tiff(lab, ink=8))
    assert red > 240 and green < 60 and blue < 40


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_tiff_is_called_damaged() -> None:
    for data in (b"II*\0", b"II*\0\xff\xff\xff\xff", written(two_halves(), "TIFF")[:-40]):
        with pytest.raises(ValueError, match="cut off or damaged"):
            photo_check.check(data)


def test_first_page_that_is_no_thumbnail_is_stored() -> None:
    small, whole = Image.new("RGB", (20, 20), "lime"), two_halves()
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[254] = 1  # a reduced picture
    data = written(small, "TIFF", save_all=True, append_images=[whole, small], tiffinfo=tags)
    reduced = struct.pack("<HHII", 254, 4, 1, 1)
    _, first, second, third = data.split(reduced)
    data = reduced.join([_, first]) + struct.pack("<HHII", 254, 4, 1, 0) + reduced.join([second, third])
    picture = photo_check.check(data)
    assert picture.details == {"width": whole.width, "height": whole.height}


@pytest.mark.parametrize("masks", [False, True])
def test_bmp_of_32_bits_is_opaque_where_it_has_no_alpha(masks: bool) -> None:
    pixels = bytes((30, 40, 200, 0)) * SIDE * SIDE
    head = struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 32, 3 if masks else 0, len(pixels), 0, 0, 0, 0)
    colours = struct.pack("<III", 0xFF0000, 0xFF00, 0xFF) if masks else b""
    offset = 14 + len(head) + len(colours)
    data = b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + head + colours + pixels
    picture = photo_check.check(data)
    assert Image.open(io.BytesIO(picture.data)).mode == "RGB"
    assert stored(data) == (200, 40, 30)
