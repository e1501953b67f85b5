"""Pictures whose numbers are not 8-bit colours: brought to 8 bits by what their file says, or refused by name.

Pillow 13 decodes the numbers, and leaves it to its caller what they mean: floats from 0 to 1, signed numbers, 12 of 16
bits, and grey whose white is 0.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageCms, TiffImagePlugin

from app.walks.uploads.photo_colours import UnreadColours

_KIND, _BITS, _INK, _CHANNELS, _EXTRA, _FORMAT = 254, 258, 262, 277, 338, 339  # tags of TIFF 6.0
_SIGNED = 2
_REDUCED, _MASK = 1, 4
_WHITE_IS_ZERO = 0
_PAGES_MOST = 16


def choose_page(opened: Image.Image) -> None:
    """Move to the first page of a TIFF that is neither a thumbnail nor a mask; without one, to the first."""
    if not isinstance(opened, TiffImagePlugin.TiffImageFile):
        return
    for page in range(_PAGES_MOST):
        try:
            opened.seek(page)
        except EOFError:
            break
        if not opened.tag_v2.get(_KIND, 0) & (_REDUCED | _MASK):
            return
    opened.seek(0)


def check_samples(opened: Image.Image) -> None:
    """Check that the samples of a picture's pixels can be read as colours.

    :raises UnreadColours: naming them, when they are signed.
    """
    tags = _tags(opened)
    if _SIGNED in _numbers(tags.get(_FORMAT)):
        raise _unread(tags)


def to_eight_bits(picture: Image.Image, opened: Image.Image) -> Image.Image:
    """Return a decoded picture in an 8-bit mode that can be scaled: RGB, RGBA, CMYK or L.

    `opened` is the file from which it was decoded.

    :raises UnreadColours: when it holds floats beyond 0 to 1.
    """
    if picture.mode.startswith("I") or picture.mode == "F":
        return _grey(picture, _tags(opened))
    if picture.mode == "LAB":
        profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, *profiles, outputMode="RGB") or picture.convert("RGB")
    if picture.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in picture.info:
        return picture.convert("RGBA")
    return picture.convert("RGB") if picture.mode not in ("RGB", "RGBA", "CMYK", "L") else picture


def name_unread_tiff(data: bytes) -> UnreadColours | None:
    """Return why a TIFF that no decoder knows is refused; ``None`` if its tags are damaged."""
    order = "<" if data.startswith(b"II") else ">"
    try:
        (start,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, start)
        if start + 2 + 12 * count + 4 > len(data):
            return None
        tags = TiffImagePlugin.ImageFileDirectory_v2(data[:8])
        file = io.BytesIO(data)
        file.seek(start)
        tags.load(file)
        return _unread(tags) if {_BITS, _INK} <= set(tags) else None
    except (OSError, ValueError, SyntaxError, KeyError, TypeError, IndexError, RuntimeError, struct.error):
        return None


def _grey(picture: Image.Image, tags: Mapping[int, Any]) -> Image.Image:
    """Return grey of more than 8 bits as 8 bits, white as 255."""
    import numpy as np  # which most pictures need not

    values = np.asarray(picture)
    if picture.mode == "F":
        if not (values.min() >= 0 and values.max() <= 1):  # not so for what is no number either
            raise UnreadColours("holds floating-point numbers beyond 0 to 1, which are no colours.")
        share = values.astype(np.float64)
    else:
        bits = max(_numbers(tags.get(_BITS)), default=16)
        share = (values.astype(np.int64) & 0xFFFF_FFFF) / (2**bits - 1)
    if tags.get(_INK) == _WHITE_IS_ZERO:
        share = 1 - share
    return Image.fromarray(np.round(share.clip(0, 1) * 255).astype(np.uint8))


def _tags(opened: Image.Image) -> Mapping[int, Any]:
    return opened.tag_v2 if isinstance(opened, TiffImagePlugin.TiffImageFile) else {}


def _numbers(value: Any) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _unread(tags: Mapping[int, Any]) -> UnreadColours:
    """Return the refusal that names the samples of a TIFF by its tags."""
    names = {_BITS: "BitsPerSample", _FORMAT: "SampleFormat", _INK: "PhotometricInterpretation", _EXTRA: "ExtraSamples"}
    held = {name: _numbers(tags.get(tag))[:8] for tag, name in names.items()}
    kind = ", ".join(f"{name} {' '.join(map(str, value))}" for name, value in held.items() if value)
    return UnreadColours(
        "has pixels of a kind that is not read (%(kind)s): save it with 8 bits for each colour.", kind=kind
    )
