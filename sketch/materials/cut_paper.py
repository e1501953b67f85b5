"""Cut paper: few papers with simplified outlines, laid over one another on large shapes that echo the things."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sketch import colour
from sketch.colour import Array
from sketch.marks.field import Field, over, step

SMOOTH = 3.0
"""Units by which outlines of papers are simplified."""

STRESS = np.array([1, 1.5, 1.5], np.float32)
"""How much lightness, and hue, count."""

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
    place = _place(of)
    own = _papers(of, body, place)
    shares = (own * body).sum((1, 2)) / (body.sum() + 1e-3)
    ground, height = _ground(of, place, shares)
    above = np.tensordot(np.linspace(3, 6, len(of.inks), dtype=np.float32), own, 1)
    height = height + (above - height) * body
    picture = over(np.tensordot(own, of.inks, ((0,), (0,))), body, ground)
    lean = of.side or -0.5
    thrown = of.blur(of.shifted(height, -1.8 * np.sign(lean), 2.2), 1.4) - height
    shadow = np.clip(thrown, 0, 1.5) / 1.5
    picture = picture * (1 - 0.36 * shadow[..., None])
    return np.asarray(picture * (1 + 0.012 * of.cloud(5, 9))[..., None], np.float32)


def _weights(of: Field, lab: Array, unlike: Array | None, within: Array | float, smooth: float) -> Array:
    """Return for each ink how far it is the paper at each pixel (n, h, w), with simplified outlines.

    Inks are as ``unlike`` (n, h, w) as that more; what is not ``within`` (h, w) has no say in the outlines.
    """
    inks, own = colour.lab(of.inks) * STRESS, lab * STRESS
    apart = (inks**2).sum(1)[:, None] - 2 * inks @ own.reshape(-1, 3).T
    apart = apart.reshape(-1, *of.shape)
    if unlike is not None:
        apart = apart + unlike
    likely = np.exp((apart.min(0) - apart) / 0.006)
    likely *= within / likely.sum(0)
    likely = np.stack([of.blur(each, smooth) for each in likely])
    likely /= np.maximum(likely.sum(0), 1e-3)
    sharp = np.exp((likely - likely.max(0)) * _steepness(of, likely))
    return np.asarray(sharp / sharp.sum(0), np.float32)


def _steepness(of: Field, likely: Array) -> Array:
    """Return what shares (n, h, w) have to be multiplied by for edges of papers to be a pixel soft."""
    from scipy import ndimage

    first, second = likely[0], np.zeros(of.shape, np.float32)
    for each in likely[1:]:
        second, first = np.maximum(second, np.minimum(first, each)), np.maximum(first, each)
    slopes = ndimage.maximum_filter(np.hypot(*of.slopes(first - second)), 3)
    return np.asarray(4 / (np.maximum(slopes, 0.012) * of.pixel), np.float32)


def _papers(of: Field, body: Array, place: Array | None) -> Array:
    """Return for each ink how far it is the paper of the things (n, h, w), rather not that of the place behind."""
    lab = of.lab.copy()
    lab[..., 0] = 0.55 * lab[..., 0] + 0.45 * of.tone + 0.05 * of.shade
    unlike = np.zeros((len(of.inks), 1, 1), np.float32)
    unlike[0] = 0.12 * (1 - of.is_place)
    if place is not None:
        behind = (place * body).sum((1, 2)) / (body.sum() + 1e-3)
        unlike = unlike + 0.09 * of.is_place * behind[:, None, None]
    return _weights(of, lab, unlike, body, SMOOTH * 0.7)


def _place(of: Field) -> Array | None:
    """Return for each ink how far it is the paper of a place (n, h, w); None where no place is to be seen."""
    if of.is_place == 0:
        return None
    return _weights(of, colour.lab(of.ground), None, 1.0, SMOOTH * 1.6)


def _ground(of: Field, place: Array | None, shares: Array) -> tuple[Array, Array]:
    """Return the papers of the ground (h, w, 3) and how high they lie (h, w): a place, or shapes that echo things."""
    picture, height = _shapes(of, shares)
    if place is None:
        return picture, height
    above = np.tensordot(np.linspace(0, 1.5, len(of.inks), dtype=np.float32), place, 1)
    picture = picture + (np.tensordot(place, of.inks, ((0,), (0,))) - picture) * of.is_place
    return np.asarray(picture, np.float32), height + (above - height) * of.is_place


def _shapes(of: Field, shares: Array) -> tuple[Array, Array]:
    """Lay one to four large papers: sheets side by side, then a leaf, or one whose outline follows that of things."""
    rng = of.chance(2)
    order = rng.permutation(np.arange(1, len(of.inks)))
    shapes = [_sheet(of, rng) for _ in range(int(rng.integers(0, 3)))]
    if rng.random() < 0.4 or not shapes:
        shapes.append(_leaf(of, rng))
    if rng.random() < 0.75:
        shapes.append(_echo(of, rng))
    papers = [of.ink(int(order[number])) for number in range(len(shapes) - 1)]
    papers.append(_last(of, order[len(papers) :], shares))
    picture = np.broadcast_to(of.ink(0), of.ground.shape)
    height = np.zeros(of.shape, np.float32)
    for number, (shape, paper) in enumerate(zip(shapes, papers, strict=True), 1):
        cover = of.cut(shape)
        picture = over(paper, cover, picture)
        height = height + (number - height) * cover * 0.7
    return picture, height


def _last(of: Field, left: NDArray[np.int64], shares: Array) -> Array:
    """Choose the paper right behind the things: an ink they have little of, and no white, as stickers have."""
    light = colour.lab(of.inks)[left, 0]
    wish = np.linspace(0.5, 0, len(left)) - 2.5 * shares[left] - step(light, 0.85, 0.95)
    likely = np.exp((wish - wish.max()) / 0.07)
    return np.asarray(likely @ of.inks[left] / likely.sum(), np.float32)


def _sheet(of: Field, rng: np.random.Generator) -> Array:
    """Return a straight cut through the picture that leans a little, as a distance (h, w)."""
    (x, y), (across, down) = of.places, of.centre
    angle = np.pi / 2 * int(rng.integers(4)) + rng.uniform(-0.09, 0.09)
    return np.asarray((x - across) * np.cos(angle) + (y - down) * np.sin(angle) - rng.uniform(-40, 50), np.float32)


def _leaf(of: Field, rng: np.random.Generator) -> Array:
    """Return a leaf in lobes that grows from behind the things to one side, as a distance (h, w)."""
    (x, y), (across, down) = of.places, of.centre
    way, far = rng.uniform(0, 2 * np.pi), rng.uniform(18, 60)
    u, v = x - across - far * np.cos(way), y - down - far * np.sin(way)
    lobes, deep = int(rng.integers(5, 10)), rng.uniform(0.16, 0.36)
    wave = 1 - deep + deep * np.cos(lobes * (np.arctan2(v, u) + rng.uniform(0, 6)))
    return np.asarray(0.7 * (rng.uniform(72, 112) * wave - np.hypot(u, v)), np.float32)


def _echo(of: Field, rng: np.random.Generator) -> Array:
    """Return the outline of the things, wider, simpler and moved aside, perhaps in lobes, as a distance (h, w)."""
    (x, y), (across, down) = of.places, of.centre
    around = np.arctan2(y - down, x - across)
    lobes, deep = int(rng.integers(5, 12)), float(rng.choice((0, 0, 9, 14)))
    way, far = rng.uniform(0, 2 * np.pi), rng.uniform(6, 26)
    wide = of.shifted(of.blur(of.away, 10), far * np.cos(way), far * np.sin(way))
    wave = deep * np.cos(lobes * around + rng.uniform(0, 6)) * step(np.hypot(x - across, y - down), 8, 60)
    return np.asarray(wide + rng.uniform(14, 34) + wave + 1.5 * of.cloud(40, 3), np.float32)
