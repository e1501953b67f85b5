"""Pictures between two scenes: parts move, stretch and change into each other, without crossfading outlines.

Outlines are mixed as distance fields, each about its part's centre (Cohen-Or, Solomovici, Levin: Three-dimensional
distance field metamorphosis, ACM TOG 1998). A part without a counterpart grows or shrinks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
import scipy  # which imports its optimize when that is used
from numpy.typing import NDArray

from sketch import rendering
from sketch.backdrops import backdrop
from sketch.backdrops.canvas import Numbers
from sketch.colour import Array
from sketch.compositions import composing
from sketch.compositions.composing import Conditions
from sketch.compositions.composition import Composition
from sketch.compositions.layouts import Layers
from sketch.framing import Frame, Size
from sketch.layers import channels
from sketch.layers.drawn import Drawn
from sketch.lighting.form import Form
from sketch.lighting.light import Light, fall, gather, mean
from sketch.lighting.shadow import Shadow, cast
from sketch.painterly import composing as painterly
from sketch.parts import PartCache
from sketch.scene import Scene, Setting, Thing
from sketch.shapes import Seen, Shape
from sketch.sketchbook import Sketchbook
from sketch.surroundings import PHOTO

Kind = TypeVar("Kind")

ALONE = 1.1
"""The cost of leaving a part without a counterpart, in units of :func:`_cost`."""

PASSING = 0.12
"""How long a part fades over another before and after they swap their order, as a share of the transition."""

OPEN = ("sky", "space", "plain", "pattern", "split", PHOTO)
"""Settings without a visible horizon."""


@dataclass(frozen=True)
class _Change:
    """A part that changes into another, appears (no ``first``) or vanishes; levels are its drawing order, 0…1."""

    first: Shape | None
    last: Shape | None
    first_level: float
    last_level: float

    def level(self, t: float) -> float:
        """Return its drawing order at ``t``: 0 is the lowest part, 1 the highest."""
        return (1 - t) * self.first_level + t * self.last_level

    def passes(self, other: _Change) -> bool:
        """Return whether this part and another swap their drawing order during the transition."""
        return (self.first_level - other.first_level) * (self.last_level - other.last_level) < 0

    def over(self, other: _Change, t: float) -> float:
        """Return how far this part hides another below it at ``t``: 0.5 where they swap order, 1 before and after.

        Without this, parts would jump from one frame to the next.
        """
        if not self.passes(other):
            return 1.0
        before, after = self.first_level - other.first_level, self.last_level - other.last_level
        met = before / (before - after)
        return min(1.0, 0.5 + 0.5 * abs(t - met) / min(PASSING, met if t < met else 1 - met))


class Mixture:
    """The transition between two scenes, whose things are split into parts and matched once."""

    def __init__(self, first: Scene, last: Scene, book: Sketchbook, part_cache: PartCache) -> None:
        self.first, self.last, self._book, self._part_cache = first, last, book, part_cache
        self._figures = [
            (a, b, _changes(_shapes(a, part_cache), _shapes(b, part_cache)))
            for a, b in _pair(first.things, last.things)
        ]
        self._backdrop = lru_cache(maxsize=4)(backdrop.draw)
        self._in_frame = lru_cache(maxsize=2)(self._fit)
        self._layered = lru_cache(maxsize=1)(self._draw)

    def at(self, t: float, size: Size) -> Drawn:
        """Return the picture at ``t``, 0…1, of the transition, at a size in pixels; at 0 and 1 that of a scene."""
        if t <= 0 or t >= 1:
            return rendering.draw(self.first if t <= 0 else self.last, self._book, size)
        frame = Frame.from_size(size)
        if any(self._graphic):
            return self._compose(frame, t)
        return self._set_up(frame, t)

    def _set_up(self, frame: Frame, t: float) -> Drawn:
        """Return the picture at ``t`` cropped to a frame, in the painterly setup if one of the scenes has it."""
        mixture = self._in_frame(frame)
        return frame.cut(mixture._paint(mixture._layered(t, frame.side), t))

    def _fit(self, frame: Frame) -> Mixture:
        if frame.is_square:
            return self
        return Mixture(
            frame.fit(self.first, self._book), frame.fit(self.last, self._book), self._book, self._part_cache
        )

    @property
    def _graphic(self) -> tuple[bool, bool]:
        first, last = (scene.composition for scene in (self.first, self.last))
        return first is not None and first.is_graphic, last is not None and last.is_graphic

    def _light(self, t: float) -> Light:
        return mean(
            (Light.from_setting(scene.setting), share) for scene, share in ((self.first, 1 - t), (self.last, t))
        )

    def _draw(self, t: float, size: int) -> Drawn:
        """Return the things at ``t`` in front of their background, ``size`` pixels a side, without compositions."""
        ground = self._ground(t, size)
        light = self._light(t)
        gather(light, ground)
        colours, cover = np.zeros((size, size, 3), np.float32), np.zeros((size, size), np.float32)
        numbers = np.zeros((size, size), np.int16)
        for number, (a, b, changes) in enumerate(self._figures, 1):
            layer = np.zeros((size, size, 4), np.float32)
            laid: list[tuple[_Change, _Cover]] = []
            for change in sorted(changes, key=lambda change: change.level(t)):
                part = _cover(change, t, size)
                if part is None:
                    continue
                passing = [(under, change.over(other, t)) for other, under in laid if change.passes(other)]
                _lay(layer, part, [(under, seen) for under, seen in passing if seen < 1])
                laid.append((change, part))
            alpha = layer[..., 3]
            rows, columns = _box(alpha)
            seen = layer[rows, columns]
            channels.divide(seen[..., :3], np.maximum(seen[..., 3], 1e-4))
            form = Form(alpha[rows, columns], rows.start, columns.start, size)
            fall(light, seen, form, ground, _frame(a, b, t, size))
            # Behind the first thing there are no others to darken.
            under = (ground,) if number == 1 else (ground, colours)
            cast(under, form, light=light, shadow=self._shadow(a, b, form, t))
            share = alpha[rows, columns]
            channels.lay(colours[rows, columns], seen[..., :3], share)
            cover[rows, columns] += (1 - cover[rows, columns]) * share
            numbers[rows, columns][share > 0.5] = number
        channels.divide(colours, np.maximum(cover, 1e-4))
        things = np.concatenate([np.clip(colours, 0, 1), cover[..., None]], -1)
        return Drawn(things, ground, numbers, self._unoutlined(t))

    def _paint(self, drawn: Drawn, t: float) -> Drawn:
        """Return a picture drawn at ``t`` in the painterly setup if one of the scenes has it, else unchanged."""
        shares = ((self.first, 1 - t), (self.last, t))
        if all(scene.composition is None or scene.composition.is_graphic for scene, _ in shares):
            return drawn
        ends = [(scene.setting, scene.composition.seed if scene.composition else 0, share) for scene, share in shares]
        return painterly.compose(drawn, ends, requested=self._requested_colours(t))

    def _requested_colours(self, t: float) -> Array | None:
        """Return for which things a colour was requested at ``t`` (n + 1,), 0…1, the ground first; None if for none."""
        shares = [0.0]
        for a, b, _ in self._figures:
            first, last = (bool(end is not None and end.colour) for end in (a or b, b or a))
            shares.append((1 - t) * first + t * last)
        return np.array(shares, np.float32) if any(shares) else None

    def _compose(self, frame: Frame, t: float) -> Drawn:
        """Return the picture at ``t`` in a frame, with each graphic scene redrawn in the marks of its style."""
        ends, graphic = (self.first, self.last), self._graphic
        drawn = None if all(graphic) else self._set_up(frame, t)
        places = [composing.place_share(scene.setting.kind) for scene in ends]

        def layers(composition: Composition) -> Layers:
            if composing.is_repeated(composition) and not frame.is_square:
                shown = self._layered(t, frame.short)
            else:
                shown = frame.cut(self._in_frame(frame)._layered(t, frame.side))
            return shown.things, shown.ground, shown.numbers

        is_place = (1 - t) * places[0] + t * places[1]
        shape, requested = (frame.height, frame.width), self._requested_colours(t)
        conditions = Conditions(self._light(t).side, is_place, shape, requested)
        picture, numbers, turned = composing.compose_between(
            layers,
            None if drawn is None else (drawn.picture, drawn.numbers),
            [scene.composition for scene in ends],
            t,
            conditions,
            cell=self._cell,
        )
        share = (1 - turned) * (not graphic[0]) + turned * (not graphic[1])
        whole = rendering.as_ground(picture, numbers, self._unoutlined(t))
        if drawn is not None:  # where the painted scene is still seen, its things remain in front of that ground
            whole.things[..., :3], whole.things[..., 3] = drawn.things[..., :3], drawn.things[..., 3] * share
        return replace(whole, graphic=1 - np.asarray(share, np.float32), turned=turned)

    def _cell(self, t: float, size: int) -> Layers:
        """Return things, ground and numbers of the square scene at ``t``, 0 and 1 included, without compositions."""
        if 0 < t < 1:
            drawn = self._draw(t, size)
        else:
            drawn = rendering.draw_layers(self.first if t <= 0 else self.last, self._book, size)
        return drawn.things, drawn.ground, drawn.numbers

    def _unoutlined(self, t: float) -> float:
        ends = (self.first.setting, 1 - t), (self.last.setting, t)
        return sum(share * rendering.unoutlined_share(setting) for setting, share in ends)

    def _shadow(self, a: Thing | None, b: Thing | None, form: Form, t: float) -> Shadow:
        first, last = (Shadow.from_setting(scene.setting, form.lowest) for scene in (self.first, self.last))
        return first.mix(last, t, 1.0 if a and b else (1 - t if a else t))

    def _ground(self, t: float, size: int) -> Array:
        """Return the mix of both backgrounds (size, size, 3), each stretched so that their horizons meet."""
        first, last = self.first.setting, self.last.setting
        level = (1 - t) * _horizon(first, last) + t * _horizon(last, first)
        drawn = [
            _stretch(self._backdrop(each, size), _horizon(each, other), level)
            for each, other in ((first, last), (last, first))
        ]
        return np.asarray((1 - t) * drawn[0] + t * drawn[1], np.float32)


def _box(alpha: Array) -> tuple[slice, slice]:
    """Return the rows and columns of the non-zero part of an array (h, w); those of one pixel if all is zero."""
    indices = [np.flatnonzero(alpha.any(axis)) for axis in (1, 0)]
    rows, columns = (slice(int(each[0]), int(each[-1]) + 1) if len(each) else slice(0, 1) for each in indices)
    return rows, columns


def _frame(a: Thing | None, b: Thing | None, t: float, size: int) -> tuple[float, float, float]:
    """Return the centre (x, y) and the side of a thing at ``t``, in pixels; ``a`` or ``b`` may be None."""
    ends = (a or b, b or a)
    assert ends[0] is not None and ends[1] is not None  # noqa: S101 - at least one of the two exists
    x, y, side = ((1 - t) * getattr(ends[0], name) + t * getattr(ends[1], name) for name in ("x", "y", "size"))
    return x * size, y * size, side * size


def _horizon(setting: Setting, other: Setting) -> float:
    if setting.kind not in OPEN:
        return min(0.95, max(0.05, setting.horizon))
    return min(0.95, max(0.05, other.horizon)) if other.kind not in OPEN else 0.6


def _stretch(picture: Array, horizon: float, level: float) -> Array:
    """Return a background (n, n, 3) whose horizon is moved to the y ``level``; both are shares of the side."""
    if abs(horizon - level) < 1e-3:
        return picture
    size = picture.shape[0]
    at = (np.arange(size, dtype=np.float32) + 0.5) / size
    seen = np.where(at < level, at * (horizon / level), 1 - (1 - at) * ((1 - horizon) / (1 - level)))
    row = (seen * size - 0.5).clip(0, size - 1)
    top = row.astype(np.int32)
    part = (row - top)[:, None, None].astype(np.float32)
    return np.asarray(picture[top] * (1 - part) + picture[np.minimum(top + 1, size - 1)] * part, np.float32)


def _pair(first: Sequence[Thing], last: Sequence[Thing]) -> list[tuple[Thing | None, Thing | None]]:
    """Return the things of two scenes in pairs, alike in place and size; None stands for a missing partner."""
    if not first or not last:
        return [(thing, None) for thing in first] + [(None, thing) for thing in last]
    cost = np.array(
        [
            [
                math.hypot(a.x - b.x, a.y - b.y) + 0.5 * abs(math.log(a.size / b.size)) - 0.3 * (a.drawing == b.drawing)
                for b in last
            ]
            for a in first
        ]
    )
    return _partners(first, last, _assign(cost))


def _assign(cost: NDArray[np.floating]) -> dict[int, int]:
    """Return the column of each row (of as many as have one) in the pairs that cost least in total."""
    rows, columns = scipy.optimize.linear_sum_assignment(cost)
    return dict(zip(rows.tolist(), columns.tolist(), strict=True))


def _partners(
    first: Sequence[Kind], last: Sequence[Kind], pairs: Mapping[int, int]
) -> list[tuple[Kind | None, Kind | None]]:
    """Return all of ``first`` with their partners, by the numbers in ``pairs``, and those of ``last`` without one."""
    met = set(pairs.values())
    found: list[tuple[Kind | None, Kind | None]] = [
        (each, last[pairs[at]] if at in pairs else None) for at, each in enumerate(first)
    ]
    return found + [(None, each) for at, each in enumerate(last) if at not in met]


def _shapes(thing: Thing | None, part_cache: PartCache) -> list[Shape]:
    return [] if thing is None else [Shape(part, thing) for part in part_cache.parts(thing.drawing)]


def _changes(first: list[Shape], last: list[Shape]) -> list[_Change]:
    """Return the changes of two things' parts: the largest are matched, others by place, size and colour, or not."""
    pairs: dict[int, int] = {}
    if first and last:
        cost = np.array([[_cost(a, b) for b in last] for a in first])
        cost[_largest(first), _largest(last)] = -1.0
        # The padding lets a part stay without a counterpart.
        n, m = cost.shape
        padded = np.full((n + m, n + m), ALONE)
        padded[:n, :m] = cost
        padded[n:, m:] = 0.0
        pairs = {a: b for a, b in _assign(padded).items() if a < n and b < m}
    ends = [[(shape, at / len(shapes)) for at, shape in enumerate(shapes)] for shapes in (first, last)]
    changes = []
    for a, b in _partners(ends[0], ends[1], pairs):
        start, end = a or b, b or a
        assert start is not None and end is not None  # noqa: S101 - at least one of the two exists
        changes.append(_Change(a and a[0], b and b[0], start[1], end[1]))
    return changes


def _largest(shapes: list[Shape]) -> int:
    return max(range(len(shapes)), key=lambda at: shapes[at].area)


def _cost(a: Shape, b: Shape) -> float:
    """Return how different two parts are, by place within their things, size and colour; 0 for equal parts."""
    ax, ay = (a.middle[0] - a.thing.x) / a.thing.size, (a.middle[1] - a.thing.y) / a.thing.size
    bx, by = (b.middle[0] - b.thing.x) / b.thing.size, (b.middle[1] - b.thing.y) / b.thing.size
    away = math.hypot(ax - bx, ay - by)
    sizes = abs(math.log((a.area / a.thing.size**2 + 1e-5) / (b.area / b.thing.size**2 + 1e-5)))
    return 2.2 * away + 0.28 * sizes + 1.4 * float(np.linalg.norm(a.tone - b.tone))


@dataclass(frozen=True, slots=True)
class _Cover:
    """A part in some rows and columns of a picture: its coverage of each pixel (h, w), 0…1, and colours (h, w, 3)."""

    rows: slice
    columns: slice
    share: Array
    colours: Array


def _lay(layer: Array, part: _Cover, under: Sequence[tuple[_Cover, float]]) -> None:
    """Blend a part over a premultiplied layer (size, size, 4) in place; ``under`` says how far it hides lower parts."""
    share = part.share
    for other, seen in under:
        rows = slice(max(part.rows.start, other.rows.start), min(part.rows.stop, other.rows.stop))
        columns = slice(max(part.columns.start, other.columns.start), min(part.columns.stop, other.columns.stop))
        if rows.start < rows.stop and columns.start < columns.stop:
            share = share.copy() if share is part.share else share
            share[_within(rows, part.rows), _within(columns, part.columns)] *= (
                1 - (1 - seen) * other.share[_within(rows, other.rows), _within(columns, other.columns)]
            )
    area = layer[part.rows, part.columns]
    channels.lay(area, part.colours, share)
    area[..., 3] += (1 - area[..., 3]) * share


def _within(span: slice, whole: slice) -> slice:
    return slice(span.start - whole.start, span.stop - whole.start)


def _cover(change: _Change, t: float, size: int) -> _Cover | None:
    """Return a part's coverage and colours at ``t`` in a picture ``size`` pixels a side; None if it is not visible."""
    a, b = change.first, change.last
    whole = a or b
    if whole is None:
        return None
    start, end = a or whole, b or whole
    grow = 1.0
    if a is None or b is None:
        grow = (1 - t if b is None else t) ** 0.8
        if grow < 0.05:
            return None
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
        return None
    y = ((np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) / size)[:, None]
    x = ((np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5) / size)[None, :]
    u, v = (x - mx) / sx, (y - my) / sy
    scale = math.sqrt(sx * sy)
    seen, stretch = _sample(start, u, v, scale)
    away, opacity = seen.away * stretch, start.opacity
    ends = [seen]
    if a is not None and b is not None:
        further, stretch = _sample(end, u, v, scale)
        away = (1 - t) * away + t * (further.away * stretch)
        opacity = (1 - t) * opacity + t * end.opacity
        ends.append(further)
    share = np.minimum(np.maximum(away * size + 0.5, 0), 1) * opacity
    # Looking up colours takes longest, and most of a part's box is not covered.
    where = np.flatnonzero(share)
    looked_up = [each.colours(where) for each in ends]
    colours = np.zeros((share.size, 3), np.float32)
    colours[where] = looked_up[0] if len(ends) == 1 else (1 - t) * looked_up[0] + t * looked_up[1]
    return _Cover(rows, columns, share, colours.reshape(*share.shape, 3))


def _sample(shape: Shape, u: Numbers, v: Numbers, scale: float) -> tuple[Seen, float]:
    """Return a part at places u, v, in units of its spread, and the factor that scales its distances to ``scale``."""
    (mx, my), (sx, sy) = shape.middle, shape.spread
    return shape.sample(mx + u * sx, my + v * sy), scale / math.sqrt(sx * sy)


def mix_sketches(first: Array, last: Array, t: float) -> Array:
    """Return the linear mix of two sketches (4, n, n) at ``t``, 0…1; used where there are no parts, as in photos."""
    return np.asarray((1 - t) * first + t * last, np.float32)
