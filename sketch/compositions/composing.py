"""Draw a scene in its composition: arrange it in a layout, and redraw it in the marks of one or two compositions."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sketch import colour
from sketch.colour import Array
from sketch.compositions import dyeing, layouts, turning
from sketch.compositions.composition import Composition
from sketch.compositions.layouts import Laid, Layers
from sketch.compositions.register import STYLES
from sketch.layers import channels
from sketch.marks.field import Field

FLAT = ("plain", "split", "pattern")
"""Settings that show no place: a graphic style ignores them and draws its own ground instead."""


def choose(marks: str, *, seed: int, walk_seed: int | None = None, colours: Sequence[str] = ()) -> Composition:
    """Return a random composition in the style ``marks``, a key of :data:`STYLES`; others raise KeyError.

    ``seed`` decides the inks, ``walk_seed`` all else, so that a whole walk shares a layout; it is ``seed`` by default.
    ``colours`` are the names, in ``colour.NAMED``, of the colours requested for things. If there are any, inks come
    from one of the two sets nearest to them, and are recoloured where the style allows it.
    """
    style = STYLES[marks]
    whole = seed if walk_seed is None else walk_seed
    rng = random.Random(f"composition:{whole}")  # noqa: S311 - a reproducible random sequence
    layout, rows, columns, _ = rng.choices(style.layouts, [share for *_, share in style.layouts])[0]
    tilt = rng.choice((-1, 1)) * rng.uniform(*style.tilts) if layout == "tilted" else 0.0
    able = sorted(style.inks, key=partial(_apart, colours, style.own))[:2] if colours else style.inks
    inks = random.Random(f"inks:{seed}").choice(able)  # noqa: S311 - a reproducible random sequence
    if colours and style.is_dyed:
        inks = dyeing.dye(inks, colours, own=style.own)
    return Composition(
        marks,
        layout,
        rows=rows,
        columns=columns,
        inks=inks,
        tilt=tilt,
        scale=rng.uniform(0.88, 1.15),
        seed=rng.getrandbits(24),
    )


def _apart(colours: Sequence[str], own: Sequence[int], inks: Sequence[str]) -> float:
    """Return the distance in Oklab between named colours and a set of inks: the sum of those to the nearest inks.

    Only inks with the numbers ``own`` count; if it is empty, all but the first. Without such inks it is infinity.
    """
    shown = [inks[number] for number in own if number < len(inks)] if own else inks[1:]
    if not shown:
        return math.inf
    tones = [colour.tone(colour.parse_hex(ink)) for ink in shown]
    wanted = [colour.tone(colour.polar(*colour.NAMED[name])) for name in colours]
    return sum(min(math.dist(one, tone) for tone in tones) for one in wanted)


def place_share(kind: str) -> float:
    """Return 1.0 if a kind of setting shows a place, such as hills, or 0.0 if it is flat, such as a plain wall."""
    return float(kind not in FLAT)


def is_repeated(composition: Composition) -> bool:
    """Return whether each cell of a composition shows a whole, square scene, whatever the picture's shape."""
    return composition.is_graphic and composition.layout in layouts.REPEATED


@dataclass(frozen=True, slots=True)
class Conditions:
    """What decides how a scene is redrawn, beside its layers and its composition.

    ``side`` is where the light comes from, -1 (left) to 1 (right); ``is_place`` is how far the ground shows a place.
    ``shape`` is the picture's height and width; the layers have others if they are squares, to be shown in cells.
    ``requested`` (n + 1,) holds for each thing how far a colour was requested for it, 0…1; index 0 is the ground.
    """

    side: float
    is_place: float
    shape: tuple[int, int]
    requested: Array | None = None


def compose(layers: Layers, composition: Composition, conditions: Conditions) -> tuple[Array, NDArray[np.int16]]:
    """Return the picture (h, w, 3), sRGB 0…1, and the number of the thing in front (h, w), from 1; 0 is the ground."""
    laid = layouts.lay(layers, layouts.in_frame(composition, *conditions.shape), conditions.shape)
    return _redrawn(laid, composition, conditions)


def _redrawn(laid: Laid, composition: Composition, conditions: Conditions) -> tuple[Array, NDArray[np.int16]]:
    return _mark(_field(laid, composition, conditions), composition), laid.numbers


def _field(laid: Laid, composition: Composition, conditions: Conditions) -> Field:
    """Return the field that a style draws from, in a composition's inks."""
    own = None if conditions.requested is None else conditions.requested[laid.numbers]
    return Field(
        laid.things,
        laid.ground,
        laid.cells,
        inks=_inks(composition),
        side=conditions.side,
        is_place=conditions.is_place,
        scale=composition.scale,
        seed=composition.seed,
        requested=own,
    )


def _mark(field: Field, composition: Composition) -> Array:
    """Return the picture (h, w, 3), sRGB clipped to 0…1, that a composition's style draws from a field."""
    return np.asarray(np.clip(STYLES[composition.marks].draw(field), 0, 1))


def _inks(composition: Composition) -> Array:
    """Return a composition's inks (n, 3), sRGB 0…1; if its style needs more, as JSON may have too few, they repeat."""
    inks, least = composition.inks, min(len(each) for each in STYLES[composition.marks].inks)
    return np.stack([colour.parse_hex(inks[number % len(inks)]) for number in range(max(len(inks), least))])


def compose_between(
    layers: Callable[[Composition], Layers],
    painted: tuple[Array, NDArray[np.int16]] | None,
    compositions: Sequence[Composition | None],
    t: float,
    conditions: Conditions,
    *,
    cell: Callable[[float, int], Layers],
) -> tuple[Array, NDArray[np.int16], Array]:
    """Return a frame of the transition between two compositions at time ``t``, 0…1; at least one of them is graphic.

    It is a picture (h, w, 3), sRGB 0…1, the number of the thing in front (h, w), and each pixel's share (h, w), 0…1,
    of the last composition. ``compositions`` are the first and the last; None stands for a painted one, whose picture
    and numbers are ``painted``. ``layers`` returns the layers of a composition at this time. ``cell`` draws the square
    scene at a time and a side in pixels, for grids, whose cells change one after the other.
    """
    shape = conditions.shape
    first, last = (each or Composition() for each in compositions)
    if (one := turning.blend(first, last, t)) is not None:
        even = np.full(shape, t, np.float32)
        if one.layout != "grid":
            return *compose(layers(one), one, conditions), even
        framed = layouts.in_frame(one, *shape)
        times, pixels = turning.cell_times(framed, t), layouts.cell_side(framed, *shape)
        shown = {time: cell(time, pixels) for time in set(times)}
        laid = layouts.lay_cells([shown[time] for time in times], framed, shape)
        return *_redrawn(laid, one, conditions), even
    if first.is_graphic and replace(first, inks=last.inks) == last:  # only the number of inks differs
        laid = layouts.lay(layers(first), layouts.in_frame(first, *shape), shape)
        field = _field(laid, first, conditions)
        drawn = [(_mark(each, first), laid.numbers) for each in (field, field.with_inks(_inks(last)))]
    else:
        drawn = [
            compose(layers(each), each, conditions) if painted is None or each.is_graphic else painted
            for each in (first, last)
        ]
    ends = [layouts.in_frame(each, *shape) for each in (first, last)]
    share = turning.transition_shares(*shape, ends[0], ends[1], t)
    return channels.over(drawn[1][0], share, drawn[0][0]), np.where(share > 0.5, drawn[1][1], drawn[0][1]), share
