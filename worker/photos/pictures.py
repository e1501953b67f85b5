"""Uploads as arrays: read from their files, cropped and scaled to a model's size."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

PAPER = (246, 243, 236)
"""The colour (RGB) behind transparent parts."""

PIXELS_MOST = 4096 * 4096


class PictureError(ValueError):
    """A file is no picture that can be read here."""


def read_picture(data: bytes) -> Pixels:
    """Return a normalised upload, PNG or WebP, as RGBA (h, w, 4) with straight alpha.

    :raises PictureError: when it is anything else, or too large.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "WEBP"]) as image:
            if image.width * image.height > PIXELS_MOST:
                raise PictureError(f"a picture of {image.width} × {image.height} pixels is too large")
            return np.asarray(image.convert("RGBA"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureError(f"it is no picture that can be read: {error}") from error


def on_paper(picture: Pixels) -> Pixels:
    """Return a picture (h, w, 4) composited over paper, as (h, w, 3)."""
    alpha = picture[..., 3:].astype(np.float32) / 255
    laid = picture[..., :3] * alpha + np.asarray(PAPER, np.float32) * (1 - alpha)
    return np.asarray(laid.round().astype(np.uint8))


def crop(shape: tuple[int, ...], inside: Mask | None = None, *, ratio: float = 1.0) -> tuple[slice, slice]:
    """Return the rows and columns of the largest part of a ``shape`` (h, w, …) with a ``ratio`` of width to height.

    It is in the middle or, with a mask of the thing ``inside`` (of any size with the same ratio of sides), as near the
    middle as showing as much as possible of the thing allows.
    """
    high, wide = shape[:2]
    rows, columns = min(high, round(wide / ratio)), min(wide, round(high * ratio))
    spans: list[tuple[float, float] | None] = [None, None]
    if inside is not None and inside.any():
        for axis in (0, 1):
            seen = np.flatnonzero(inside.any(1 - axis))
            scale = shape[axis] / inside.shape[axis]
            spans[axis] = float(seen[0] * scale), float((seen[-1] + 1) * scale)
    return _part(high, rows, spans[0]), _part(wide, columns, spans[1])


def _part(whole: int, length: int, span: tuple[float, float] | None) -> slice:
    start = (whole - length) / 2
    if span is not None:
        first, last = span
        start = (first + last - length) / 2 if last - first > length else min(max(start, last - length), first)
    begin = min(max(0, round(start)), whole - length)
    return slice(begin, begin + length)
