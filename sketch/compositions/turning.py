"""Change one composition into another part by part: each part switches, instead of the whole picture fading."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sketch import colour
from sketch.colour import Array
from sketch.compositions.composition import TORN, Composition
from sketch.marks import noise

ROUGH = 0.16
"""How far the edge of an opening deviates from a circle, in shorter sides of the picture."""

WINDOW = 0.4
"""The share of the transition in which one part changes; parts begin one after the other."""


def blend(first: Composition, last: Composition, t: float) -> Composition | None:
    """Return the composition at time ``t``, 0…1, between two that differ only in inks, tilt and scale.

    If they differ in anything else, or in the number of inks, return None.
    """
    fixed = ("marks", "layout", "rows", "columns", "seed")
    if any(getattr(first, name) != getattr(last, name) for name in fixed) or len(first.inks) != len(last.inks):
        return None
    inks = tuple(_mixed_ink(one, other, t) for one, other in zip(first.inks, last.inks, strict=True))
    tilt, scale = ((1 - t) * getattr(first, name) + t * getattr(last, name) for name in ("tilt", "scale"))
    return replace(first, inks=inks, tilt=tilt, scale=scale)


def _mixed_ink(first: str, last: str, t: float) -> str:
    """Return the ink (``rrggbb``) between two, mixed in Oklab; ``t`` is the share of the last, 0…1."""
    one, other = (colour.lab(colour.parse_hex(ink)) for ink in (first, last))
    return colour.to_hex(colour.rgb(((1 - t) * one + t * other).astype(np.float32)))


def cell_times(grid: Composition, t: float) -> list[float]:
    """Return the progress, 0…1, of each cell of a grid, row by row, at time ``t``, 0…1; they start one by one."""
    order = _order(grid.rows, grid.columns, grid.seed).reshape(-1)
    return [round(float(time), 6) for time in _done(order, t)]


def transition_shares(height: int, width: int, first: Composition, last: Composition, t: float) -> Array:
    """Return each pixel's share (h, w) of the last composition at time ``t``: 0 or 1, soft at moving edges."""
    painted = [each for each in (first, last) if not each.is_graphic]
    if any(each.edge == TORN for each in painted):
        return _opening(height, width, first.seed, t)
    if painted:
        return _front(height, width, first.seed, t)
    cells = next((each for each in (first, last) if each.layout == "grid"), None)
    if cells is None:
        return _opening(height, width, first.seed, t)
    rows, columns = cells.rows, cells.columns
    y = ((np.arange(height, dtype=np.float32) + 0.5) / height * rows)[:, None]
    x = ((np.arange(width, dtype=np.float32) + 0.5) / width * columns)[None, :]
    row, column = np.minimum(y.astype(int), rows - 1), np.minimum(x.astype(int), columns - 1)
    order = _order(rows, columns, first.seed)[row, column]
    done = _done(order, t)
    upright = (row + column) % 2 == 0
    within = np.where(upright, x - column, y - row)
    soft = 2.0 * max(rows, columns) / min(height, width)
    return np.asarray(np.clip((done * (1 + soft) - within) / soft, 0, 1), np.float32)


def _order(rows: int, columns: int, seed: int) -> Array:
    """Return when each cell (rows, columns) begins to change, 0…1, evenly spread in random order."""
    count = rows * columns
    order = np.random.default_rng(seed).permutation(count) / max(1, count - 1)
    return np.asarray(order.reshape(rows, columns), np.float32)


def _done(order: Array, t: float) -> Array:
    """Return the progress, 0…1, at ``t`` of parts that begin at the times in ``order``."""
    return np.asarray(np.clip((t - order * (1 - WINDOW)) / WINDOW, 0, 1))


def _front(height: int, width: int, seed: int, t: float) -> Array:
    """Return each pixel's share (h, w) of the last composition: an irregular front spreads from several places."""
    rough = noise.cloud(height, width, 90, seed * 64 + 61) + 0.3 * noise.cloud(height, width, 24, seed * 64 + 62)
    ranks = np.clip(0.5 + 0.28 * rough, 0, 1)
    return _passed(ranks, t, WINDOW)


def _opening(height: int, width: int, seed: int, t: float) -> Array:
    """Return each pixel's share (h, w) of the last composition: it opens from near the middle, at an irregular edge.

    Its area grows in proportion to the time.
    """
    return _passed(_opening_ranks(height, width, seed), t, 4 / min(height, width))


@lru_cache(maxsize=16)
def _opening_ranks(height: int, width: int, seed: int) -> Array:
    """Return when an opening reaches each pixel (h, w), 0…1. The array is cached: do not write to it."""
    short = min(height, width)
    x, y = np.random.default_rng(seed).uniform(0.35, 0.65, 2)
    down = (np.arange(height, dtype=np.float32)[:, None] + 0.5 - y * height) / short
    across = (np.arange(width, dtype=np.float32)[None, :] + 0.5 - x * width) / short
    rough = noise.cloud(height, width, 80, seed * 64 + 61) + 0.3 * noise.cloud(height, width, 24, seed * 64 + 62)
    far = np.hypot(down, across) + ROUGH * rough
    ranks = np.empty(far.size, np.float32)
    ranks[np.argsort(far, axis=None, kind="stable")] = np.linspace(0, 1, far.size, dtype=np.float32)
    return ranks.reshape(far.shape)


def _passed(ranks: NDArray[np.floating], t: float, soft: float) -> Array:
    """Return how far a front has passed places with ``ranks``, 0…1, at ``t``; its edge is ``soft`` ranks wide."""
    return np.asarray(np.clip((t * (1 + soft) - ranks) / soft, 0, 1), np.float32)
