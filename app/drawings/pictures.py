"""Drawings as small pictures in one ink, which can be laid on any mat."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from sketch.sketchbook import Sketchbook, rendered

FAINTEST = 0.16
"""How much ink stands even where a drawing is white: else a ghost would have no body."""

WEIGHT = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""What red, green and blue add to brightness (ITU-R BT.709)."""


def webp(book: Sketchbook, digest: str, side: int) -> bytes:
    """Return a drawing of a sketchbook as a lossless WebP of ``side`` pixels: black, the more opaque the darker it was.

    :raises SketchbookError: where it is not there, or cannot be rendered.
    """
    picture = rendered(book.svg(digest), side)  # and not remembered: browsers do that, and a web process stays small
    darkness = 1 - picture[..., :3] @ WEIGHT
    ink = np.zeros((side, side, 4), np.uint8)
    ink[..., 3] = np.round(255 * picture[..., 3] * (FAINTEST + (1 - FAINTEST) * darkness))
    out = io.BytesIO()
    Image.fromarray(ink).save(out, "WEBP", lossless=True, quality=100, method=4)
    return out.getvalue()
