"""Check an uploaded picture before trusting any of it, and write a new file with nothing but its pixels.

The format follows from the first bytes, never from the name. The size is read from the header, and pictures with too
many pixels are not decoded. Each process decodes one picture at a time, since each may need 200 MB.
"""

from __future__ import annotations

import hashlib
import io
import struct
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import current_app
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from app.i18n.formatting import file_size, number
from app.i18n.gettext import _
from app.uploads import photo_colours, photo_samples, png_chunks

LONGEST = 1024
"""The longer side of stored pictures in pixels; no model here renders larger ones."""
SIDE_MIN = 16
RATIO_MAX = 20
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF")
KINDS_TEXT = "PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP, TIFF"
ACCEPTED = "image/png,image/jpeg,image/webp,image/avif,image/heic,image/heif,image/gif,image/bmp,image/tiff,.heic,.heif"
"""The file types that a browser's file dialog offers."""
BROKEN = (
    OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, AttributeError, OverflowError,
    RuntimeError, NotImplementedError, ZeroDivisionError, struct.error,
)  # fmt: skip
"""The exceptions that decoders raise for truncated, altered or otherwise broken files."""
HEADS = (b"\x89png", b"\xff\xd8\xff", b"gif8", b"ii*\0", b"mm\0*")
"""The first bytes of PNG, JPEG, GIF and TIFF, in small letters."""
TOO_LARGE = (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError)
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
WEBP: dict[str, Any] = {"format": "WEBP", "lossless": True, "quality": 20, "method": 1, "exact": True}
"""Options for speed rather than small files: about 0.1 s for a photo."""

_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class CheckedPhoto:
    """A picture as it is stored: a lossless WebP, upright, 8-bit sRGB, without any metadata; and its SHA-256."""

    data: bytes
    width: int
    height: int
    digest: str


def check(data: bytes) -> CheckedPhoto:
    """Return a picture as a new, checked file; of an animation, its first frame.

    :raises ValueError: with the fault and the limit, as the rest of a sentence that begins with "The picture".
    """
    if not data:
        raise ValueError(_("is empty: no bytes came along."))
    most = current_app.config["PHOTO_MAX"]
    if len(data) > most:
        raise ValueError(
            _("has more than %(most)s; more is not read.", most=file_size(most))
        )  # longer uploads are not read to their end
    with _one_at_a_time:
        picture = _decode(data)
    target = io.BytesIO()
    picture.save(target, **WEBP)
    written = target.getvalue()
    return CheckedPhoto(written, picture.width, picture.height, hashlib.sha256(written).hexdigest())


def _decode(data: bytes) -> Image.Image:
    """Return the decoded and normalised picture.

    :raises ValueError: with the fault, as the rest of a sentence after "The picture".
    """
    _register_heif()
    try:
        with Image.open(io.BytesIO(png_chunks.strip_metadata(data)), formats=FORMATS) as opened:
            _check_size(*opened.size)
            return _normalise(opened, photo_colours.read_cicp(data))
    except TOO_LARGE as error:
        raise ValueError(_too_many(None)) from error
    except UnidentifiedImageError as error:
        raise ValueError(_refusal(data)) from error
    except (_Refused, photo_colours.UnreadColours) as error:
        raise ValueError(str(error)) from error
    except BROKEN as error:  # the decoder's message is not for visitors
        raise ValueError(_("is cut off or damaged: it cannot be read to its end.")) from error


class _Refused(Exception):
    """A picture's header shows that it is not accepted."""


def _check_size(width: int, height: int) -> None:
    """Check the size in a picture's header.

    :raises _Refused: when it is too large, too small or too narrow.
    """
    if width * height > current_app.config["PHOTO_PIXELS_MAX"]:
        raise _Refused(_too_many(width * height))
    size = {"width": number(width), "height": number(height)}
    if min(width, height) < SIDE_MIN:
        raise _Refused(_("has %(width)s × %(height)s pixels; a side has at least %(least)s.", **size, least=SIDE_MIN))
    if max(width, height) > RATIO_MAX * min(width, height):
        message = _(
            "has %(width)s × %(height)s pixels; a side is at most %(most)s times the other.", **size, most=RATIO_MAX
        )
        raise _Refused(message)


def _too_many(pixels: int | None) -> str:
    most = current_app.config["PHOTO_PIXELS_MAX"] / 1_000_000
    if pixels is None:
        return _("has too many pixels; at most %(most)s million are read.", most=number(round(most)))
    count = number(round(pixels / 1_000_000))
    return _("has %(count)s million pixels; at most %(most)s million are read.", count=count, most=number(round(most)))


def _refusal(data: bytes) -> str:
    """Return why a file of an unknown format is refused, by its first bytes."""
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<svg", b"<?xml", b"<!doctype svg")) or b"<svg" in head:
        return _("is an SVG, which may hold a program. These are read: %(kinds)s.", kinds=KINDS_TEXT)
    if head.startswith((b"ii", b"mm")) and (unread := photo_samples.name_unread_tiff(data)):
        return unread
    if head.startswith(HEADS) or (head[:4] == b"riff" and head[8:12] == b"webp"):
        return _("is cut off or damaged: it cannot be read to its end.")
    if head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"):
        return _("is cut off or damaged: it cannot be read to its end.")
    return _("is no picture that we read, whatever its name says. These are read: %(kinds)s.", kinds=KINDS_TEXT)


def _normalise(opened: Image.Image, cicp: photo_colours.Cicp | None) -> Image.Image:
    """Return the decoded picture: upright, at most :data:`LONGEST` a side, 8-bit sRGB, with alpha only if needed.

    :raises UnreadColours: when its colours or samples are of a kind that is not read.
    """
    photo_samples.choose_page(opened)
    _check_size(*opened.size)
    photo_samples.check_samples(opened)
    opened.draft(None, (LONGEST, LONGEST))  # decode a JPEG no larger than needed
    profile = None if cicp is not None and opened.format == "PNG" else opened.info.get("icc_profile")
    opened.load()
    picture = photo_samples.to_eight_bits(_upright(opened), opened)
    picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS, reducing_gap=3.0)
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    picture = _in_srgb(picture, profile, cicp)
    if alpha is not None and alpha.getextrema()[0] < 255:  # type: ignore[operator]
        picture.putalpha(alpha)
    bare = Image.new(picture.mode, picture.size)  # a new image, without any metadata of the file
    bare.paste(picture)
    return bare


def _upright(opened: Image.Image) -> Image.Image:
    """Return a decoded picture turned by its EXIF orientation; EXIF that cannot be read turns nothing.

    ``ImageOps.exif_transpose`` also writes the EXIF again, which fails where any other entry of it is malformed.
    """
    try:
        turn = TURNS.get(opened.getexif().get(ExifTags.Base.Orientation, 1))
    except BROKEN:
        return opened
    return opened if turn is None else opened.transpose(turn)


def _in_srgb(picture: Image.Image, profile: bytes | None, cicp: photo_colours.Cicp | None) -> Image.Image:
    """Return the picture in sRGB by its own profile, else by its code points; without both, its colours are kept.

    In a PNG the code points count before the profile, as its specification says.
    """
    plain = picture.convert("RGB") if picture.mode == "RGBA" else picture
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(plain, source, _srgb(), outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):  # the profile does not match the pixels
            pass
    return photo_colours.to_srgb(plain.convert("RGB"), cicp)


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@cache
def _register_heif() -> None:
    """Register the HEIC decoder if it is installed; otherwise such files are refused as unknown."""
    try:
        import pi_heif
    except ImportError:
        return
    pi_heif.register_heif_opener(thumbnails=False)
