"""Draw a scene in its composition: lay it out, and redraw it in the marks of one composition or of two that blend."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
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
    """Return a composition with some marks: inks by ``seed``, all else by ``walk_seed``, the same for a whole walk.

    ``colours`` are the names of the colours requested for things. Inks are chosen from the two nearest sets, and dyed
    where the style allows it.
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
    return Composition(marks, layout, rows, columns, inks, tilt, rng.uniform(0.88, 1.15), rng.getrandbits(24))


def _apart(colours: Sequence[str], own: Sequence[int], inks: Sequence[str]) -> float:
    """Return the distance in Oklab between a set of inks and named colours; infinity if no ink shows things.

    Only inks with the numbers ``own`` count; if there are none, all but the ground's.
    """
    shown = [inks[number] for number in own if number < len(inks)] if own else inks[1:]
    if not shown:
        return math.inf
    tones = [colour.tone(colour.parse_hex(ink)) for ink in shown]
    wanted = [colour.tone(colour.polar(*colour.NAMED[name])) for name in colours]
    return sum(min(math.dist(one, tone) for tone in tones) for one in wanted)


def place_share(kind: str) -> float:
    """Return how far a setting's ground shows a place, 0 or 1."""
    return float(kind not in FLAT)


def is_repeated(composition: Composition) -> bool:
    """Return whether each cell of a composition shows a whole, square scene, whatever the picture's shape."""
    return composition.is_graphic and composition.layout in layouts.REPEATED


def compose(
    layers: Layers,
    composition: Composition,
    *,
    side: float,
    is_place: float,
    shape: tuple[int, int] | None = None,
    requested: Array | None = None,
) -> tuple[Array, NDArray[np.int16]]:
    """Return the picture (h, w, 3) of a composition, and the number of the thing in front (h, w).

    ``side`` is where the light comes from, -1 (left) to 1 (right); ``is_place`` how far the ground is visible.
    ``shape`` is the height and width if the layers have others: squares, to be shown in cells. ``requested`` (n + 1,)
    holds for each thing how far a colour was requested for it, 0…1; index 0 is the ground.
    """
    height, width = shape or layers[2].shape
    laid = layouts.lay(*layers, layouts.in_frame(composition, height, width), (height, width))
    return _redrawn(laid, composition, side, is_place, requested)


def _redrawn(
    laid: Laid, composition: Composition, side: float, is_place: float, requested: Array | None
) -> tuple[Array, NDArray[np.int16]]:
    return _mark(_field(laid, composition, side, is_place, requested), composition), laid.numbers


def _field(laid: Laid, composition: Composition, side: float, is_place: float, requested: Array | None) -> Field:
    """Return the input of the marks, in the inks of a composition."""
    inks, scale, seed = _inks(composition), composition.scale, composition.seed
    own = None if requested is None else requested[laid.numbers]
    return Field(laid.things, laid.ground, laid.cells, inks, side, is_place, scale, seed, own)


def _mark(field: Field, composition: Composition) -> Array:
    return np.asarray(np.clip(STYLES[composition.marks].draw(field), 0, 1))


def _inks(composition: Composition) -> Array:
    return np.stack([colour.parse_hex(ink) for ink in _repeat_inks(composition)])


def _repeat_inks(composition: Composition) -> tuple[str, ...]:
    """Return a composition's inks, repeated from the first one if its marks need more; the JSON may have too few."""
    inks, least = composition.inks, min(len(each) for each in STYLES[composition.marks].inks)
    return tuple(inks[number % len(inks)] for number in range(max(len(inks), least)))


def compose_between(
    layers: Callable[[Composition], Layers],
    painted: tuple[Array, NDArray[np.int16]] | None,
    compositions: Sequence[Composition | None],
    t: float,
    *,
    shape: tuple[int, int],
    side: float,
    is_place: float,
    cell: Callable[[float, int], Layers],
    requested: Array | None = None,
) -> tuple[Array, NDArray[np.int16], Array]:
    """Return the composition at ``t`` between two scenes whose things, light and place are mixed; one is graphic.

    ``layers`` returns a composition's layers; ``painted`` is the picture (h, w, 3) and the numbers (h, w) of the
    one that is not graphic. ``shape`` is height and width. ``cell`` draws the square scene at a time, at a side in
    pixels, for grids, whose cells change one after the other; ``requested`` is as for :func:`compose`. Return the
    picture (h, w, 3), the numbers (h, w), and each pixel's share (h, w) of the last composition.
    """
    height, width = shape
    draw = partial(compose, side=side, is_place=is_place, shape=shape, requested=requested)
    first, last = (each or Composition() for each in compositions)
    if (one := turning.blend(first, last, t)) is not None:
        even = np.full((height, width), t, np.float32)
        if one.layout != "grid":
            return *draw(layers(one), one), even
        framed = layouts.in_frame(one, height, width)
        times, pixels = turning.cell_times(framed, t), layouts.cell_side(framed, height, width)
        shown = {time: cell(time, pixels) for time in set(times)}
        laid = layouts.lay_cells([shown[time] for time in times], framed, shape)
        return *_redrawn(laid, one, side, is_place, requested), even
    if first.is_graphic and replace(first, inks=last.inks) == last:  # only the number of inks differs
        laid = layouts.lay(*layers(first), layouts.in_frame(first, height, width), shape)
        field = _field(laid, first, side, is_place, requested)
        drawn = [
            (_mark(field, first), laid.numbers),
            (_mark(field.with_inks(_inks(last)), last), laid.numbers),
        ]
    else:
        drawn = [draw(layers(each), each) if painted is None or each.is_graphic else painted for each in (first, last)]
    ends = [layouts.in_frame(each, height, width) for each in (first, last)]
    share = turning.transition_shares(height, width, ends[0], ends[1], t)
    return channels.over(drawn[1][0], share, drawn[0][0]), np.where(share > 0.5, drawn[1][1], drawn[0][1]), share
