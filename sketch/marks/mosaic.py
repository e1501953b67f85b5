"""Mosaic: tesserae laid in rows that follow the outline of things, and a calm ground in a bond of its own."""

from __future__ import annotations

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks import sites
from sketch.marks.field import Field, over, step

PITCH = 9.5
"""Units from row to row."""

HALO = 2.0
"""Rows around the things that follow their outline."""

INKS = (
    ("c9a23f", "e8dcc0", "8c3b2a", "2f5d62", "3a2b24", "d8b868"),
    ("1f3a5f", "e9dfc8", "c98b3a", "7fa3b0", "8c2f22", "2b2a2e"),
    ("e6dcc6", "a8452e", "2f4a5a", "c99a4a", "3b3430", "7d8c6a"),
    ("d9c9a8", "3a3531", "a56a48", "6f8a86", "f0e6d0", "8f3326"),
    ("14424a", "e8d9b0", "d08a3c", "5fa39a", "a33b2e", "1c2426"),
    ("b8903a", "2a4d74", "e9e0cc", "6d2f3a", "4f7a5a", "2b221d"),
    ("30302f", "e9e2d2", "c9b79a", "a04a36", "7f8f94"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 6), ("grid", 2, 2, 1))


def draw(of: Field) -> Array:
    """Draw a field in tesserae; those of the things keep to their colours, pulled towards the inks."""
    pitch = PITCH * of.scale
    level, across, down = _lines(of, pitch)
    laid = sites.settle(sites.scatter(of, pitch, 1, 0.6), of, level, pitch)
    at_level = laid.at(level, of).ravel()
    near = [np.full(of.shape, 1e6, np.float32) for _ in range(2)]
    own = np.zeros(of.shape, np.intp)
    for number, right, below in laid.near(of):
        along = np.abs(right * across + below * down)
        off = np.maximum(along, np.abs(level - at_level[number])) + 0.12 * (np.abs(right) + np.abs(below))
        closer = off < near[0]
        near[1] = np.where(closer, near[0], np.minimum(near[1], off))
        near[0] = np.where(closer, off, near[0])
        own = np.where(closer, number, own)
    grout = step(near[1] - near[0], 1.9, 0.7)
    tesserae = _colours(of, laid, own)
    bed = colour.lab(of.ink(len(of.inks) - 1))
    bed = np.asarray([0.30 + 0.35 * bed[0], bed[1] * 0.4, bed[2] * 0.4], np.float32)
    return colour.rgb(over(bed, grout * 0.85, tesserae))


def _lines(of: Field, pitch: float) -> tuple[Array, Array, Array]:
    """Return the level (h, w) whose multiples of a pitch part the rows, and the direction along them (right, down)."""
    x, y = of.places
    lean = float(of.chance(1).choice((0.0, 0.0, 0.5, -0.5, 1.57)))
    level = of.away + 3 * of.blur(of.tone * of.cover, 4)
    fall, rise = of.slopes(of.blur(level, 3))
    steep = np.hypot(fall, rise) + 1e-3
    free = of.away < -HALO * pitch
    bond = np.asarray(x * np.sin(lean) + y * np.cos(lean) + 2.0 * of.cloud(90, 2), np.float32)
    across = np.where(free, np.cos(lean), -fall / steep)
    down = np.where(free, -np.sin(lean), rise / steep)
    return np.where(free, bond, level), across.astype(np.float32), down.astype(np.float32)


def _colours(of: Field, laid: sites.Sites, own: np.ndarray) -> Array:
    """Return the colour of each pixel's tessera in Oklab: even within it, but for what details cut in two."""
    chance = laid.chance().reshape(-1, 4)[own]
    inks = colour.lab(of.inks)
    thing = of.lab.copy()
    thing[..., 0] = 0.14 + 0.78 * of.tone
    ground = np.broadcast_to(inks[0], thing.shape).copy()
    ground[..., 0] = (1 - 0.7 * of.is_place) * ground[..., 0] + 0.7 * of.is_place * of.lab[..., 0]
    ground[..., 1:] += 0.6 * of.is_place * of.lab[..., 1:]
    ring = step(of.away, -PITCH * HALO * 1.1, -PITCH * HALO * 0.9)
    drawn = over(thing, of.cut(of.away), over(inks[1], 0.45 * ring, ground))
    held = laid.at(drawn, of).reshape(-1, 3)[own]
    off = drawn - held
    cut = step(np.abs(off[..., 0]) + np.hypot(off[..., 1], off[..., 2]), 0.10, 0.22)
    lab = held + off * cut[..., None]
    lab[..., 0] += 0.11 * (chance[..., 0] - 0.5)
    lab[..., 1:] += 0.03 * (chance[..., 1:3] - 0.5)
    return np.asarray(lab, np.float32)
