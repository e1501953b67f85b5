"""Recognise drawings that are pictures in a square with rounded corners, such as a sunset or a skyline.

Shown whole, such a drawing looks like an app's icon. Enlarged until the frame cuts off its corners, it looks like a
scene.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np

from sketch.backdrops.canvas import Numbers
from sketch.colour import Array
from sketch.placing import VIEW_SIZE, Item
from sketch.scene import Scene, Thing
from sketch.sketchbook import SEEN_AT, Sketchbook

SEEN = 0.5
LEAST = 0.8
"""The least height and width of such a drawing's visible part, as shares of the drawing's side."""

SQUARE, FULL = 0.06, 0.945
"""The largest relative difference of the visible part's height and width, and its least mean coverage."""

UNEVEN = (0.02, 0.01)
"""The largest mean difference of coverage when it is flipped vertically, and when it is mirrored horizontally."""

CORNER = 0.13
"""The largest rounding of a corner, as a share of the drawing's side, measured to the middle of its arc."""

MARGIN = 0.012


@dataclass(frozen=True, slots=True)
class _Square:
    """The largest square within such a drawing: its centre relative to the drawing's, and half its side, as shares."""

    x: float
    y: float
    half: float


def is_framed(digest: str, book: Sketchbook) -> bool:
    """Return whether a drawing is a picture in a square, with or without rounded corners; False for a photo's cut-out.

    :raises SketchbookError: when the drawing does not exist or cannot be rendered.
    """
    return _squares(book)(digest) is not None


def as_view(item: Item, book: Sketchbook) -> Item:
    """Return the item; if its drawing is a picture in a square, its coverage becomes 1, which can make it a view."""
    if item.appearance is None or not is_framed(item.drawing, book):
        return item
    return replace(item, appearance=replace(item.appearance, cover=1.0))


def bleed(scene: Scene, book: Sketchbook) -> Scene:
    """Return the scene; if its furthest thing is a picture in a square, it is enlarged until it fills the whole frame.

    Only a thing that is alone, or that is the view behind other things, is enlarged.

    :raises SketchbookError: when the thing's drawing does not exist or cannot be rendered.
    """
    if not scene.things:
        return scene
    first = scene.things[0]
    is_behind = len(scene.things) == 1 or first.size == VIEW_SIZE
    square = _squares(book)(first.drawing) if is_behind else None
    return scene if square is None else replace(scene, things=(_filling(first, square), *scene.things[1:]))


def _filling(thing: Thing, square: _Square) -> Thing:
    """Return the thing enlarged, moved and unrotated so that the square within its drawing is the whole picture."""
    size = 0.5 / square.half
    x = -square.x if thing.mirrored else square.x
    return replace(thing, x=0.5 - x * size, y=0.5 - square.y * size, size=size, turn=0.0)


@lru_cache(maxsize=4)
def _squares(book: Sketchbook) -> Callable[[str], _Square | None]:
    """Return :func:`_measure` for a library, cached; four libraries stay cached."""
    return lru_cache(maxsize=4096)(partial(_measure, book))


def _measure(book: Sketchbook, digest: str) -> _Square | None:
    """Return the largest square within a drawing if it is a picture in a square, else None."""
    if book.is_cut_out(digest):
        return None
    alpha = book.picture(digest, SEEN_AT)[..., 3]
    rows, columns = (np.flatnonzero(alpha.max(axis) > SEEN) for axis in (1, 0))
    if not len(rows) or not len(columns):
        return None
    box = alpha[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cut = _cut(box)
    if not _is_square(box) or cut > CORNER:
        return None
    x, y = ((each[0] + each[-1] + 1) / 2 / SEEN_AT - 0.5 for each in (columns, rows))
    return _Square(float(x), float(y), min(box.shape) / 2 / SEEN_AT - cut - MARGIN)


def _is_square(box: Array) -> bool:
    """Return whether a visible part, coverage (h, w), is large, about square, almost full and symmetrical."""
    high, wide = box.shape
    return (
        min(high, wide) >= LEAST * SEEN_AT
        and abs(high / wide - 1) <= SQUARE
        and float(box.mean()) >= FULL
        and all(float(np.abs(box - np.flip(box, axis)).mean()) <= most for axis, most in enumerate(UNEVEN))
    )


def _cut(box: Array) -> float:
    """Return how far its corners are cut off, along its diagonals, as a share of the drawing's side."""
    return max(_entry(each) for each in (box, box[::-1], box[:, ::-1], box[::-1, ::-1])) / SEEN_AT


def _entry(box: Numbers) -> float:
    """Return the number of pixels on the diagonal before the first opaque one."""
    diagonal = box.diagonal() > 1 - SEEN / 10
    return float(np.argmax(diagonal)) if diagonal.any() else float(len(diagonal))
