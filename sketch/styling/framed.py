"""Drawings that are pictures in a rounded square, such as a sunset or a skyline: recognise them and let them bleed.

Shown whole, they look like an app's icon. So large that the frame cuts their corners, they are a scene.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np

from sketch import arrangement
from sketch.arrangement import Item
from sketch.backdrops.canvas import Numbers
from sketch.colour import Array
from sketch.scene import Scene, Thing
from sketch.sketchbook import Sketchbook

SEEN_AT = 48
"""The side in pixels at which a drawing's extent is measured."""

SEEN = 0.5
LEAST = 0.8
"""The least share of its square that such a drawing fills along each side."""

SQUARE, FULL = 0.06, 0.945
"""The largest difference of its sides, and the least coverage of its box."""

UNEVEN = (0.02, 0.01)
"""The largest difference when it is flipped vertically, and when it is mirrored."""

CORNER = 0.13
"""The largest rounding of a corner, measured along each side to the middle of its arc."""

MARGIN = 0.012


@dataclass(frozen=True, slots=True)
class _Square:
    """The largest square within such a drawing: its centre relative to the drawing's, and half its side, as shares."""

    x: float
    y: float
    half: float


def is_framed(digest: str, book: Sketchbook) -> bool:
    """Return whether a drawing is a picture in a square, rounded or not; a photo's cut-out is none.

    :raises SketchbookError: when it does not exist or cannot be rendered.
    """
    return _within(digest, book) is not None


def as_view(item: Item, book: Sketchbook) -> Item:
    """Return an item that counts as covering its square if its drawing is a picture in a square."""
    if item.appearance is None or not is_framed(item.drawing, book):
        return item
    return replace(item, appearance=replace(item.appearance, cover=1.0))


def bleed(scene: Scene, book: Sketchbook) -> Scene:
    """Return a scene whose furthest thing extends beyond the frame if it is a picture in a square.

    This applies if it is alone or other things stand in front of it; among other things it stays one of them.

    :raises SketchbookError: when its drawing does not exist or cannot be rendered.
    """
    if not scene.things:
        return scene
    first = scene.things[0]
    is_behind = len(scene.things) == 1 or first.size == arrangement.VIEW_SIZE
    square = _within(first.drawing, book) if is_behind else None
    return scene if square is None else replace(scene, things=(_filling(first, square), *scene.things[1:]))


def _filling(thing: Thing, square: _Square) -> Thing:
    size = 0.5 / square.half
    x = -square.x if thing.mirrored else square.x
    return replace(thing, x=0.5 - x * size, y=0.5 - square.y * size, size=size, turn=0.0)


def _within(digest: str, book: Sketchbook) -> _Square | None:
    return _of_book(book)(digest)


@lru_cache(maxsize=4)
def _of_book(book: Sketchbook) -> Callable[[str], _Square | None]:
    """Return a cached function that measures a book's drawings; only a few large books stay in the cache."""
    return lru_cache(maxsize=4096)(partial(_looked_at, book))


def _looked_at(book: Sketchbook, digest: str) -> _Square | None:
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
    high, wide = box.shape
    return (
        min(high, wide) >= LEAST * SEEN_AT
        and abs(high / wide - 1) <= SQUARE
        and float(box.mean()) >= FULL
        and all(float(np.abs(box - np.flip(box, axis)).mean()) <= most for axis, most in enumerate(UNEVEN))
    )


def _cut(box: Array) -> float:
    """Return how far its corners are cut, along its diagonals, as a share of the drawing's side."""
    return max(_entry(each) for each in (box, box[::-1], box[:, ::-1], box[::-1, ::-1])) / SEEN_AT


def _entry(box: Numbers) -> float:
    diagonal = box.diagonal() > 1 - SEEN / 10
    return float(np.argmax(diagonal)) if diagonal.any() else float(len(diagonal))
