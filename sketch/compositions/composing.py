"""Compose a drawn scene: lay it out, and redraw it in the marks of its composition or of two that turn into another."""

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
from sketch.compositions import layouts, turning
from sketch.compositions.composition import Composition
from sketch.compositions.register import STYLES
from sketch.layers import channels
from sketch.marks.field import Field

FLAT = ("plain", "split", "pattern")
"""Settings that show no place: a graphic style leaves them out and draws a ground of its own."""

Layers = tuple[Array, Array, NDArray[np.int16]]
"""Things (h, w, 4) with straight alpha, ground (h, w, 3), and which thing is in front (h, w), from 1."""


def choose(marks: str, *, seed: int, walk_seed: int | None = None, colours: Sequence[str] = ()) -> Composition:
    """Choose a composition in some marks: its inks by ``seed``, all else by ``walk_seed``, alike for a whole walk.

    ``colours`` are names of those that things were asked for in: inks are chosen among the two sets nearest to them.
    """
    style = STYLES[marks]
    whole = seed if walk_seed is None else walk_seed
    rng = random.Random(f"composition:{whole}")  # noqa: S311 - drawn to be drawn again
    layout, rows, columns, _ = rng.choices(style.layouts, [share for *_, share in style.layouts])[0]
    tilt = rng.choice((-1, 1)) * rng.uniform(*style.tilts) if layout == "tilted" else 0.0
    able = sorted(style.inks, key=partial(_apart, colours))[:2] if colours else style.inks
    inks = random.Random(f"inks:{seed}").choice(able)  # noqa: S311 - likewise
    return Composition(marks, layout, rows, columns, inks, tilt, rng.uniform(0.88, 1.15), rng.getrandbits(24))


def _apart(colours: Sequence[str], inks: Sequence[str]) -> float:
    """Return how far the inks of things, all but the ground's, lie from some named colours in Oklab."""
    tones = [colour.tone(colour.parsed(ink)) for ink in inks[1:]]
    wanted = [colour.tone(colour.polar(*colour.NAMED[name])) for name in colours]
    return sum(min(math.dist(one, tone) for tone in tones) for one in wanted)


def place_share(kind: str) -> float:
    """Return how far the ground of a setting of a kind shows a place that is to be seen, 0 or 1."""
    return float(kind not in FLAT)


def is_repeated(composition: Composition) -> bool:
    """Tell a composition in each of whose cells a whole scene is shown, a square one, whatever the picture's shape."""
    return composition.is_graphic and composition.layout in layouts.REPEATED


def compose(
    layers: Layers,
    composition: Composition,
    *,
    side: float,
    is_place: float,
    shape: tuple[int, int] | None = None,
) -> tuple[Array, NDArray[np.int16]]:
    """Return the picture (h, w, 3) of a composition, and which thing is in front (h, w).

    ``side`` is where the light comes from, -1 the left to 1 the right; ``is_place`` how far the ground is to be seen.
    ``shape`` is height and width where the layers have others: squares, to be shown in cells.
    """
    field, numbers = _field(layers, composition, shape or layers[2].shape, side=side, is_place=is_place)
    return _marked(field, composition), numbers


def _field(
    layers: Layers, composition: Composition, shape: tuple[int, ...], *, side: float, is_place: float
) -> tuple[Field, NDArray[np.int16]]:
    """Lay a scene out, (h, w) as ``shape`` says, for the marks to look at."""
    height, width = shape
    laid = layouts.lay(*layers, layouts.in_frame(composition, height, width), (height, width))
    inks, scale, seed = _inks(composition), composition.scale, composition.seed
    return Field(laid.things, laid.ground, laid.cells, inks, side, is_place, scale, seed), laid.numbers


def _inks(composition: Composition) -> Array:
    return np.stack([colour.parsed(ink) for ink in composition.inks])


def _marked(field: Field, composition: Composition) -> Array:
    return np.asarray(np.clip(STYLES[composition.marks].draw(field), 0, 1))


def on_the_way(
    layers: Callable[[Composition], Layers],
    painted: tuple[Array, NDArray[np.int16]],
    compositions: Sequence[Composition | None],
    t: float,
    *,
    side: float,
    is_place: float,
) -> tuple[Array, NDArray[np.int16], Array]:
    """Compose what lies at ``t`` between two scenes, one of them graphic; things, light and place were mixed before.

    ``layers`` returns what a composition is made from. ``painted`` are picture (h, w, 3) and numbers (h, w) where one
    is not graphic. Return picture (h, w, 3), numbers (h, w), and how far each pixel (h, w) shows the last composition.
    """
    height, width = painted[1].shape
    draw = partial(compose, side=side, is_place=is_place, shape=(height, width))
    first, last = (each or Composition() for each in compositions)
    if (one := turning.between(first, last, t)) is not None:
        return *draw(layers(one), one), np.full((height, width), t, np.float32)
    if replace(first, inks=last.inks) == last:  # more inks or fewer, and all else alike
        field, numbers = _field(layers(first), first, (height, width), side=side, is_place=is_place)
        drawn = [(_marked(field, first), numbers)]
        drawn.append((_marked(field.inked(_inks(last)), last), numbers))
    else:
        drawn = [draw(layers(each), each) if each.is_graphic else painted for each in (first, last)]
    shown = [layouts.in_frame(each, height, width) for each in (first, last)]
    share = turning.turned(height, width, shown[0], shown[1], t)
    picture = channels.over(drawn[1][0], share, drawn[0][0])
    return picture, np.where(share > 0.5, drawn[1][1], drawn[0][1]), share
