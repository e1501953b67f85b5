"""Convert picture files of any format for training: upright, 8 bit, RGB; or reject them with a reason."""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, ImageCms

from studio.errors import Refused

SMALLEST = 128
LONGEST = 2048
FORMATS = (
    "AVIF",
    "BMP",
    "GIF",
    "JPEG",
    "JPEG2000",
    "PNG",
    "TIFF",
    "WEBP",
)  # not EPS, for which Pillow runs Ghostscript
MOST_PIXELS = 120_000_000
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its EXIF orientation."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture as it will be stored."""

    data: bytes
    extension: str
    width: int
    height: int


def prepare_picture(data: bytes, *, smallest: int = SMALLEST, longest: int = LONGEST) -> Prepared:
    """Convert a picture file to an upright RGB JPEG whose longer side is at most ``longest``.

    The first frame of an animation is used; transparency is composited over white.

    :raises Refused: when the file is empty, broken, truncated, too small, or a decompression bomb.
    """
    picture = _opened(data)
    if min(picture.size) < smallest:
        raise Refused(
            f"tiny: {picture.width} × {picture.height}, the shorter side must have at least {smallest} pixels"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            flat = _rgb(_upright(_first_frame(picture)))
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise Refused(f"broken: {error}") from error
    flat.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    flat.save(written, "JPEG", quality=95, subsampling=0)
    return Prepared(written.getvalue(), "jpg", *flat.size)


def _opened(data: bytes) -> Image.Image:
    if not data:
        raise Refused("empty: no bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise Refused(f"a decompression bomb: {error}") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise Refused("no picture that can be read") from error
    if picture.width * picture.height > MOST_PIXELS:
        raise Refused(f"a decompression bomb: {picture.width} × {picture.height} pixels, at most {MOST_PIXELS:,}")
    return picture


def _first_frame(picture: Image.Image) -> Image.Image:
    if getattr(picture, "n_frames", 1) > 1:
        picture.seek(0)
    picture.load()
    return picture


def _upright(picture: Image.Image) -> Image.Image:
    """Return a decoded picture turned by its EXIF orientation; EXIF that cannot be read turns nothing.

    ``ImageOps.exif_transpose`` also writes the EXIF again, which fails where any other entry of it is malformed.
    """
    try:
        turn = TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except (OSError, ValueError, SyntaxError, LookupError, TypeError, AttributeError, struct.error):
        return picture
    return picture if turn is None else picture.transpose(turn)


def _rgb(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I") or picture.mode == "F":
        picture = _eight_bit(picture)
    if picture.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    if picture.mode == "RGBA":
        ground = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(ground, picture).convert("RGB")
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        picture = _in_srgb(picture, profile)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Convert grey values of 16 bits, or of any range, to 8 bits."""
    values = np.asarray(picture).astype(np.float64)
    if picture.mode == "F" or values.max(initial=0) > 65535 or values.min(initial=0) < 0:
        low, high = float(values.min()), float(values.max())
        values = (values - low) / max(high - low, 1e-9) * 65535
    return Image.fromarray(np.round(values / 257).astype(np.uint8))


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """Apply the embedded colour profile; ignore one that does not fit the picture."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return converted or picture
