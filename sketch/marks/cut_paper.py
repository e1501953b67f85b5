"""Cut paper: few papers with simplified outlines, laid over one another on large shapes that echo the things."""

from __future__ import annotations

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks.field import Field, over, step

SMOOTH = 3.0
"""Units by which outlines of papers are simplified."""

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


def draw(of: Field) -> Array:
    """Draw a field as papers in all inks; the first is the sheet on which the others lie."""
    body = of.cut(of.blur(of.away, 1.5))
    own, above, shares = _papers(of, body)
    ground, height = _ground(of, shares)
    height = height + (above - height) * body
    picture = over(own, body, ground)
    lean = of.side or -0.5
    thrown = of.blur(of.shifted(height, -1.8 * np.sign(lean), 2.2), 1.4) - height
    shadow = np.clip(thrown, 0, 1.5) / 1.5
    picture = picture * (1 - 0.36 * shadow[..., None])
    return np.asarray(picture * (1 + 0.012 * of.cloud(5, 9))[..., None], np.float32)


def _weights(of: Field, lab: Array, unlike: float, smooth: float) -> Array:
    """Return for each ink how far it is the paper at each pixel (n, h, w), with simplified outlines."""
    inks = colour.lab(of.inks) * np.float32([1, 1.5, 1.5])
    own = lab * np.float32([1, 1.5, 1.5])
    apart = np.stack([((own - ink) ** 2).sum(-1) for ink in inks])
    apart[0] += unlike
    likely = np.exp((apart.min(0) - apart) / 0.006)
    likely /= likely.sum(0)
    likely = np.stack([of.blur(each, smooth) for each in likely])
    # Blurred shares crossed by a steep curve are smooth outlines again, with edges about a pixel soft.
    sharp = np.exp((likely - likely.max(0)) * (7 * smooth / max(of.pixel, 0.5)))
    return np.asarray(sharp / sharp.sum(0), np.float32)


def _papers(of: Field, body: Array) -> tuple[Array, Array, Array]:
    """Return the papers of the things (h, w, 3), how high they lie (h, w), and the share of each ink (n,)."""
    lab = of.lab.copy()
    lab[..., 0] = 0.55 * lab[..., 0] + 0.45 * of.tone + 0.05 * of.shade
    weights = _weights(of, lab, 0.12, SMOOTH * 0.7)
    height = np.tensordot(np.linspace(3, 6, len(of.inks), dtype=np.float32), weights, 1)
    shares = (weights * body).sum((1, 2)) / (body.sum() + 1e-3)
    return np.tensordot(weights, of.inks, ((0,), (0,))), height, shares


def _ground(of: Field, shares: Array) -> tuple[Array, Array]:
    """Return the papers of the ground (h, w, 3) and how high they lie (h, w): a place, or shapes that echo things."""
    picture, height = _shapes(of, shares)
    if of.is_place == 0:
        return picture, height
    lab = colour.lab(of.ground)
    weights = _weights(of, lab, 0.0, SMOOTH * 1.6)
    place = np.tensordot(weights, of.inks, ((0,), (0,)))
    above = np.tensordot(np.linspace(0, 1.5, len(of.inks), dtype=np.float32), weights, 1)
    share = np.full(of.shape, of.is_place, np.float32)
    return over(place, share, picture), height + (above - height) * of.is_place


def _shapes(of: Field, shares: Array) -> tuple[Array, Array]:
    """Lay two to four large papers: sheets side by side, then one or two whose outline follows that of the things."""
    rng = of.chance(2)
    wish = rng.random(len(of.inks)).astype(np.float32)
    wish[0] -= 1
    picture = np.broadcast_to(of.ink(0), of.ground.shape)
    height = np.zeros(of.shape, np.float32)
    shapes = [_sheet(of, rng) for _ in range(int(rng.integers(0, 3)))]
    shapes += [_echo(of, rng, reach) for reach in sorted(rng.uniform(16, 46, int(rng.integers(1, 3))), reverse=True)]
    # The last lies right behind the things: in an ink that they have least of, and no white, as stickers have.
    light = colour.lab(of.inks)[:, 0]
    last = wish - 6 * shares - 1.5 * step(light, 0.85, 0.95)
    papers = []
    for _ in shapes:
        likely = np.exp((last - last.max()) / 0.04)
        likely /= likely.sum()
        papers.append(likely @ of.inks)
        last = last + 1.5 * step(light, 0.85, 0.95) * (len(papers) == 1) - 3 * likely
    for number, (shape, paper) in enumerate(zip(shapes, reversed(papers), strict=True), 1):
        cover = of.cut(shape)
        picture = over(paper, cover, picture)
        height = height + (number - height) * cover * 0.7
    return picture, height


def _sheet(of: Field, rng: np.random.Generator) -> Array:
    """Return a straight cut through the picture that leans a little, as a distance (h, w)."""
    (x, y), (across, down) = of.places, of.centre
    angle = np.pi / 2 * int(rng.integers(4)) + rng.uniform(-0.09, 0.09)
    return (x - across) * np.cos(angle) + (y - down) * np.sin(angle) - rng.uniform(-40, 50)


def _echo(of: Field, rng: np.random.Generator, reach: float) -> Array:
    """Return the outline of the things, wider and simpler, in lobes as of a leaf, as a distance (h, w)."""
    (x, y), (across, down) = of.places, of.centre
    around = np.arctan2(y - down, x - across)
    lobes, deep = int(rng.integers(5, 12)), rng.choice((0, 0, 9.0, 14.0))
    way, far = rng.uniform(0, 2 * np.pi), rng.uniform(0, 18)
    wide = of.shifted(of.blur(of.away, 7), far * np.cos(way), far * np.sin(way))
    wave = deep * np.cos(lobes * around + rng.uniform(0, 6)) * step(np.hypot(x - across, y - down), 8, 60)
    return np.asarray(wide + reach + wave + 1.5 * of.cloud(40, 3), np.float32)
