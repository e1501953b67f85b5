"""Planes: rectangles between bars, split again and again where there is something to be shown.

A tree of splits: each node is cut where it best tells what lies on either side, as far as there is anything to tell.
Places, widths of bars and colours follow the scene smoothly, so planes slide and open during a walk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks import noise
from sketch.marks.field import Field, over, step

LEVELS, FIRM, SURE = 9, 4, 3
"""How often planes are split at most, how often with bars between like inks too, and how often at least."""

TRIED = np.linspace(0, 1, 6, dtype=np.float32)
"""Where a split may lie, as a share of what is free."""

LEAST = 4.0
"""Units of a plane's side at least."""

TOLD = (2.0, 7.0)
"""Squared differences within a plane, times units of area, from which it begins to be split, and is."""

BAR = 5.0
"""Units of the width of the first bars."""

COVERED, UNLIKE = 0.55, 0.1
"""How much it counts for splitting what is covered, and for things' inks not to be the ground's."""

STRESS = np.array([1, 1.6, 1.6], np.float32)
"""How much lightness, and hue, count."""

INKS = (
    ("f3efe4", "151515", "d5281f", "1d4aa0", "f2c31b", "c9c7c0", "8d9096"),
    ("efe8d8", "22252b", "b8452f", "39557a", "d9a441", "a9b0a4", "d8cfbd", "6f7f72"),
    ("151618", "efeadd", "d8341f", "2f66b8", "f0c528", "dcd6c8", "8f949b"),
    ("e9e2d0", "2a2320", "7f9a8a", "c98f6b", "54667a", "d9c9a3", "a34a3a"),
    ("f0c42c", "151515", "d5281f", "1f4e9e", "f4f0e6", "8f9aa3", "3b3b3b"),
    ("d9dfe2", "f8f5ec", "c4402e", "24467f", "e6b53c", "6d8896", "26292e"),
    ("f4efe2", "1a1a1a", "e07a1f", "2f7d6b", "f3c94b", "b9b4a8", "7a2f3b", "3d5a80"),
)
LAYOUTS = (("single", 1, 1, 1),)


GRAIN = 4.0
"""Units of the squares by whose means planes are split."""


@dataclass(slots=True)
class _Level:
    """Nodes (n) of a level: their sides in units, how far each is there, inks shown, and those of the ground (n, 3)."""

    left: Array
    right: Array
    top: Array
    bottom: Array
    there: Array
    shown: Array
    ground: Array


@dataclass(slots=True)
class _Split:
    """How nodes (n) are split: where, in units, how far each is, 0…1, and how wide the bar is, in units."""

    at: Array
    parted: Array
    bar: Array


class _Sums:
    """Sums of what is told over all above and to the left: colour and cover, the sum of their squares, the ground."""

    def __init__(self, of: Field) -> None:
        cover = of.cover[..., None]
        self.own = of.lab * STRESS
        lightness = 0.5 * self.own[..., 0] + 0.5 * of.tone
        lifted = 0.38 * float(step(colour.lab(of.inks[:1])[0, 0], 0.6, 0.2))  # nothing dark is lost on a dark ground
        self.own[..., 0] = lifted + (1 - lifted) * lightness
        ground = colour.lab(of.ground) * STRESS if of.is_place > 0 else of.ground[..., :0]
        own = self.own * cover + (0.5 * of.is_place * ground * (1 - cover) if of.is_place > 0 else 0)
        told = np.concatenate([own, COVERED * cover], -1)
        told = np.concatenate([told, (told**2).sum(-1, keepdims=True), ground], -1)
        step_ = max(1, round(GRAIN / of.pixel))
        self.unit = of.pixel * step_
        rows, columns = (-(-side // step_) for side in of.shape)
        spare = (rows * step_ - of.shape[0], columns * step_ - of.shape[1])
        told = np.pad(told, ((0, spare[0]), (0, spare[1]), (0, 0)), mode="edge")
        told = np.add.reduce([told[at::step_] for at in range(step_)])
        told = np.add.reduce([told[:, at::step_] for at in range(step_)]) * of.pixel**2
        self._table = np.zeros((rows + 1, columns + 1, told.shape[-1]), np.float32)
        self._table[1:, 1:] = told.cumsum(0, dtype=np.float64).cumsum(1)

    def at(self, y: Array, x: Array, count: int | None = None) -> Array:
        """Look up sums (…, count) at places in units: all 8, only 5 where no place is shown, or the first."""
        table = self._table[..., :count]
        high, wide = table.shape[:2]
        rows, columns = np.clip(y / self.unit, 0, high - 1.001), np.clip(x / self.unit, 0, wide - 1.001)
        top, left = rows.astype(np.intp), columns.astype(np.intp)
        down, across = (rows - top)[..., None], (columns - left)[..., None]
        upper = table[top, left] * (1 - across) + table[top, left + 1] * across
        lower = table[top + 1, left] * (1 - across) + table[top + 1, left + 1] * across
        return np.asarray(upper * (1 - down) + lower * down)

    def means(self, of: _Level) -> tuple[Array, Array]:
        """Return means (n, 8) over nodes, and how unlike what lies in each is: squared differences, times area."""
        sums = self.at(of.bottom, of.right) - self.at(of.top, of.right)
        sums = sums - self.at(of.bottom, of.left) + self.at(of.top, of.left)
        area = np.maximum((of.right - of.left) * (of.bottom - of.top), 1e-2)
        unlike = np.maximum(sums[:, 4] - (sums[:, :4] ** 2).sum(1) / area, 0)
        return np.asarray(sums / area[:, None], np.float32), np.asarray(unlike, np.float32)


def draw(of: Field) -> Array:
    """Draw a field as planes in all inks but the second, and bars in that; what is too fine for planes has edges."""
    sums = _Sums(of)
    x, y = (np.broadcast_to(place, of.shape) for place in of.places)
    level, unlike = _root(of), np.full(1, 1e6, np.float32)
    number = np.zeros(of.shape, np.intp)
    firm = bars = np.zeros(of.shape, np.float32)
    turned = int(of.chance(1).integers(2))
    for depth in range(LEVELS):
        is_across = (depth + turned) % 2 == 0
        split = _split(of, sums, level, unlike, depth, is_across=is_across)
        level, unlike = _below(of, sums, level, split, depth, is_across=is_across)
        at = (x if is_across else y) - split.at[number]
        width = split.bar[number]
        bar = np.clip((width / 2 - np.abs(at)) / of.pixel + 0.5, 0, 1) * np.clip(width / of.pixel, 0, 1)
        if depth <= FIRM:
            firm = np.maximum(firm, bar)
        else:
            bars = np.maximum(bars, bar)
        number = 2 * number + (at > 0)
    fine = step(unlike, *TOLD) * level.there
    pieces = _nearest(of, sums.own.reshape(-1, 3), UNLIKE).reshape(of.ground.shape)
    pieces = over(pieces, of.cut(of.away), level.ground[number])
    picture = over(pieces, fine[number], level.shown[number])
    # A bar that parts nothing would stand out like a barb.
    return over(of.ink(1), np.maximum(firm, bars * _contrast(of, picture)), picture)


def _contrast(of: Field, picture: Array) -> Array:
    """Return how far colours (h, w, 3) change near each pixel (h, w), 0…1."""
    down, across = of.slopes(of.blur(picture @ np.float32([0.7, 0.6, -0.45]), 1.4))
    return step(np.hypot(down, across), 0.012, 0.05)


def _root(of: Field) -> _Level:
    high, wide = of.size
    zero, one = np.zeros(1, np.float32), np.ones(1, np.float32)
    ground = of.inks[:1].astype(np.float32)
    return _Level(zero, one * wide, zero, one * high, one, ground, ground)


def _split(of: Field, sums: _Sums, level: _Level, unlike: Array, depth: int, *, is_across: bool) -> _Split:
    """Split all nodes of a level where that tells most, or by chance where there is nothing to tell."""
    first, last = (level.left, level.right) if is_across else (level.top, level.bottom)
    near, far = (level.top, level.bottom) if is_across else (level.left, level.right)
    free = np.maximum(last - first - 2 * LEAST, 0)
    tried = np.concatenate([first[:, None], first[:, None] + LEAST + free[:, None] * TRIED, last[:, None]], 1)
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
    chance = noise.scattered(2**depth, 1, of.seed * 16 + depth, len(TRIED))[:, 0]
    likely = 10 * gain / (unlike[:, None] + 1.5) + 2.5 * chance
    likely = np.exp(likely - likely.max(1, keepdims=True))
    split = ((likely * tried[:, 1:-1]).sum(1) / likely.sum(1)).astype(np.float32)
    parted = step(unlike, *TOLD) if depth >= SURE else np.ones(len(split), np.float32)
    parted = parted * step(last - first, 2 * LEAST, 3 * LEAST) * level.there
    return _Split(split, parted, parted * BAR * of.scale * (0.25 + 0.75 * 0.74**depth))


def _below(
    of: Field, sums: _Sums, level: _Level, split: _Split, depth: int, *, is_across: bool
) -> tuple[_Level, Array]:
    """Return the level below (2 n), and how unlike what lies in its nodes is; bars between like inks vanish."""
    left, right, top, bottom = (np.repeat(each, 2) for each in (level.left, level.right, level.top, level.bottom))
    if is_across:
        right[::2], left[1::2] = split.at, split.at
    else:
        bottom[::2], top[1::2] = split.at, split.at
    there, shown, ground = (np.repeat(each, 2, 0) for each in (split.parted, level.shown, level.ground))
    below = _Level(left, right, top, bottom, there, shown, ground)
    means, unlike = sums.means(below)
    if depth <= SURE:
        below.ground = _plane(of, 2 ** (depth + 1), depth)
    cover = np.clip(means[:, 3:4] / COVERED, 0, 1)
    own = means[:, :3]
    if of.is_place > 0:
        own = own - 0.5 * of.is_place * means[:, 5:] * (1 - cover)
        below.ground = over(_nearest(of, means[:, 5:], 0.0), np.float32(0.6 * of.is_place), below.ground)
    ink = over(_nearest(of, own / np.maximum(cover, 0.05), UNLIKE), step(cover, 0.38, 0.62)[:, 0], below.ground)
    below.shown = over(ink, there, shown)
    if depth > FIRM:
        split.bar *= step(np.abs(below.shown[::2] - below.shown[1::2]).max(1), 0.0, 0.25)
    return below, unlike


def _plane(of: Field, count: int, depth: int) -> Array:
    """Return inks of planes of ground (count, 3): most are the first."""
    chance = noise.scattered(count, 1, of.seed * 16 + 8 + depth, 2)[:, 0]
    others = np.arange(2, len(of.inks))
    pick = others[(chance[:, 1] * len(others)).astype(int)]
    return np.asarray(of.inks[np.where(chance[:, 0] < 0.24, pick, 0)], np.float32)


def _nearest(of: Field, own: Array, unlike: float) -> Array:
    """Return the inks nearest to colours (n, 3); those ``unlike`` the ground's ink are rather chosen, bars' are not."""
    inks = colour.lab(of.inks) * STRESS
    apart = (inks**2).sum(1) - 2 * own.astype(np.float32) @ inks.T
    apart[:, 0] += unlike
    apart[:, 1] += 0.01
    likely = np.exp((apart.min(1, keepdims=True) - apart) / 0.004)
    return np.asarray((likely / likely.sum(1, keepdims=True)) @ of.inks, np.float32)
