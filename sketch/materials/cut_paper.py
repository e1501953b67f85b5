"""Cut paper: things cut from a few painted papers, with panels and leaves of the same papers and gaps around them."""

from __future__ import annotations

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks import sites
from sketch.marks.field import Field, over, step

SMOOTH = 3.0
"""The radius by which the papers' outlines are smoothed, in units."""

FACET = 9.0
"""The length of the scissors' straight cuts, in units."""

STRESS = np.array([1, 1.5, 1.5], np.float32)
"""The weights of lightness, a and b in colour distances."""

INKS = (
    ("1f4fa3", "f4efe2", "f2b230", "d8402f", "2f7d4f", "141a24", "e79ab0"),
    ("f3ede0", "1d3f8f", "e5533d", "f0b429", "3a8f6a", "17202e", "8fc1d9"),
    ("e9a13b", "f6efdf", "20438c", "c93a3a", "1f5f4f", "1c1a1d", "f0c9b0"),
    ("2a6f5c", "f3ead8", "ef6f4c", "f2c14e", "23345f", "151a1c", "d9a5b3"),
    ("c63d35", "f5ecd9", "f3b83f", "21386b", "4f9a7a", "1a1719", "eab0a2"),
    ("e9b7c0", "f8f1e4", "d64550", "2c5aa0", "f2b134", "232128", "4d8f74"),
    ("17203a", "f2ebdc", "e8c04a", "d9553f", "4c86b8", "0d0f16", "7fae8e"),
)
LAYOUTS = (("single", 1, 1, 5), ("tilted", 1, 1, 1), ("panels", 2, 1, 1))


def draw(field: Field) -> Array:
    """Return the field redrawn as cut papers in all inks: (h, w, 3), sRGB 0…1.

    Panels lie at the bottom, then leaves, then the things; between the papers, gaps show the lightest ink.
    """
    panels = _panels(field)
    slit = float(field.chance(3).uniform(1.6, 3.0))
    away = 0.45 * field.blur(field.away, 1.5) + 0.55 * sites.lattice(field.away, field, FACET)
    place = _place(field)
    ground = _ground(field, panels, place, away, slit)
    behind = panels if place is None else panels + (place - panels) * field.placed
    own, gap = _papers(field, field.cut(away), behind)
    pieces = np.tensordot(own, field.inks, ((0,), (0,)))
    thing = over(_white(field), gap, np.asarray(pieces, np.float32))
    picture = over(thing, field.cut(away), ground)
    painted = 0.016 * field.cloud(5, 9) + 0.012 * field.cloud(26, 8)
    return np.asarray(np.clip(picture * (1 + painted)[..., None], 0, 1), np.float32)


def _white(field: Field) -> Array:
    """Return the lightest ink, sRGB (3,), which the sheet under all papers has."""
    light = field.inks @ np.array([0.3, 0.6, 0.1], np.float32)
    share = np.exp((light - light.max()) / 0.02)
    return np.asarray(share @ field.inks / share.sum(), np.float32)


def _weights(
    field: Field, lab: Array, unlike: Array | float, within: Array | float, smooth: float
) -> tuple[Array, Array]:
    """Return which of the n inks the paper at each pixel has, as shares (n, h, w), almost 0 or 1.

    Also return the distance of each pixel (h, w) from the edge of its paper, in units. Papers have the ink nearest to
    ``lab`` (h, w, 3), Oklab; ``unlike`` (n, h, w) is added to the squared distances. ``within`` (h, w), 0…1, is the
    weight of pixels, and ``smooth`` the radius in units by which outlines are smoothed.
    """
    inks, own = colour.lab(field.inks) * STRESS, lab * STRESS
    apart = (inks**2).sum(1)[:, None] - 2 * inks @ own.reshape(-1, 3).T
    apart = apart.reshape(-1, *field.shape) + unlike
    likely = np.exp((apart.min(0) - apart) / 0.006)
    likely *= within / likely.sum(0)
    likely = np.stack([field.blur(each, smooth) for each in likely])
    likely /= np.maximum(likely.sum(0), 1e-3)
    margin, steep = _margin(field, likely)
    sharp = np.exp((likely - likely.max(0)) * (4 / (steep * field.pixel)))
    return np.asarray(sharp / sharp.sum(0), np.float32), margin / steep


def _margin(field: Field, likely: Array) -> tuple[Array, Array]:
    """Return how much the largest of n shares (n, h, w) exceeds the second, and its slope per unit, each (h, w)."""
    from scipy import ndimage

    first, second = likely[0], np.zeros(field.shape, np.float32)
    for each in likely[1:]:
        second, first = np.maximum(second, np.minimum(first, each)), np.maximum(first, each)
    slopes = ndimage.maximum_filter(np.hypot(*field.slopes(first - second)), 3)
    return first - second, np.asarray(np.maximum(slopes, 0.012), np.float32)


def _papers(field: Field, body: Array, behind: Array) -> tuple[Array, Array]:
    """Return the inks of the things' papers, as shares (n, h, w), and the coverage of gaps between them (h, w).

    ``body`` (h, w) is the things' coverage; the ink shares of the papers behind them (n, h, w) are avoided.
    """
    lab = field.lab.copy()
    lab[..., 0] = 0.5 * lab[..., 0] + 0.5 * field.tone
    near = field.blur(field.cover, 6) + 0.02
    rim = step(field.away, 5, 2)[..., None]
    broad = np.stack([field.blur(lab[..., part] * field.cover, 6) / near for part in range(3)], -1)
    lab = lab + (broad - lab) * rim
    own, far = _weights(field, lab, 0.16 * behind, body, SMOOTH * 0.7)
    return own, np.asarray(field.cut(0.9 - far) * step(field.away, 6, 9), np.float32)


def _place(field: Field) -> Array | None:
    """Return the inks of the papers that show a place, as shares (n, h, w); None if no place is shown."""
    if field.is_place == 0:
        return None
    return _weights(field, colour.lab(field.ground), 0.0, 1.0, SMOOTH * 1.6)[0]


def _panels(field: Field) -> Array:
    """Return the inks of the ground's panels, as shares (n, h, w): one to six sheets with slightly slanting cuts."""
    rng, (x, y), (high, wide) = field.chance(2), field.places, field.size
    rows, columns = ((1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 2))[int(rng.integers(6))]
    order = [0, *rng.permutation(np.arange(1, len(field.inks)))]
    down = sum(
        (field.cut(y - cut + lean * (x - wide / 2)) for cut, lean in _cuts(rng, rows, high)), np.zeros(field.shape)
    )
    panels = np.zeros((len(field.inks), *field.shape), np.float32)
    for row in range(rows):
        within = np.clip(1 - np.abs(down - row), 0, 1)
        across = sum(
            (field.cut(x - cut + lean * (y - high / 2)) for cut, lean in _cuts(rng, columns, wide)),
            np.zeros(field.shape),
        )
        for column in range(columns):
            ink = order[(row * columns + column) % min(len(order), 4)]
            panels[ink] += within * np.clip(1 - np.abs(across - column), 0, 1)
    return panels


def _cuts(rng: np.random.Generator, count: int, side: float) -> list[tuple[float, float]]:
    """Return the positions, in units, and slopes of the cuts that divide a side into ``count`` parts."""
    free = 0.16 / count
    return [
        (side * (number / count + rng.uniform(-free, free)), rng.uniform(-0.05, 0.05)) for number in range(1, count)
    ]


def _ground(field: Field, panels: Array, place: Array | None, away: Array, slit: float) -> Array:
    """Return the ground (h, w, 3), sRGB: a place or panels, and leaves on it that keep clear of the things.

    ``panels`` and ``place`` (n, h, w) are shares of inks; ``away`` (h, w) is the distance to the things' outlines and
    ``slit`` the width of gaps, in units.
    """
    rng, (high, wide) = field.chance(4), field.size
    papers = panels if place is None else panels + (place - panels) * field.placed
    picture = np.asarray(np.tensordot(papers, field.inks, ((0,), (0,))), np.float32)
    white = _white(field)
    family = int(rng.integers(3)), float(rng.uniform(17, 26)), float(rng.uniform(-0.25, 0.4))
    count = int(rng.integers(3, 6))
    start = rng.uniform(0, 2 * np.pi)
    for number in range(count):
        angle = start + 2 * np.pi * (number + rng.uniform(-0.25, 0.25)) / count
        middle = wide / 2 * (1 + 0.86 * np.cos(angle)), high / 2 * (1 + 0.86 * np.sin(angle))
        leaf = _leaf(field, rng, middle, angle + rng.uniform(-0.9, 0.9), family)
        leaf = np.minimum(leaf, -away - slit - 4)
        paper = _contrasting(field, papers, leaf, int(rng.integers(1, len(field.inks))))
        picture = over(white, field.cut(leaf + 0.7 * slit) * 0.9, picture)
        picture = over(paper, field.cut(leaf), picture)
    return picture


def _contrasting(field: Field, papers: Array, leaf: Array, first: int) -> Array:
    """Return an ink for a leaf, sRGB (3,), that is not under it; candidates are tried from number ``first`` on."""
    cover = field.cut(leaf)
    shares = (papers * cover).sum((1, 2)) / (cover.sum() + 1e-3)
    preference = -((np.arange(len(field.inks)) - first) % len(field.inks)) * 0.12 - 3 * shares
    likely = np.exp((preference - preference.max()) / 0.03)
    return np.asarray(likely @ field.inks / likely.sum(), np.float32)


def _leaf(
    field: Field, rng: np.random.Generator, middle: tuple[float, float], angle: float, family: tuple[int, float, float]
) -> Array:
    """Return the signed distance (h, w), positive inside, to a leaf like seaweed, with lobes along a bent stem.

    ``middle`` is its centre in units and ``angle`` its direction in radians. Leaves of a ``family`` (kind, distance
    between lobes, lean of lobes) look alike.
    """
    kind, pitch, lean = family
    (x, y), long = field.places, rng.uniform(52, 88)
    u = (x - middle[0]) * np.cos(angle) + (y - middle[1]) * np.sin(angle)
    v = (y - middle[1]) * np.cos(angle) - (x - middle[0]) * np.sin(angle)
    v = v + rng.uniform(-1, 1) * u**2 / 160
    whole = np.sqrt(np.clip(1 - (u / long) ** 2, 0, 1))
    along = (u - lean * np.abs(v)) / pitch
    lobes = 0.5 + 0.5 * np.cos(2 * np.pi * along)
    wide = whole * ((8 + 25 * lobes**0.33) if kind < 2 else 17 + 7 * lobes)
    return np.asarray(0.5 * (wide - np.abs(v)) - 9 * (np.abs(u) > long), np.float32)
