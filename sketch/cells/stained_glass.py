"""Stained glass: pieces of glowing colour between strips of lead that follow the shapes of things."""

from __future__ import annotations

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks import sites
from sketch.marks.field import Field, contrast_shift, over, pull_to_inks, step, steps

PIECES = (27.0, 42.0)
"""The range from which each picture gets the size of its pieces of glass, in units."""

INKS = (
    ("1f4f9c", "c4281f", "e8b22e", "2f8f5b", "f2e6c0", "6a2f8a"),
    ("123f7a", "3f8fc9", "e3c24a", "b3392b", "eef0e2"),
    ("7a1f2b", "e08a2e", "f2d77a", "2f5f8f", "3f8f7a", "f4ead0"),
    ("1f6b5c", "8fbf6a", "f0dc8a", "d9772e", "2f4f8f", "f2efdc"),
    ("3a2a6b", "8f5fb0", "e7a3b3", "f2d58a", "2f8f9c", "f4eee0"),
    ("b8862b", "f2d98a", "a83a24", "2f5a6b", "6f8f4f", "f6efd8"),
    ("9fc4cf", "eef2e6", "d8a93a", "3a6f9c", "b0452f", "5f8f6a"),
)
LAYOUTS = (("single", 1, 1, 6), ("tilted", 1, 1, 1), ("grid", 2, 2, 0.1))


def draw(field: Field) -> Array:
    """Return the field redrawn as pieces of glass in lead, lit from behind: (h, w, 3), sRGB 0…1.

    The glass has colours near the inks; the first ink is the ground's.
    """
    body = field.cut(field.away)
    net = sites.scatter(field, float(field.chance(1).uniform(*PIECES)) * field.scale, 1, 0.9)
    seam, chance = _cells(field, net, 26 * field.blur(field.tone * field.cover, 2.5) + 0.8 * field.away)
    inks = colour.lab(field.inks)
    number, ground_seam = _ground_net(field)
    lead_width = 1.9 + 0.5 * field.cloud(40, 2)
    lead = field.cut(lead_width * 0.8 - seam) * body
    lead = np.maximum(lead, field.cut(lead_width - ground_seam) * (1 - body))
    lead = np.maximum(lead, field.cut(lead_width * 0.9 - np.abs(field.away + 0.4)))
    lead = np.maximum(lead, 0.92 * (body + field.is_place * (1 - body)) * step(field.edges, 0.55, 0.95))
    thing, ground = _thing(field, inks, chance), _ground(field, inks, number)
    apart = contrast_shift(inks[0], thing, field.cover, field.extreme) * (1 - field.is_place)
    thing[..., 0] -= apart
    ground[..., 0] += apart
    glass = over(thing, body, ground)
    glow = step(np.where(body > 0.5, seam, ground_seam), 0, 11)
    x, y = field.places
    height, width = field.size
    far = np.hypot((x - width / 2) / width, (y - height * 0.45) / height)
    glass[..., 0] += 0.09 * (glow - 0.6) + 0.02 * field.cloud(7, 4) + 0.03 * field.cloud(24, 5) + 0.10 * (0.35 - far)
    return colour.rgb(over(colour.lab(np.asarray([0.09, 0.085, 0.10], np.float32)), lead, glass))


def _cells(field: Field, net: sites.Sites, level: Array) -> tuple[Array, Array]:
    """Return the distance (h, w) of each pixel to the seam of its piece of glass, in units.

    Also return four random numbers of the piece (h, w, 4), 0…1. There is a piece around each site; seams follow contour
    lines of ``level`` (h, w), in units.
    """
    at = net.at(level, field).ravel()
    near = [np.full(field.shape, 1e9, np.float32) for _ in range(2)]
    own, other = (np.zeros(field.shape, np.intp) for _ in range(2))
    for number, right, below in net.near(field):
        rise = level - at[number]
        off = right * right + below * below + rise * rise
        closer, second = off < near[0], off < near[1]
        other = np.where(closer, own, np.where(second, number, other))
        near[1] = np.where(closer, near[0], np.where(second, off, near[1]))
        near[0] = np.where(closer, off, near[0])
        own = np.where(closer, number, own)
    places = np.stack([net.x.ravel(), net.y.ravel(), at], -1)
    apart = np.sqrt(((places[own] - places[other]) ** 2).sum(-1)) + 1e-3
    seam = np.asarray((near[1] - near[0]) / (2 * apart), np.float32)
    return seam, net.chance().reshape(-1, 4)[own]


def _ground_net(field: Field) -> tuple[Array, Array]:
    """Return two arrays (h, w) for the pieces of glass in the ground.

    They are a random number, 0…1, of each pixel's piece, and the pixel's distance to the piece's seam in units.
    """
    return (_lozenges, _rays, _free, _panes)[int(field.chance(3).integers(4))](field)


def _free(field: Field) -> tuple[Array, Array]:
    """Return the ground divided into irregular pieces, as :func:`_ground_net`."""
    seam, chance = _cells(field, sites.scatter(field, 46 * field.scale, 4), field.away * 0.5)
    return chance[..., 0], seam


def _lozenges(field: Field) -> tuple[Array, Array]:
    """Return the ground divided into diamonds, as :func:`_ground_net`."""
    rng, (x, y) = field.chance(5), field.places
    side, lean = float(rng.uniform(40, 58)) * field.scale, float(rng.uniform(0.5, 1.0))
    u = (x + y * lean) / side + 0.04 * field.cloud(50, 6)
    v = (x - y * lean) / side + 0.04 * field.cloud(50, 7)
    seam = np.minimum(np.abs(u - np.round(u)), np.abs(v - np.round(v))) * (side / np.hypot(1, lean))
    return _piece_numbers(u, v), np.asarray(seam, np.float32)


def _rays(field: Field) -> tuple[Array, Array]:
    """Return the ground divided into rays from a point, and each ray into pieces, as :func:`_ground_net`."""
    rng, (x, y), (height, width) = field.chance(6), field.places, field.size
    right, below = x - width * float(rng.uniform(0.25, 0.75)), y - height * float(rng.choice((0.4, 0.55, 1.05, 1.2)))
    far, count = np.hypot(right, below), int(rng.integers(14, 22))
    u = np.arctan2(below, right) / (2 * np.pi) * count + 0.04 * field.cloud(60, 6)
    v = far / 60 + 0.42 * (np.floor(u) % 2) + 0.04 * field.cloud(50, 7)
    hub = 26.0
    beside = np.abs(u - np.round(u)) * 2 * np.pi * far / count
    across = np.minimum(np.abs(v - np.round(v)) * 60, np.abs(far - hub))
    seam = np.where(far > hub, np.minimum(beside, across), hub - far)
    return np.where(far > hub, _piece_numbers(u, v), 0.99).astype(np.float32), np.asarray(seam, np.float32)


def _panes(field: Field) -> tuple[Array, Array]:
    """Return the ground divided into tall, slightly slanted panes, as :func:`_ground_net`."""
    rng, (x, y) = field.chance(7), field.places
    wide, tall = float(rng.uniform(26, 44)) * field.scale, float(rng.uniform(80, 130)) * field.scale
    u = (x + y * float(rng.uniform(-0.3, 0.3))) / wide + 0.12 * field.cloud(110, 6)
    v = y / tall + 0.37 * np.floor(u) + 0.05 * field.cloud(50, 7)
    seam = np.minimum(np.abs(u - np.round(u)) * wide, np.abs(v - np.round(v)) * tall)
    return _piece_numbers(u, v), np.asarray(seam, np.float32)


def _piece_numbers(u: Array, v: Array) -> Array:
    """Return a number, 0…1, for each cell of a grid (h, w) that differs between neighbours; cells have side 1."""
    return np.asarray((np.floor(u) * 0.381 + np.floor(v) * 0.617) % 1, np.float32)


def _thing(field: Field, inks: Array, chance: Array) -> Array:
    """Return the things' glass (h, w, 3), Oklab: colours moved towards the inks, with a small variation per piece."""
    lab = np.stack([field.blur(field.lab[..., part], 1.5) for part in range(3)], -1)
    lab[..., 1:] = 0.45 * lab[..., 1:] + 0.7 * pull_to_inks(lab, inks, 0.07)[..., 1:]
    lab[..., 0] = 0.34 + 0.5 * steps(field.tone, 4, 0.6) + 0.17 * (chance[..., 0] - 0.5)
    lab[..., 1:] += 0.06 * (chance[..., 1:3] - 0.5)
    lab[..., 0] += (0.4 + 0.3 * abs(field.extreme)) * field.request * (field.lab[..., 0] - lab[..., 0])
    return lab


def _ground(field: Field, inks: Array, number: Array) -> Array:
    """Return the ground's glass (h, w, 3), Oklab: mostly the first ink, light or dark by piece, or a place."""
    lab = np.broadcast_to(inks[0], (*field.shape, 3)).copy()
    lab[..., 0] += 0.22 * (number - 0.5)
    other = inks[(number * 7.9).astype(int) % len(inks)]
    lab = over(other, 0.4 * step(number, 0.7, 0.71), lab)
    if field.is_place == 0:
        return lab
    place = np.stack([field.blur(field.lab[..., part], 1.5) for part in range(3)], -1)
    place = 0.4 * place + 0.65 * pull_to_inks(place, inks, 0.06)
    return over(place + 0.4 * (lab - inks[0]), 0.9 * field.is_place, lab)
