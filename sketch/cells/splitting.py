"""Recursive splits of rectangles for the style "planes", where the two sides of a scene differ most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks import noise
from sketch.marks.field import Field, step

SURE = 3
"""The number of levels on which every node is split, however little it shows."""

TRIED = np.linspace(0, 1, 6, dtype=np.float32)
"""The positions at which a split is tried, as shares of the length that is free for it."""

LEAST = 3.0
"""The least side of a plane, in units."""

VARIED = (1.5, 5.0)
"""The variation within a plane (squared differences times area) at which its split begins to open, and is complete."""

BAR = 5.0
"""The width of the bars of the first splits, in units."""

COVERED = 0.85
"""The weight of coverage beside colour in the choice of splits."""

STRESS = np.array([1, 1.6, 1.6], np.float32)
"""The weights of lightness, a and b in colour distances."""

GRAIN = 4.0
"""The side of the cells over which values are averaged, in units."""


@dataclass(slots=True)
class Level:
    """The n rectangles (nodes) on one level of the tree.

    ``left``, ``right``, ``top`` and ``bottom`` (n,) are in units. ``there`` (n,), 0…1, is how far a node has opened;
    ``shown`` (n, 3) is its ink and ``ground`` (n, 3) the ground's in it, both sRGB.
    """

    left: Array
    right: Array
    top: Array
    bottom: Array
    there: Array
    shown: Array
    ground: Array


@dataclass(slots=True)
class Split:
    """The splits of n nodes (n,): ``at``, their positions, and ``bar``, the widths of their bars, in units.

    ``parted``, 0…1, is how far each has opened.
    """

    at: Array
    parted: Array
    bar: Array


class Sums:
    """Integral images of a field, which give means over any rectangle in constant time.

    They sum colour (3), coverage (1), the squares of these (1), and the ground's colour (3) if a place is shown.
    ``own`` (h, w, 3) is the things' colour in Oklab times :data:`STRESS`, mixed with the tone.
    """

    def __init__(self, field: Field) -> None:
        cover = field.cover[..., None]
        self.own = field.lab * STRESS
        lightness = 0.5 * self.own[..., 0] + 0.5 * field.tone
        # On a dark ground things are lightened, so that they stay visible.
        lifted = 0.38 * float(step(colour.lab(field.inks[:1])[0, 0], 0.6, 0.2))
        self.own[..., 0] = lifted + (1 - lifted) * lightness
        ground = colour.lab(field.ground) * STRESS if field.is_place > 0 else field.ground[..., :0]
        own = self.own * cover + (0.5 * field.is_place * ground * (1 - cover) if field.is_place > 0 else 0)
        values = np.concatenate([own, COVERED * cover], -1)
        values = np.concatenate([values, (values**2).sum(-1, keepdims=True), ground], -1)
        step_ = max(1, round(GRAIN / field.pixel))
        self.unit = field.pixel * step_
        rows, columns = (-(-side // step_) for side in field.shape)
        spare = (rows * step_ - field.shape[0], columns * step_ - field.shape[1])
        values = np.pad(values, ((0, spare[0]), (0, spare[1]), (0, 0)), mode="edge")
        values = np.add.reduce([values[at::step_] for at in range(step_)])
        values = np.add.reduce([values[:, at::step_] for at in range(step_)]) * field.pixel**2
        self._table = np.zeros((rows + 1, columns + 1, values.shape[-1]), np.float32)
        self._table[1:, 1:] = values.cumsum(0, dtype=np.float64).cumsum(1)

    def at(self, y: Array, x: Array, count: int | None = None) -> Array:
        """Return the sums of all values above and to the left of points (y, x) in units: (…, count).

        There are 8 values, or 5 if no place is shown; ``count`` selects the first ones.
        """
        table = self._table[..., :count]
        high, wide = table.shape[:2]
        rows, columns = np.clip(y / self.unit, 0, high - 1.001), np.clip(x / self.unit, 0, wide - 1.001)
        top, left = rows.astype(np.intp), columns.astype(np.intp)
        down, across = (rows - top)[..., None], (columns - left)[..., None]
        upper = table[top, left] * (1 - across) + table[top, left + 1] * across
        lower = table[top + 1, left] * (1 - across) + table[top + 1, left + 1] * across
        return np.asarray(upper * (1 - down) + lower * down)

    def means(self, level: Level) -> tuple[Array, Array]:
        """Return the means over n nodes (n, 8) or (n, 5), and the variation within each (n,).

        The variation is the mean squared difference from the mean, times the area in square units.
        """
        sums = self.at(level.bottom, level.right) - self.at(level.top, level.right)
        sums = sums - self.at(level.bottom, level.left) + self.at(level.top, level.left)
        area = np.maximum((level.right - level.left) * (level.bottom - level.top), 1e-2)
        unlike = np.maximum(sums[:, 4] - (sums[:, :4] ** 2).sum(1) / area, 0)
        return np.asarray(sums / area[:, None], np.float32), np.asarray(unlike, np.float32)


def split_nodes(field: Field, sums: Sums, level: Level, unlike: Array, depth: int, *, is_across: bool) -> Split:
    """Return a split of each of n nodes: where its sides differ most, or at random where nothing differs.

    ``unlike`` (n,) is the variation within nodes; ``depth`` is the level's, from 0. If ``is_across``, nodes are split
    into left and right, else into top and bottom.
    """
    first, last = (level.left, level.right) if is_across else (level.top, level.bottom)
    near, far = (level.top, level.bottom) if is_across else (level.left, level.right)
    free = np.maximum(last - first - 2 * LEAST, 0)
    edge = (last - first - free) / 2
    tried = np.concatenate([first[:, None], (first + edge)[:, None] + free[:, None] * TRIED, last[:, None]], 1)
    sides = [np.broadcast_to(each[:, None], tried.shape) for each in (near, far)]
    if is_across:
        before = sums.at(sides[1], tried, 4) - sums.at(sides[0], tried, 4)
    else:
        before = sums.at(tried, sides[1], 4) - sums.at(tried, sides[0], 4)
    before = before - before[:, :1]
    whole, before = before[:, -1:], before[:, 1:-1]
    long, breadth = (last - first)[:, None], (far - near)[:, None]
    areas = np.maximum((tried[:, 1:-1] - first[:, None]) * breadth, 1e-2)
    rest = np.maximum(long * breadth - areas, 1e-2)
    gain = (before**2).sum(-1) / areas + ((whole - before) ** 2).sum(-1) / rest
    gain -= (whole**2).sum(-1) / np.maximum(long * breadth, 1e-2)
    chance = noise.cell_noise(2**depth, 1, field.seed * 16 + depth, len(TRIED))[:, 0]
    likely = 8 * gain / (unlike[:, None] + 1.5) + 2.5 * chance
    likely = np.exp(likely - likely.max(1, keepdims=True))
    split = ((likely * tried[:, 1:-1]).sum(1) / likely.sum(1)).astype(np.float32)
    parted = (step(unlike, *VARIED) if depth >= SURE else 1) * level.there
    wide = parted * step(last - first, 2 * LEAST, 3 * LEAST)
    return Split(split, parted, wide * BAR * field.scale * (0.25 + 0.75 * 0.74**depth))
