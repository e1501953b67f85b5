import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image, ImageCms

from app.walks.uploads import photo_check
from tests.support.loaded_modules import modules_after
from tests.support.pictures import (
    LEFT,
    MALFORMED,
    RIGHT,
    jpeg_turned,
    png_claiming,
    png_telling_much,
    png_with,
    two_halves,
    written,
)

HEIC = Path(__file__).with_name("halves.heic")
pytestmark = pytest.mark.usefixtures("app")


def kept(data: bytes) -> Image.Image:
    """Check a picture; return it as it is kept."""
    return Image.open(io.BytesIO(photo_check.check(data).data))


def assert_halves(picture: Image.Image, *, off: int = 12) -> None:
    """See that a picture is red on the left and blue on the right."""
    plain, (width, height) = picture.convert("RGB"), picture.size
    for place, colour in ((width // 4, LEFT), (3 * width // 4, RIGHT)):
        found = plain.getpixel((place, height // 2))
        assert isinstance(found, tuple)
        assert max(abs(one - other) for one, other in zip(found, colour, strict=True)) <= off, (found, colour)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF"])
def test_each_kind_is_kept_as_a_webp_of_its_colours(kind: str) -> None:
    picture = kept(written(two_halves(), kind))
    assert (picture.format, picture.mode, picture.size) == ("WEBP", "RGB", (96, 64))
    assert_halves(picture)


def test_heic_is_read() -> None:
    assert_halves(kept(HEIC.read_bytes()))


@pytest.mark.parametrize("mode", ["P", "RGBA", "CMYK", "YCbCr"])
def test_other_ways_of_writing_colours_come_out_alike(mode: str) -> None:
    kind = {"CMYK": "JPEG", "YCbCr": "JPEG"}.get(mode, "PNG")
    picture = two_halves().quantize(16) if mode == "P" else two_halves(mode=mode)
    assert_halves(kept(written(picture, kind)))


def test_sixteen_bit_grey_keeps_its_tones() -> None:
    grey = Image.new("I;16", (64, 64), 128 * 257)
    assert kept(written(grey)).convert("RGB").getpixel((9, 9)) == (128, 128, 128)


def test_bare_grey_and_single_bits_are_read() -> None:
    for mode in ("L", "1", "LA"):
        assert kept(written(Image.new(mode, (32, 32), 0))).convert("RGB").getpixel((5, 5)) == (0, 0, 0)


def test_what_is_transparent_stays_so_and_full_opacity_is_left_out() -> None:
    picture = two_halves(mode="RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    found = kept(written(picture))
    assert found.mode == "RGBA"
    low, high = found.getchannel("A").getextrema()
    assert isinstance(low, int)
    assert isinstance(high, int)
    assert low < 10
    assert high > 245
    assert kept(written(two_halves(mode="RGBA"))).mode == "RGB"


def test_exif_turn_is_applied_and_nothing_of_the_file_s_words_stays() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    exif[0x010F] = "a camera"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    turned = two_halves().transpose(Image.Transpose.ROTATE_90)
    data = written(turned, "JPEG", exif=exif, comment=b"at home", quality=95)
    checked = photo_check.check(data)
    picture = Image.open(io.BytesIO(checked.data))
    assert picture.size == (96, 64) == (checked.details["width"], checked.details["height"])
    assert_halves(picture, off=25)
    assert not picture.getexif()
    assert not {"exif", "xmp", "icc_profile", "comment"} & set(picture.info)
    assert b"camera" not in checked.data
    assert b"home" not in checked.data


@pytest.mark.parametrize("name", MALFORMED)
def test_exif_with_a_malformed_entry_still_turns_the_picture(name: str) -> None:
    picture = kept(jpeg_turned(MALFORMED[name]))
    assert picture.size == (96, 64)
    assert_halves(picture, off=25)


def test_exif_that_cannot_be_read_turns_nothing() -> None:
    assert_halves(kept(png_with(b"eXIf", b"garbage")), off=0)
    assert_halves(kept(written(two_halves(), "WEBP", lossless=True, exif=b"Exif\0\0garbage")), off=0)


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_long_text_in_a_png_is_never_inflated(kind: bytes) -> None:
    data = png_telling_much(kind)
    kept(written(two_halves()))  # whatever is loaded once
    tracemalloc.start()
    picture = kept(data)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert_halves(picture, off=0)
    assert most < 5_000_000


def test_colours_of_another_profile_are_brought_to_srgb() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    plain = kept(written(two_halves(), "PNG", icc_profile=lab.tobytes()))
    assert_halves(plain, off=2)
    assert_halves(kept(written(two_halves(), "PNG", icc_profile=b"no profile at all")), off=0)


def test_large_picture_is_scaled_down_and_none_is_scaled_up() -> None:
    assert kept(written(two_halves((3000, 1500)), "JPEG")).size == (1024, 512)
    assert kept(written(two_halves((20, 40)))).size == (20, 40)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "TIFF"])
def test_of_a_picture_that_moves_the_first_frame_is_taken(kind: str) -> None:
    others = [Image.new("RGB", (96, 64), "white")] * 2
    options = {} if kind == "TIFF" else {"duration": 100, "lossless": True}
    data = written(two_halves(), kind, save_all=True, append_images=others, **options)
    assert_halves(kept(data))


def test_same_picture_has_the_same_digest() -> None:
    one, other = (photo_check.check(written(two_halves())) for _ in range(2))
    assert one.digest == other.digest
    assert one.digest != photo_check.check(written(two_halves((98, 64)))).digest


def bomb() -> bytes:
    return png_claiming(30_000, 30_000)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "no bytes": (lambda: b"", "is empty: no bytes came along."),
    "a text": (lambda: b"not a picture", "is no picture that we read, whatever its name says."),
    "a PPM by another name": (lambda: written(two_halves(), "PPM"), "is no picture that we read"),
    "a program": (lambda: b"\x7fELF" + bytes(900), "is no picture that we read"),
    "an SVG with a script": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "is an SVG"),
    "100 megapixels": (lambda: png_claiming(10_000, 10_000), "pixels; at most 40 million are read."),
    "a bomb": (bomb, "pixels; at most 40 million are read."),
    "13 MB": (lambda: written(two_halves()) + bytes(13_000_000), "has more than 12 MB; more is not read."),
    "a JPEG cut off": (lambda: written(two_halves((400, 300)), "JPEG")[:2000], "is cut off or damaged"),
    "a PNG cut off": (lambda: written(two_halves((400, 300)))[:120], "is cut off or damaged"),
    "a WebP cut off": (lambda: written(two_halves((400, 300)), "WEBP")[:90], "is cut off or damaged"),
    "an AVIF cut off": (lambda: written(two_halves((400, 300)), "AVIF")[:150], "is cut off or damaged"),
    "a HEIC cut off": (lambda: HEIC.read_bytes()[:-200], "is cut off or damaged"),
    "a JPEG of many passes": (
        lambda: written(two_halves(), "JPEG") + b"\xff\xda" * 50,
        "is written in 51 passes; at most 50 are read.",
    ),
    "25 megapixels with transparency": (
        lambda: png_claiming(5_000, 5_000, colours=6),
        "has 25 million pixels with transparency or more than 8 bits; at most 20 million are read.",
    ),
    "a dot": (lambda: written(two_halves((8, 8))), "has 8 × 8 pixels; a side has at least 16."),
    "a thread": (lambda: written(two_halves((2000, 20))), "a side is at most 20 times the other."),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_a_stop_is_refused_with_the_limit(name: str) -> None:
    make, message = REFUSED[name]
    with pytest.raises(ValueError, match=r"\S") as refused:
        photo_check.check(make())
    assert message in str(refused.value)


def test_limits_are_the_site_s_own(app: Flask) -> None:
    app.config.update(PHOTO_MAX=100, PHOTO_PIXELS_MAX=1000)
    with pytest.raises(ValueError, match="more than 100 bytes"):
        photo_check.check(written(two_halves()))


@pytest.mark.parametrize(
    ("does", "message"),
    [("sleep", "takes longer than 15 seconds"), ("work", "takes longer than 10 seconds"), ("memory", "is cut off")],
)
def test_decoder_that_takes_too_much_is_ended(monkeypatch: pytest.MonkeyPatch, does: str, message: str) -> None:
    monkeypatch.setattr(photo_check, "PROGRAM", "tests.support.stand_in_decoder")
    with pytest.raises(ValueError, match=message):
        photo_check.check(does.encode())


def test_decoding_loads_nothing_of_the_site() -> None:
    assert not modules_after("import app.walks.uploads.photo_decoding") & {"flask", "sqlalchemy", "numpy"}
