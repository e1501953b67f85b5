"""Decode a picture from outside, in a process of its own: ``python -m app.walks.uploads.photo_decoding``.

The process has limits of memory and processor time. It loads nothing of the site but this package, so that it starts
fast, and gives all its memory back when it ends. :mod:`app.walks.uploads.photo_check` starts it.
"""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import struct
import sys
from functools import cache
from typing import Any

from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from app.walks.uploads import photo_colours, photo_samples, png_chunks

LONGEST = 1024
"""The longer side of stored pictures in pixels; no model here renders larger ones."""
SIDE_MIN = 16
RATIO_MAX = 20
SCANS_MAX = 50
"""The most scans of a JPEG: each is a pass over the whole picture. Progressive photos have about ten."""
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF")
DRAFTED = ("JPEG",)
"""Formats that are decoded no larger than needed, however many pixels they have."""
OPAQUE = ("1", "L", "P", "RGB", "YCbCr", "CMYK")
"""Modes whose pixels take at most four bytes while they are decoded; others count twice."""
BROKEN = (
    OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, AttributeError, OverflowError,
    RuntimeError, NotImplementedError, ZeroDivisionError, struct.error,
)  # fmt: skip
"""The exceptions that decoders raise for truncated, altered or otherwise broken files."""
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

MEMORY_MAX = 1 << 30
"""The most bytes of address space of the process."""
SECONDS = 10
"""The most seconds of processor time of the process."""
WAIT_SECONDS = 15.0
"""The most seconds that the process lives."""
NICE = 10
"""How much the process gives way to those that answer visitors."""


class Refused(Exception):
    """A picture is not accepted; ``flaw`` says why, with ``values`` for the sentence."""

    def __init__(self, flaw: str, **values: int) -> None:
        super().__init__(flaw)
        self.flaw, self.values = flaw, values


def decode(data: bytes, pixels_max: int) -> Image.Image:
    """Return a decoded picture: upright, at most :data:`LONGEST` a side, 8-bit sRGB; of an animation the first frame.

    The header is checked before anything is decoded.

    :raises Refused: when it is too large, too small, too narrow, damaged, or of another format.
    :raises UnreadColours: when its colours or samples are of a kind that is not read.
    """
    _register_heif()
    try:
        with Image.open(io.BytesIO(png_chunks.strip_metadata(data)), formats=FORMATS) as opened:
            _check_size(opened, pixels_max)
            if opened.format == "JPEG":
                _check_scans(data)
            return _normalise(opened, photo_colours.read_cicp(data), pixels_max)
    except TOO_LARGE as error:
        raise Refused("pixels") from error
    except UnidentifiedImageError as error:
        if data.startswith((b"II", b"MM")) and (unread := photo_samples.name_unread_tiff(data)):
            raise unread from error
        raise Refused("format") from error
    except BROKEN as error:
        raise Refused("damaged") from error


def _check_size(opened: Image.Image, pixels_max: int) -> None:
    (width, height), pixels = opened.size, opened.width * opened.height
    is_opaque = opened.format in DRAFTED or (opened.mode in OPAQUE and "transparency" not in opened.info)
    if pixels > (pixels_max if is_opaque else pixels_max // 2):
        raise Refused("pixels" if is_opaque else "deep pixels", count=pixels)
    if min(width, height) < SIDE_MIN:
        raise Refused("small", width=width, height=height)
    if max(width, height) > RATIO_MAX * min(width, height):
        raise Refused("narrow", width=width, height=height)


def _check_scans(data: bytes) -> None:
    """Count the starts of scans (ITU-T T.81, B.1.1.3), which stand nowhere within a scan's own data."""
    if (count := data.count(b"\xff\xda")) > SCANS_MAX:
        raise Refused("scans", count=count)


def _normalise(opened: Image.Image, cicp: photo_colours.Cicp | None, pixels_max: int) -> Image.Image:
    """Return the decoded picture: upright, at most :data:`LONGEST` a side, 8-bit sRGB, with alpha only if needed.

    :raises UnreadColours: when its colours or samples are of a kind that is not read.
    """
    photo_samples.choose_page(opened)
    _check_size(opened, pixels_max)
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


def limit_process(wait: float = WAIT_SECONDS, seconds: int = SECONDS) -> None:
    """Limit this process's memory, its life to ``wait`` seconds, and its processor time to ``seconds``.

    The process sets its own alarm, as the one that started it may be answering others when the clock is set back.
    """
    os.nice(NICE)
    signal.setitimer(signal.ITIMER_REAL, wait)  # SIGALRM ends it
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # SIGXCPU ends it after the first


def main(arguments: list[str]) -> int:
    """Decode the picture on stdin; write a line of JSON about it to stdout, and then the file to store.

    The argument is the largest number of pixels.
    """
    limit_process()
    written = io.BytesIO()
    try:
        picture = decode(sys.stdin.buffer.read(), int(arguments[0]))
        picture.save(written, **WEBP)
        about: dict[str, Any] = {"width": picture.width, "height": picture.height}
    except Refused as error:
        about = {"flaw": error.flaw, "values": error.values}
    except photo_colours.UnreadColours as error:
        about = {"flaw": "colours", "sentence": error.sentence, "values": error.values}
    except MemoryError:
        about = {"flaw": "pixels", "values": {}}
    sys.stdout.buffer.write(json.dumps(about).encode() + b"\n" + written.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
