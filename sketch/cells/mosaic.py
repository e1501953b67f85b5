"""Mosaic: small tiles (tesserae) in rows that follow the outlines of things; further out, rows are almost straight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sketch import colour
from sketch.colour import Array
from sketch.marks import sites
from sketch.marks.field import REACH, Field, contrast_shift, over, pull_to_inks, step, steps

PITCHES = (8.5, 11.0)
"""The range from which each picture gets its distance between rows, in units."""

HALO = 2.0
"""The number of rows around the things that follow their outlines."""

INKS = (
    ("c9a23f", "e8dcc0", "8c3b2a", "2f5d62", "3a2b24", "d8b868"),
    ("1f3a5f", "e9dfc8", "c98b3a", "7fa3b0", "8c2f22", "2b2a2e"),
    ("e6dcc6", "a8452e", "2f4a5a", "c99a4a", "3b3430", "7d8c6a"),
    ("d9c9a8", "3a3531", "a56a48", "6f8a86", "f0e6d0", "8f3326"),
    ("14424a", "e8d9b0", "d08a3c", "5fa39a", "a33b2e", "1c2426"),
    ("b8903a", "2a4d74", "e9e0cc", "6d2f3a", "4f7a5a", "2b221d"),
    ("30302f", "e9e2d2", "c9b79a", "a04a36", "7f8f94"),
)
LAYOUTS = (("single", 1, 1, 6), ("grid", 2, 2, 0.1))


def draw(field: Field) -> Array:
    """Return the field redrawn as a mosaic: (h, w, 3), sRGB 0…1.

    Tiles have colours near the inks. The first ink is the ground's; the last is the grout's, between the tiles.
    """
    pitch = float(field.chance(8).uniform(*PITCHES)) * field.scale
    level, across, down = _lines(field, pitch)
    laid = sites.settle(sites.scatter(field, pitch, 1, 0.4), field, level, pitch)
    laid = sites.settle(sites.spread(laid, field, level, pitch), field, level, pitch, 1)
    own, joint = _tesserae(field, laid, pitch, level, across, down)
    tesserae = _colours(field, laid, own, HALO * pitch)
    bed = colour.lab(field.ink(len(field.inks) - 1)) * np.asarray((0.9, 0.7, 0.7), np.float32)
    grout = field.cut(0.85 + 0.25 * field.cloud(16, 5) - joint)
    return colour.rgb(over(bed, 0.8 * grout, tesserae))


def _lines(field: Field, pitch: float) -> tuple[Array, Array, Array]:
    """Return the level (h, w), in units, and the direction along rows of tiles: x and y of a unit vector (h, w).

    Rows are separated where the level is a multiple of ``pitch``.
    """
    x, y = field.places
    lean = float(field.chance(1).choice((0.0, 0.0, 0.5, -0.5, 1.57)))
    fall, rise = field.slopes(field.blur(field.away, 2.5))
    steep = np.hypot(fall, rise) + 1e-3
    free = (field.away < -HALO * pitch) | (field.away > REACH - 2)
    bend = 7.0 * field.cloud(130, 2)
    bond = np.asarray(x * np.sin(lean) + y * np.cos(lean) + bend, np.float32)
    across = np.where(free, np.cos(lean), -fall / steep)
    down = np.where(free, -np.sin(lean), rise / steep)
    return np.where(free, bond, field.away), across.astype(np.float32), down.astype(np.float32)


def _tesserae(
    field: Field, laid: sites.Sites, pitch: float, level: Array, across: Array, down: Array
) -> tuple[NDArray[np.intp], Array]:
    """Return the number of the tile of each pixel (h, w), and its distance from the tile's edge (h, w), in units.

    A tile consists of the pixels whose nearest site along their row is the same; its number is the site's. The last
    three arguments are from :func:`_lines`.
    """
    middle = (np.floor(level / pitch) + 0.5) * pitch
    height = laid.at(level, field).ravel()
    near = [np.full(field.shape, 1e6, np.float32) for _ in range(2)]
    own = np.zeros(field.shape, np.intp)
    for number, right, below in laid.near(field):
        along = right * across + below * down
        off = np.abs(along) + 2.5 * np.maximum(np.abs(height[number] - middle) - 0.15 * pitch, 0)
        closer = off < near[0]
        near[1] = np.where(closer, near[0], np.minimum(near[1], off))
        near[0] = np.where(closer, off, near[0])
        own = np.where(closer, number, own)
    rows = pitch / 2 - np.abs(level - middle)
    return own, np.minimum((near[1] - near[0]) / 2, rows)


def _colours(field: Field, laid: sites.Sites, own: NDArray[np.intp], halo: float) -> Array:
    """Return the colours of the tiles (h, w, 3), Oklab: one per tile, or two where strong details cut it.

    ``own`` (h, w) numbers the tiles; ``halo`` is how far, in units, rows follow the outlines.
    """
    chance = laid.chance().reshape(-1, 4)[own]
    inks = colour.lab(field.inks)
    drawn = 0.45 * field.lab + 0.55 * pull_to_inks(field.lab, inks, 0.06)
    thing = drawn.copy()
    thing[..., 0] = 0.16 + 0.76 * (0.35 * field.tone + 0.65 * steps(field.tone, 5, 0.3))
    thing[..., 0] += (0.5 + 0.3 * abs(field.extreme)) * field.request * (field.lab[..., 0] - thing[..., 0])
    ground = np.broadcast_to(inks[0], thing.shape).copy()
    apart = contrast_shift(inks[0], thing, field.cover, field.extreme) * (1 - field.is_place)
    thing[..., 0] -= 1.2 * apart
    ground[..., 0] += apart
    ground = over(drawn, field.is_place, ground)
    ring = step(field.away, -halo - 0.5, -halo) * 0.05 * float(field.chance(4).choice((-1.0, 1.0)))
    ground[..., 0] += ring
    drawn = over(thing, field.cut(field.away), ground)
    held = laid.at(drawn, field).reshape(-1, 3)[own]
    off = drawn - held
    cut = step(np.abs(off[..., 0]) + np.hypot(off[..., 1], off[..., 2]), 0.12, 0.2)
    lab = held + off * cut[..., None]
    lab[..., 0] += 0.15 * (chance[..., 0] - 0.5)
    lab[..., 1:] += 0.035 * (chance[..., 1:3] - 0.5)
    # A few tiles take another ink at random.
    other = inks[(chance[..., 3] * 7.99).astype(int) % len(inks)]
    return over(other, 0.3 * step(chance[..., 2], 0.90, 0.905), lab)
