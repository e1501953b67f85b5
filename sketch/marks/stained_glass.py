"""Stained glass: pieces of glowing colour in a net of lead that bends to the form."""

from __future__ import annotations

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks import sites
from sketch.marks.field import Field, over, step, steps

PIECE = 30.0
"""Units of a piece of glass, about."""

INKS = (
    ("1f4f9c", "c4281f", "e8b22e", "2f8f5b", "f2e6c0", "6a2f8a"),
    ("123f7a", "3f8fc9", "e3c24a", "b3392b", "eef0e2"),
    ("7a1f2b", "e08a2e", "f2d77a", "2f5f8f", "3f8f7a", "f4ead0"),
    ("1f6b5c", "8fbf6a", "f0dc8a", "d9772e", "2f4f8f", "f2efdc"),
    ("3a2a6b", "8f5fb0", "e7a3b3", "f2d58a", "2f8f9c", "f4eee0"),
    ("b8862b", "f2d98a", "a83a24", "2f5a6b", "6f8f4f", "f6efd8"),
    ("9fc4cf", "eef2e6", "d8a93a", "3a6f9c", "b0452f", "5f8f6a"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 6), ("panels", 1, 3, 1), ("grid", 2, 2, 1))


def draw(of: Field) -> Array:
    """Draw a field as pieces of glass in lead, lit from behind."""
    body = of.cut(of.away)
    own, seam, chance = _net(of, body)
    inks = colour.lab(of.inks)
    ground_own, ground_seam = _ground_net(of)
    lead_width = 1.9 + 0.5 * of.cloud(40, 2)
    lead = of.cut(lead_width * 0.8 - seam) * body
    lead = np.maximum(lead, of.cut(lead_width - ground_seam) * (1 - body))
    lead = np.maximum(lead, of.cut(lead_width * 0.9 - np.abs(of.away + 0.4)))
    lead = np.maximum(lead, 0.92 * body * step(of.edges, 0.55, 0.95))
    glass = over(_thing(of, inks, chance), body, _ground(of, inks, ground_own))
    glow = step(np.where(body > 0.5, seam, ground_seam), 0, 11)
    x, y = of.places
    height, width = of.size
    far = np.hypot((x - width / 2) / width, (y - height * 0.45) / height)
    glass[..., 0] += 0.09 * (glow - 0.6) + 0.02 * of.cloud(7, 4) + 0.03 * of.cloud(24, 5) + 0.10 * (0.35 - far)
    return colour.rgb(over(colour.lab(np.float32([0.09, 0.085, 0.10])), lead, glass))


def _net(of: Field, body: Array) -> tuple[Array, Array, Array]:
    """Return for each pixel its piece within the things, how far its seam is in units, and the piece's chances."""
    piece = PIECE * of.scale
    net = sites.scatter(of, piece, 1, 0.8)
    level = 26 * of.blur(of.tone * of.cover, 2.5) + 0.8 * of.away
    at = net.at(level, of).ravel()
    return _cells(of, net, level, at)


def _cells(of: Field, net: sites.Sites, level: Array, at: Array) -> tuple[Array, Array, Array]:
    near = [np.full(of.shape, 1e6, np.float32) for _ in range(2)]
    own = np.zeros(of.shape, np.intp)
    for number, right, below in net.near(of):
        off = np.sqrt(right**2 + below**2 + (level - at[number]) ** 2)
        closer = off < near[0]
        near[1] = np.where(closer, near[0], np.minimum(near[1], off))
        near[0] = np.where(closer, off, near[0])
        own = np.where(closer, number, own)
    return own, (near[1] - near[0]) * 0.5, net.chance().reshape(-1, 4)[own]


def _ground_net(of: Field) -> tuple[Array, Array]:
    """Return a number 0…1 of each pixel's piece of the ground, and how far its seam is: lozenges, rays or a free net."""
    dice = of.chance(3)
    kind = int(dice.integers(3))
    x, y = of.places
    height, width = of.size
    if kind == 0:
        side = float(dice.uniform(38, 52)) * of.scale
        lean = float(dice.uniform(0.6, 1.0))
        u, v = (x + y * lean) / side, (x - y * lean) / side
    elif kind == 1:
        right, below = x - width * float(dice.uniform(0.3, 0.7)), y - height * float(dice.uniform(0.3, 1.0))
        far = np.hypot(right, below) + 8
        u = np.arctan2(below, right) / (2 * np.pi) * int(dice.integers(11, 17))
        v = far / 52 + 0.5 * (np.floor(u) % 2)
    else:
        own, seam, chance = _cells(of, sites.scatter(of, 46 * of.scale, 4), of.away * 0.5, np.zeros(4096, np.float32))
        return chance[..., 0], seam
    u, v = u + 0.05 * of.cloud(50, 6), v + 0.05 * of.cloud(50, 7)
    seam = np.full(of.shape, 1e3, np.float32)
    for each in (u, v):
        down, across = of.slopes(np.asarray(each, np.float32))
        steep = np.clip(np.hypot(down, across), 1e-3, 0.2)
        seam = np.minimum(seam, np.abs(each - np.round(each)) / steep)
    number = (np.floor(u) * 0.381 + np.floor(v) * 0.617) % 1
    return np.asarray(number, np.float32), np.asarray(seam, np.float32)


def _thing(of: Field, inks: Array, chance: Array) -> Array:
    """Return the glass of the things in Oklab: their colours drawn to the inks, a little other from piece to piece."""
    lab = np.stack([of.blur(of.lab[..., part], 1.5) for part in range(3)], -1)
    off = ((lab[..., None, 1:] - inks[:, 1:]) ** 2).sum(-1) + 0.35 * (lab[..., None, 0] - inks[:, 0]) ** 2
    share = np.exp(-off / 0.006) + 1e-6
    drawn = (share[..., None] * inks).sum(-2) / share.sum(-1)[..., None]
    lab[..., 1:] = 0.45 * lab[..., 1:] + 0.65 * drawn[..., 1:]
    lab[..., 0] = 0.34 + 0.5 * steps(of.tone, 4, 0.6) + 0.10 * (chance[..., 0] - 0.5)
    lab[..., 1:] += 0.05 * (chance[..., 1:3] - 0.5)
    return lab


def _ground(of: Field, inks: Array, number: Array) -> Array:
    """Return the glass of the ground in Oklab: mostly the first ink, light and dark; of a place, its tones."""
    lab = np.broadcast_to(inks[0], (*of.shape, 3)).copy()
    lab[..., 0] += 0.22 * (number - 0.5)
    other = inks[(number * 7.9).astype(int) % len(inks)]
    lab = over(other, 0.35 * step(number, 0.7, 0.71), lab)
    place = np.stack([of.blur(of.lab[..., part], 4) for part in range(3)], -1)
    return over(place + 0.3 * (lab - inks[0]), np.full(of.shape, 0.75 * of.is_place, np.float32), lab)
