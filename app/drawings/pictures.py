"""Drawings as one-ink pictures: lines and a wash of black on nothing, which a page lays on its mat."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image

from sketch import sketchbook
from sketch.colour import Array
from sketch.sketchbook import Sketchbook

SIDE = 144
"""How many pixels wide and high a picture is on pages: twice what is shown at most, for fine screens."""

FINER = 2
"""How much finer a drawing is looked at than it is shown, so that its lines are smooth."""

MARGIN = 36
"""Which part of the side is left free at each edge, or outlines there would be cut off."""

LINE, OUTLINE = 3, 5
"""How many of the finer pixels a line within a drawing and one around it have."""

INNER, WASH, SOFT = 0.8, 0.62, 1.7
"""How dark lines within a drawing are, how dark black areas, and how much less others."""

KEPT = 512
"""How many pictures a process keeps: with the drawings that they were made of, some 8 kB each."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def webp(book: Sketchbook, digest: str, side: int = SIDE) -> bytes:
    """Picture a drawing in one ink, ``side`` pixels wide and high: black, as opaque as it is dark there.

    Light drawings have outlines too. On dark ground a page turns black into white.

    :raises SketchbookError: where the drawing is not there or cannot be rendered.
    """
    return _webp(book.svg(digest), side)


@lru_cache(maxsize=KEPT)
def _webp(svg: str, side: int) -> bytes:
    ink = (inked(svg, side) * 255).round().astype(np.uint8)
    picture = Image.fromarray(np.concatenate([np.zeros((side, side, 3), np.uint8), ink[..., None]], -1), "RGBA")
    held = io.BytesIO()
    picture.save(held, "WEBP", quality=1, alpha_quality=90, method=4)
    return held.getvalue()


def address(digest: str) -> str:
    """Return where a drawing's picture is to be had, root-relative."""
    return f"/drawings/{digest}.webp"


def inked(svg: str, side: int) -> Array:
    """Return how much ink lies where: (side, side), 0…1.

    :raises SketchbookError: where the drawing is refused or cannot be rendered.
    """
    margin = FINER * max(1, side // MARGIN)
    drawn = sketchbook.rendered(svg, side * FINER - 2 * margin)
    drawn = np.pad(drawn, ((margin, margin), (margin, margin), (0, 0)))
    cover = drawn[..., 3]
    on_white = 1 - (1 - drawn[..., :3]) * cover[..., None]
    wash = (1 - on_white @ LUMA).clip(0, 1) ** SOFT * WASH
    lines = _wider(_steps(on_white).max(-1) * 3, LINE) * INNER
    outline = _wider(_steps(cover) * 2, OUTLINE)
    ink = np.maximum(np.maximum(wash, lines), outline)
    return np.asarray(ink.reshape(side, FINER, side, FINER).mean((1, 3)), np.float32)


def _steps(field: Array) -> Array:
    """Return how much a field (h, w, …) changes at each place, down or across."""
    found = np.zeros_like(field)
    found[:-1] = np.abs(field[1:] - field[:-1])
    found[:, :-1] = np.maximum(found[:, :-1], np.abs(field[:, 1:] - field[:, :-1]))
    return found


def _wider(field: Array, width: int) -> Array:
    """Return lines so many pixels wide, each place as strong as the strongest around it; at most 1."""
    field = field.clip(0, 1)
    for axis in (0, 1):
        around = [np.roll(field, shift, axis) for shift in range(-(width // 2), width // 2 + 1)]
        field = np.maximum.reduce(around)
    return np.asarray(field, np.float32)
