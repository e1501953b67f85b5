"""Planes: rectangles between bars, split recursively where there is something to show.

The planes form a binary tree: each node is a rectangle, which is cut where its two sides differ most, if they differ.
Positions and colours of planes and widths of bars follow the scene smoothly, so that planes move and open in a walk.
"""

from __future__ import annotations

import numpy as np

from sketch import colour
from sketch.cells.splitting import COVERED, STRESS, SURE, VARIED, Level, Split, Sums, split_nodes
from sketch.colour import Array
from sketch.marks import noise
from sketch.marks.field import Field, over, step

LEVELS, FIRM = 9, 4
"""The number of levels of splits, and the last level, from 0, whose bars are drawn between similar inks too."""

UNLIKE = 0.14
"""The penalty, in squared distance in Oklab, for showing things in the ground's ink."""

ALIKE = 0.16
"""The distance in Oklab from the ground's ink below which another ink is hard to see on it."""

CLEAR = (2.0, 7.0)
"""The distances from outlines, in units, at which thin bars begin and are complete."""

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


def draw(field: Field) -> Array:
    """Return the field redrawn as rectangles between bars: (h, w, 3), sRGB, about 0…1.

    Bars have ink 1, the ground ink 0 and rectangles the inks nearest to what they show. Where details are too fine for
    rectangles, each pixel has its nearest ink.
    """
    sums, avoided = Sums(field), _unlike(field)
    x, y = (np.broadcast_to(place, field.shape) for place in field.places)
    level, unlike = _root(field), np.full(1, 1e6, np.float32)
    number = np.zeros(field.shape, np.intp)
    firm = bars = np.zeros(field.shape, np.float32)
    turned = int(field.chance(1).integers(2))
    for depth in range(LEVELS):
        is_across = (depth + turned) % 2 == 0
        split = split_nodes(field, sums, level, unlike, depth, is_across=is_across)
        level, unlike = _below(field, sums, avoided, level, split, depth, is_across=is_across)
        at = (x if is_across else y) - split.at[number]
        width = split.bar[number]
        bar = np.clip((width / 2 - np.abs(at)) / field.pixel + 0.5, 0, 1) * np.clip(width / field.pixel, 0, 1)
        if depth <= FIRM:
            firm = np.maximum(firm, bar)
        else:
            bars = np.maximum(bars, bar)
        number = 2 * number + (at > 0)
    fine = step(unlike, *VARIED) * level.there
    pieces = _nearest(field, sums.own.reshape(-1, 3), avoided).reshape(field.ground.shape)
    pieces = over(pieces, field.cut(field.away), level.ground[number])
    picture = over(pieces, fine[number], level.shown[number])
    # Thin bars between equal colours, or with an end at an outline, would look like stray lines.
    bars = bars * _contrast(field, picture) * step(np.abs(field.away), *CLEAR)
    return over(field.ink(1), np.maximum(firm, bars), picture)


def _contrast(field: Field, picture: Array) -> Array:
    """Return how strongly the colours of a picture (h, w, 3) change near each pixel (h, w), 0…1."""
    down, across = field.slopes(field.blur(picture @ np.array([0.7, 0.6, -0.45], np.float32), 1.4))
    return step(np.hypot(down, across), 0.012, 0.05)


def _root(field: Field) -> Level:
    """Return the level with one node, the whole picture, in the ground's ink."""
    high, wide = field.size
    zero, one = np.zeros(1, np.float32), np.ones(1, np.float32)
    ground = field.inks[:1].astype(np.float32)
    return Level(zero, one * wide, zero, one * high, one, ground, ground)


def _below(
    field: Field, sums: Sums, avoided: Array, level: Level, split: Split, depth: int, *, is_across: bool
) -> tuple[Level, Array]:
    """Return the level below, with the two halves of each of n nodes, and the variation within each half (2 n,).

    ``avoided`` is the result of :func:`_unlike`. Beyond level :data:`FIRM`, the bars in ``split`` are narrowed in place
    where the halves have similar inks.
    """
    left, right, top, bottom = (np.repeat(each, 2) for each in (level.left, level.right, level.top, level.bottom))
    if is_across:
        right[::2], left[1::2] = split.at, split.at
    else:
        bottom[::2], top[1::2] = split.at, split.at
    there, shown, ground = (np.repeat(each, 2, 0) for each in (split.parted, level.shown, level.ground))
    below = Level(left, right, top, bottom, there, shown, ground)
    means, unlike = sums.means(below)
    cover = np.clip(means[:, 3:4] / COVERED, 0, 1)
    if depth <= SURE:  # planes in strong colours lie beside things, not behind them
        below.ground = over(field.ink(0), step(cover[:, 0], 0.02, 0.14), _plane(field, 2 ** (depth + 1), depth))
    own = means[:, :3]
    if field.is_place > 0:
        own = own - 0.5 * field.is_place * means[:, 5:] * (1 - cover)
        pale = np.exp(20 * colour.lab(field.inks)[:, 0])
        tint = over(_nearest(field, means[:, 5:]), np.array(0.78), pale @ field.inks / pale.sum())
        below.ground = over(tint, np.array(field.is_place), below.ground)
    ink = over(_nearest(field, own / np.maximum(cover, 0.05), avoided), step(cover, 0.38, 0.62)[:, 0], below.ground)
    below.shown = over(ink, there, shown)
    if depth > FIRM:
        split.bar *= step(np.abs(below.shown[::2] - below.shown[1::2]).max(1), 0.0, 0.25)
    return below, unlike


def _plane(field: Field, count: int, depth: int) -> Array:
    """Return random inks (count, 3), sRGB, for planes of the ground: about three quarters get the first ink."""
    chance = noise.cell_noise(count, 1, field.seed * 16 + 8 + depth, 2)[:, 0]
    others = np.arange(2, len(field.inks))
    pick = others[(chance[:, 1] * len(others)).astype(int)]
    return np.asarray(field.inks[np.where(chance[:, 0] < 0.24, pick, 0)], np.float32)


def _unlike(field: Field) -> Array:
    """Return each ink's penalty (n,) for showing things: the ground's ink and those of a place behind have one."""
    inks = colour.lab(field.inks)
    like = np.exp(-((inks - inks[0]) ** 2).sum(-1) / ALIKE**2)
    avoided = np.asarray(UNLIKE * (1 - 0.5 * field.is_place) * like, np.float32)
    if field.is_place > 0:
        ground = (colour.lab(field.ground[::4, ::4]) * STRESS).reshape(-1, 3)
        cover = field.blur(field.cover, 8)[::4, ::4].reshape(-1, 1)
        behind = (_shares(field, ground) * cover).sum(0) / (cover.sum() + 1e-3)
        avoided += UNLIKE * field.is_place * behind
    return avoided


def _nearest(field: Field, own: Array, unlike: Array | float = 0.0) -> Array:
    """Return the inks (n, 3), sRGB, nearest to colours (n, 3) in Oklab times :data:`STRESS`, as :func:`_shares`."""
    return np.asarray(_shares(field, own, unlike) @ field.inks, np.float32)


def _shares(field: Field, own: Array, unlike: Array | float = 0.0) -> Array:
    """Return each ink's share (n, inks) in colours (n, 3) in Oklab times :data:`STRESS`; almost 1 for the nearest.

    ``unlike`` (inks,) is added to the squared distances; the ink of the bars has a small penalty in any case.
    """
    inks = colour.lab(field.inks) * STRESS
    apart = (
        (inks**2).sum(1)[:, None] - 2 * inks @ own.astype(np.float32).T + np.broadcast_to(unlike, len(inks))[:, None]
    )
    apart[1] += 0.01
    likely = np.exp((apart.min(0) - apart) / 0.004)
    return np.asarray((likely / likely.sum(0)).T, np.float32)
