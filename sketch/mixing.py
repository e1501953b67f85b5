"""What lies between two scenes: parts move, stretch and turn into each other, and no outline fades through another.

Outlines are mixed as distances, each about its part's own middle (Cohen-Or, Solomovici, Levin: Three-dimensional
distance field metamorphosis, ACM TOG 1998); what has no counterpart grows or shrinks away.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

from sketch import colour, rendering
from sketch.backdrops import backdrop
from sketch.backdrops.canvas import Numbers
from sketch.colour import Array
from sketch.parts import Part, Taken
from sketch.rendering import Drawn
from sketch.scene import Scene, Setting, Thing
from sketch.sketchbook import Sketchbook

ALONE = 1.1
"""What it costs to leave a part without a counterpart, in the units of :func:`_cost`."""

MARGIN = 10
"""Pixels around a part in which its distances are measured."""

OPEN = ("sky", "space", "plain", "pattern", "split")
"""Settings whose horizon is none that one sees."""


@dataclass(frozen=True)
class _Shape:
    """A part as it lies in the picture: its distances and colours, and the affine way from the picture to them."""

    part: Part
    thing: Thing

    @cached_property
    def distances(self) -> Array:
        """Return signed distances in the part's own pixels, with a margin around it."""
        alpha = np.pad(self.part.alpha, MARGIN)
        inside = alpha > 0.5 * max(0.02, float(alpha.max()))
        away = ndimage.distance_transform_edt(inside) - ndimage.distance_transform_edt(~inside)
        # Half-covered pixels say more precisely where the edge is.
        edge = np.abs(away) <= 1
        return np.where(edge, alpha / max(0.02, float(alpha.max())) - 0.5, away - np.sign(away) * 0.5).astype(
            np.float32
        )

    @cached_property
    def colours(self) -> Array:
        """Return colours (h, w, 3), carried on beyond the edge from the nearest place inside."""
        picture = np.pad(self.part.picture, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)))
        solid = picture[..., 3] > 0.6 * max(0.02, float(picture[..., 3].max()))
        _, (rows, columns) = ndimage.distance_transform_edt(~solid, return_indices=True)
        carried = picture[rows, columns, :3]
        if self.thing.colour:
            carried = colour.recoloured(carried, self.thing.colour, self.part.light)
        return np.ascontiguousarray(carried, np.float32)

    @cached_property
    def opacity(self) -> float:
        """Return how densely it covers, inside."""
        return float(self.part.alpha.max())

    @cached_property
    def _weights(self) -> tuple[Numbers, Numbers, Array]:
        rows, columns = np.indices(self.part.alpha.shape, np.float32)
        u = np.asarray(self.part.left + (columns + 0.5) / self.part.side, np.float32)
        v = np.asarray(self.part.top + (rows + 0.5) / self.part.side, np.float32)
        x, y = self.placed(u, v)
        return x, y, self.part.alpha

    @cached_property
    def middle(self) -> tuple[float, float]:
        """Return the middle of what it covers, as shares of the picture's side."""
        x, y, weight = self._weights
        total = float(weight.sum()) + 1e-6
        return float((x * weight).sum() / total), float((y * weight).sum() / total)

    @cached_property
    def spread(self) -> tuple[float, float]:
        """Return how wide and high it spreads about its middle."""
        x, y, weight = self._weights
        total = float(weight.sum()) + 1e-6
        mx, my = self.middle
        least = 0.3 * self.thing.size / self.part.side
        return (
            max(least, math.sqrt(float(((x - mx) ** 2 * weight).sum() / total))),
            max(least, math.sqrt(float(((y - my) ** 2 * weight).sum() / total))),
        )

    @cached_property
    def area(self) -> float:
        """Return the share of the picture that it covers."""
        return float(self.part.alpha.sum()) * (self.thing.size / self.part.side) ** 2

    @cached_property
    def tone(self) -> Array:
        """Return its mean colour in Oklab."""
        inner = self.colours[MARGIN:-MARGIN, MARGIN:-MARGIN]
        weight = self.part.alpha[..., None]
        return np.asarray((colour.lab(inner) * weight).sum((0, 1)) / (weight.sum() + 1e-6))

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of what it covers, in spreads about its middle."""
        x, y, weight = self._weights
        seen = weight > 0.3
        (mx, my), (sx, sy) = self.middle, self.spread
        if not seen.any():
            return (-2.0, -2.0, 2.0, 2.0)
        return (
            float((x[seen].min() - mx) / sx), float((y[seen].min() - my) / sy),
            float((x[seen].max() - mx) / sx), float((y[seen].max() - my) / sy),
        )  # fmt: skip

    def placed(self, u: Numbers, v: Numbers) -> tuple[Numbers, Numbers]:
        """Turn places in the drawing into places in the picture."""
        thing = self.thing
        du, dv = (u - 0.5) * thing.size, (v - 0.5) * thing.size
        if thing.mirrored:
            du = -du
        cosine, sine = math.cos(thing.turn), math.sin(thing.turn)
        return thing.x + du * cosine - dv * sine, thing.y + du * sine + dv * cosine

    def looked_up(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Return distances, as shares of the picture's side, and colours at places in the picture."""
        thing, side = self.thing, self.part.side
        dx, dy = x - thing.x, y - thing.y
        cosine, sine = math.cos(thing.turn), math.sin(thing.turn)
        du, dv = dx * cosine + dy * sine, dy * cosine - dx * sine
        if thing.mirrored:
            du = -du
        column = (du / thing.size + 0.5 - self.part.left) * side - 0.5 + MARGIN
        row = (dv / thing.size + 0.5 - self.part.top) * side - 0.5 + MARGIN
        high, wide = self.distances.shape
        beyond = np.hypot(column - column.clip(0, wide - 1), row - row.clip(0, high - 1))
        at = (row.clip(0, high - 1), column.clip(0, wide - 1))
        away = _bilinear(self.distances, *at) - beyond
        return away * (thing.size / side), _bilinear(self.colours, *at)


def _bilinear(table: Array, row: Array, column: Array) -> Array:
    """Look a table up between its places, which must lie within it."""
    top, left = row.astype(np.int32), column.astype(np.int32)
    below, right = np.minimum(top + 1, table.shape[0] - 1), np.minimum(left + 1, table.shape[1] - 1)
    down, across = (row - top).astype(np.float32), (column - left).astype(np.float32)
    if table.ndim == 3:
        down, across = down[..., None], across[..., None]
    upper = table[top, left] * (1 - across) + table[top, right] * across
    lower = table[below, left] * (1 - across) + table[below, right] * across
    return np.asarray(upper * (1 - down) + lower * down, np.float32)


@dataclass(frozen=True)
class _Change:
    """A part that turns into another, or out of or into nothing; and how high it lies over the others, 0…1."""

    first: _Shape | None
    last: _Shape | None
    first_level: float
    last_level: float

    def level(self, t: float) -> float:
        """Return how high it lies at ``t``."""
        return (1 - t) * self.first_level + t * self.last_level


class Mixture:
    """All that lies between two scenes; their drawings are taken apart and matched once."""

    def __init__(self, first: Scene, last: Scene, book: Sketchbook, taken: Taken) -> None:
        self.first, self.last, self._book = first, last, book
        self._figures = [
            (a, b, _changes(_shapes(a, taken), _shapes(b, taken))) for a, b in _paired(first.things, last.things)
        ]
        self._backdrop = lru_cache(maxsize=4)(backdrop.draw)

    def at(self, t: float, size: int) -> Drawn:
        """Draw what lies at ``t``, 0…1, between the scenes; at the ends, exactly these."""
        if t <= 0 or t >= 1:
            return rendering.draw(self.first if t <= 0 else self.last, self._book, size)
        ground = self._ground(t, size)
        light = (1 - t) * self.first.setting.light + t * self.last.setting.light
        setting = self.first.setting if t < 0.5 else self.last.setting
        colours, cover = np.zeros((size, size, 3), np.float32), np.zeros((size, size), np.float32)
        numbers = np.zeros((size, size), np.int16)
        for number, (a, b, changes) in enumerate(self._figures, 1):
            layer = np.zeros((size, size, 4), np.float32)
            for change in sorted(changes, key=lambda change: change.level(t)):
                _lay(layer, change, t, size)
            alpha = layer[..., 3]
            share = self._share(a, b, alpha, t, size)
            layer[..., :3] /= np.maximum(alpha, 1e-4)[..., None]
            rendering.lit(layer, setting, light, top=0, left=0, frame=_frame(a, b, t, size))
            rendering.cast((ground, colours), alpha, 0, 0, light=light, share=share)
            colours += (layer[..., :3] - colours) * alpha[..., None]
            cover = alpha + cover * (1 - alpha)
            numbers[alpha > 0.5] = number
        straight = np.clip(colours / np.maximum(cover, 1e-4)[..., None], 0, 1)
        return Drawn(np.concatenate([straight, cover[..., None]], -1).astype(np.float32), ground, numbers)

    def _share(self, a: Thing | None, b: Thing | None, alpha: Array, t: float, size: int) -> float:
        foot = rendering.foot_of(alpha, 0, size)
        shares = [rendering.cast_share(scene.setting, foot) for scene in (self.first, self.last)]
        growth = 1.0 if a and b else (1 - t if a else t)
        return ((1 - t) * shares[0] + t * shares[1]) * growth

    def _ground(self, t: float, size: int) -> Array:
        """Mix the backdrops, each stretched so that their horizons meet."""
        first, last = self.first.setting, self.last.setting
        level = (1 - t) * _horizon(first, last) + t * _horizon(last, first)
        drawn = [_stretched(self._backdrop(each, size), _horizon(each, other), level)
                 for each, other in ((first, last), (last, first))]  # fmt: skip
        return np.asarray((1 - t) * drawn[0] + t * drawn[1], np.float32)


def _frame(a: Thing | None, b: Thing | None, t: float, size: int) -> tuple[float, float, float]:
    """Return the middle and side of a thing on its way, in pixels."""
    ends = (a or b, b or a)
    assert ends[0] is not None and ends[1] is not None  # noqa: S101 - one of the two is there
    x, y, side = ((1 - t) * getattr(ends[0], name) + t * getattr(ends[1], name) for name in ("x", "y", "size"))
    return x * size, y * size, side * size


def _horizon(setting: Setting, other: Setting) -> float:
    if setting.kind not in OPEN:
        return min(0.95, max(0.05, setting.horizon))
    return min(0.95, max(0.05, other.horizon)) if other.kind not in OPEN else 0.6


def _stretched(picture: Array, horizon: float, level: float) -> Array:
    """Move the horizon of a backdrop to another height."""
    if abs(horizon - level) < 1e-3:
        return picture
    size = picture.shape[0]
    at = (np.arange(size, dtype=np.float32) + 0.5) / size
    seen = np.where(at < level, at * (horizon / level), 1 - (1 - at) * ((1 - horizon) / (1 - level)))
    row = (seen * size - 0.5).clip(0, size - 1)
    top = row.astype(np.int32)
    part = (row - top)[:, None, None].astype(np.float32)
    return np.asarray(picture[top] * (1 - part) + picture[np.minimum(top + 1, size - 1)] * part, np.float32)


def _paired(first: Sequence[Thing], last: Sequence[Thing]) -> list[tuple[Thing | None, Thing | None]]:
    """Pair the things of two scenes by place and size; some stay alone. Those of the first come in their order."""
    if not first or not last:
        return [(thing, None) for thing in first] + [(None, thing) for thing in last]
    cost = np.array([
        [math.hypot(a.x - b.x, a.y - b.y) + 0.5 * abs(math.log(a.size / b.size)) - 0.3 * (a.drawing == b.drawing)
         for b in last] for a in first
    ])  # fmt: skip
    rows, columns = linear_sum_assignment(cost)
    partner = dict(zip(rows.tolist(), columns.tolist(), strict=True))
    pairs: list[tuple[Thing | None, Thing | None]] = [
        (thing, last[partner[at]] if at in partner else None) for at, thing in enumerate(first)
    ]
    met = set(partner.values())
    return pairs + [(None, thing) for at, thing in enumerate(last) if at not in met]


def _shapes(thing: Thing | None, taken: Taken) -> list[_Shape]:
    return [] if thing is None else [_Shape(part, thing) for part in taken.of(thing.drawing)]


def _changes(first: list[_Shape], last: list[_Shape]) -> list[_Change]:
    """Match the parts of two things: the largest with the largest, the others by place, size and colour."""
    changes = []
    levels = [[at / max(1, len(shapes)) for at in range(len(shapes))] for shapes in (first, last)]
    if first and last:
        cost = np.array([[_cost(a, b) for b in last] for a in first])
        cost[_largest(first), _largest(last)] = -1.0
        # Beyond the real ones stand places for being alone.
        n, m = cost.shape
        padded = np.full((n + m, n + m), ALONE)
        padded[:n, :m] = cost
        padded[n:, m:] = 0.0
        rows, columns = linear_sum_assignment(padded)
        pairs = {int(a): int(b) for a, b in zip(rows, columns, strict=True) if a < n and b < m}
    else:
        pairs = {}
    for at, shape in enumerate(first):
        other = pairs.get(at)
        level = levels[0][at]
        changes.append(
            _Change(shape, None if other is None else last[other], level, level if other is None else levels[1][other])
        )
    met = set(pairs.values())
    changes += [_Change(None, shape, levels[1][at], levels[1][at]) for at, shape in enumerate(last) if at not in met]
    return changes


def _largest(shapes: list[_Shape]) -> int:
    return max(range(len(shapes)), key=lambda at: shapes[at].area)


def _cost(a: _Shape, b: _Shape) -> float:
    """Say how unlike two parts are: in place within their things, in size, in colour."""
    ax, ay = (a.middle[0] - a.thing.x) / a.thing.size, (a.middle[1] - a.thing.y) / a.thing.size
    bx, by = (b.middle[0] - b.thing.x) / b.thing.size, (b.middle[1] - b.thing.y) / b.thing.size
    away = math.hypot(ax - bx, ay - by)
    sizes = abs(math.log((a.area / a.thing.size**2 + 1e-5) / (b.area / b.thing.size**2 + 1e-5)))
    return 2.2 * away + 0.28 * sizes + 1.4 * float(np.linalg.norm(a.tone - b.tone))


def _lay(layer: Array, change: _Change, t: float, size: int) -> None:
    """Lay one part, at ``t`` of its way, over what is there: premultiplied (size, size, 4)."""
    a, b = change.first, change.last
    whole = a or b
    if whole is None:
        return
    start, end = a or whole, b or whole
    grow = 1.0
    if a is None or b is None:
        grow = (1 - t if b is None else t) ** 0.8
        if grow < 0.05:
            return
    (ax, ay), (bx, by) = start.middle, end.middle
    mx, my = (1 - t) * ax + t * bx, (1 - t) * ay + t * by
    sx = math.exp((1 - t) * math.log(start.spread[0]) + t * math.log(end.spread[0])) * grow
    sy = math.exp((1 - t) * math.log(start.spread[1]) + t * math.log(end.spread[1])) * grow
    boxes = (start.box, end.box)
    reach = 2.5 / size
    left, right = mx + min(box[0] for box in boxes) * sx - reach, mx + max(box[2] for box in boxes) * sx + reach
    top, bottom = my + min(box[1] for box in boxes) * sy - reach, my + max(box[3] for box in boxes) * sy + reach
    rows = slice(max(0, int(top * size)), min(size, math.ceil(bottom * size)))
    columns = slice(max(0, int(left * size)), min(size, math.ceil(right * size)))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    y = ((np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) / size)[:, None]
    x = ((np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5) / size)[None, :]
    u, v = np.broadcast_arrays((x - mx) / sx, (y - my) / sy)
    scale = math.sqrt(sx * sy)
    away, colours = _seen(start, u, v, scale)
    opacity = start.opacity
    if a is not None and b is not None:
        further, others = _seen(end, u, v, scale)
        away, colours = (1 - t) * away + t * further, (1 - t) * colours + t * others
        opacity = (1 - t) * opacity + t * end.opacity
    cover = np.clip(away * size + 0.5, 0, 1) * opacity
    held = layer[rows, columns]
    held[..., :3] += (colours - held[..., :3]) * cover[..., None]
    held[..., 3] += (1 - held[..., 3]) * cover


def _seen(shape: _Shape, u: Array, v: Array, scale: float) -> tuple[Array, Array]:
    """Look a part up at places about its middle, in its spreads; distances are brought to a spread of ``scale``."""
    (mx, my), (sx, sy) = shape.middle, shape.spread
    away, colours = shape.looked_up(mx + u * sx, my + v * sy)
    return away * (scale / math.sqrt(sx * sy)), colours


def mixed(first: Array, last: Array, t: float) -> Array:
    """Mix two sketches (4, n, n) by a straight line, where there are no parts: photos, a finger's drawing."""
    return np.asarray((1 - t) * first + t * last, np.float32)
