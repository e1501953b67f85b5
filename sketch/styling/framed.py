"""Drawings that are pictures in a rounded square, as those of a sunset or a skyline are: which, and how they bleed.

Shown whole on a ground they read as the icon of an app. So large that the frame cuts their corners, they are a scene.
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
"""How many pixels a side a drawing is looked at in."""

SEEN = 0.5
LEAST = 0.8
"""How much of its own square, along each side, such a drawing fills at least."""

SQUARE, FULL = 0.06, 0.945
"""How far its sides may differ, and how much of its box it covers at least."""

UNEVEN = (0.02, 0.01)
"""How little it differs when it is turned upside down, and when it is mirrored."""

CORNER = 0.13
"""How far a corner is rounded at most, measured along each side to the middle of its arc."""

MARGIN = 0.012


@dataclass(frozen=True, slots=True)
class _Square:
    """The square that lies wholly within such a drawing: its middle and half of its side, as shares, off the middle."""

    x: float
    y: float
    half: float


def is_framed(digest: str, book: Sketchbook) -> bool:
    """Return whether a drawing is a picture in a square, rounded or not; what was cut out of a photo is none.

    :raises SketchbookError: where it is not there or cannot be rendered.
    """
    return _within(digest, book) is not None


def seen_as_view(item: Item, book: Sketchbook) -> Item:
    """Return a thing that counts as filling its square where its drawing is a picture in one."""
    if item.look is None or not is_framed(item.drawing, book):
        return item
    return replace(item, look=replace(item.look, cover=1.0))


def bled(scene: Scene, book: Sketchbook) -> Scene:
    """Return a scene whose furthest thing, where it is a picture in a square, goes on beyond the frame.

    It does so where it is alone or is what others stand before; among other things it stays one of them.

    :raises SketchbookError: where its drawing is not there or cannot be rendered.
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
    """Return what looks at a drawing of a book, each once; of books, which hold many pictures, only a few are kept."""
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
    """Return how far its corners are cut: where its diagonals enter it, as a share of the drawing's side."""
    return max(_entered(each) for each in (box, box[::-1], box[:, ::-1], box[::-1, ::-1])) / SEEN_AT


def _entered(box: Numbers) -> float:
    diagonal = box.diagonal() > 1 - SEEN / 10
    return float(np.argmax(diagonal)) if diagonal.any() else float(len(diagonal))
