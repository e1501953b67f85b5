"""Drawings as one-ink pictures: black lines and a wash on a transparent ground."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image

from app.core.addresses import on_site
from sketch import sketchbook
from sketch.colour import Array
from sketch.sketchbook import Sketchbook

SIDE = 144
"""The width and height of pictures on pages in pixels: twice the largest shown size, for high-resolution screens."""

FINER = 2
"""The factor by which a drawing is rendered larger than it is shown, for smooth lines."""

MARGIN = 36
"""The side divided by this is the free margin at each edge, so that outlines are not cut off."""

LINE, OUTLINE = 3, 5
"""The width of inner lines and outlines in the larger pixels."""

INNER, WASH, SOFT = 0.8, 0.62, 1.7
"""The darkness of inner lines and of black areas, and the exponent that makes other areas lighter."""

KEPT = 512
"""How many pictures a process caches; with their drawings, about 8 kB each."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def webp(book: Sketchbook, digest: str, side: int = SIDE) -> bytes:
    """Return a drawing as a one-ink WebP, ``side`` pixels wide and high: black, with the darkness as opacity.

    Light drawings have outlines too. On a dark page the black is turned into white.

    :raises SketchbookError: when the drawing is missing or cannot be rendered.
    """
    return _webp(book.svg(digest), side)


@lru_cache(maxsize=KEPT)
def _webp(svg: str, side: int) -> bytes:
    ink = (ink_map(svg, side) * 255).round().astype(np.uint8)
    picture = Image.fromarray(np.concatenate([np.zeros((side, side, 3), np.uint8), ink[..., None]], -1), "RGBA")
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=1, alpha_quality=90, method=4)
    return buffer.getvalue()


def address(digest: str) -> str:
    """Return the root-relative address of a drawing's picture."""
    return on_site(f"/drawings/{digest}.webp")


def ink_map(svg: str, side: int) -> Array:
    """Return the amount of ink at each pixel: shape (side, side), from 0 to 1.

    :raises SketchbookError: when the drawing is refused or cannot be rendered.
    """
    margin = FINER * max(1, side // MARGIN)
    drawn = sketchbook.render_svg(svg, side * FINER - 2 * margin)
    drawn = np.pad(drawn, ((margin, margin), (margin, margin), (0, 0)))
    cover = drawn[..., 3]
    on_white = 1 - (1 - drawn[..., :3]) * cover[..., None]
    wash = (1 - on_white @ LUMA).clip(0, 1) ** SOFT * WASH
    lines = _widen(_steps(on_white).max(-1) * 3, LINE) * INNER
    outline = _widen(_steps(cover) * 2, OUTLINE)
    ink = np.maximum(np.maximum(wash, lines), outline)
    return np.asarray(ink.reshape(side, FINER, side, FINER).mean((1, 3)), np.float32)


def _steps(field: Array) -> Array:
    """Return how much a field (h, w, …) changes at each pixel, downwards or across."""
    steps = np.zeros_like(field)
    steps[:-1] = np.abs(field[1:] - field[:-1])
    steps[:, :-1] = np.maximum(steps[:, :-1], np.abs(field[:, 1:] - field[:, :-1]))
    return steps


def _widen(field: Array, width: int) -> Array:
    """Return lines made ``width`` pixels wide: each pixel takes the strongest value around it, at most 1."""
    field = field.clip(0, 1)
    for axis in (0, 1):
        around = [np.roll(field, shift, axis) for shift in range(-(width // 2), width // 2 + 1)]
        field = np.maximum.reduce(around)
    return np.asarray(field, np.float32)
