"""Sketches of pictures that were never drawn as scenes: photos, works, paintings; by numpy and Pillow alone.

A sketch leads by colours and by how far the nearest outline is (docs/studio.md). A picture's colours are its own, small
and few; an outline it has where it is transparent, or where one thing stands out from what surrounds it. Where none is
found, the sketch says that none is near: that is what a painter has learned of pictures without one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from sketch import colour
from sketch.colour import Array
from sketch.layers import distance
from sketch.layers import drawn as layers

Mask = NDArray[np.bool_]

COLOURS = 12
RIM = 2
"""How many pixels wide the frame is of which what surrounds a thing is learned."""

LEAST, MOST = 0.04, 0.7
"""Which share of a picture a thing may take that stands out from it."""

ALONE = 0.8
"""The share of all that stands out that the largest piece of it must be."""

AT_RIM = 0.15
"""The share of the frame that a thing may touch."""

APART = 0.1
"""How far in Oklab it must lie from what surrounds it, further than that itself does."""

STEP = 0.06
"""How far two neighbours on both sides of its outline lie apart in Oklab, in the median: what only fades has none."""

OUTLINED, ROUGH = 0.8, 0.25
"""The shares of sketches with the outline that was found, and drawn as by a finger."""

BLURS, LINES = (0.0, 1.2, 2.0, 3.0), (1, 1, 3, 5)
"""How soft sketches are, and how wide a window leaves lines out, in their pixels.

A scene's sketch shows no strokes: a painter is to make them by itself.
"""

Recolour = Callable[[Array, Mask | None, np.random.Generator], Array]
"""What gives a sketch other colours, told where its thing is."""


def of_picture(picture: Array, side: int, *, colours: int = COLOURS, blur: float = 0.0, lines: int = 1,
               inside: Mask | None = None) -> Array:  # fmt: skip
    """Make a sketch (4, side, side) of any picture (h, w, 3), 0…1: small, in few colours.

    ``blur`` is in pixels of the sketch, and so is ``lines``, odd: what is less than half as wide is left out.
    ``inside`` (side, side) is where its thing is, if it has one.
    """
    whole = Image.fromarray((picture * 255).round().astype(np.uint8)).resize((side, side), Image.Resampling.BOX)
    if lines > 1:
        whole = whole.filter(ImageFilter.MedianFilter(lines))
    if blur:
        whole = _soft(whole, blur) if inside is None else _soft_apart(whole, blur, inside)
    few = whole.quantize(colours, Image.Quantize.MEDIANCUT).convert("RGB")
    away = np.ones((1, side, side), np.float32) if inside is None else signed(inside)[None]
    return np.concatenate([np.asarray(few, np.float32).transpose(2, 0, 1) / 127.5 - 1, away])


def _soft(picture: Image.Image, blur: float) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(blur))


def _soft_apart(picture: Image.Image, blur: float, inside: Mask) -> Image.Image:
    """Blur what is inside and what is around it each for itself, so that the edge between them stays."""
    pixels = np.asarray(picture)
    soft = np.zeros(pixels.shape, np.float32)
    for part in (inside, ~inside):
        held = _soft(Image.fromarray(pixels * part[..., None]), blur)
        share = _soft(Image.fromarray(part.astype(np.uint8) * 255), blur)
        spread = np.asarray(held, np.float32) * 255 / np.maximum(np.asarray(share, np.float32), 1)[..., None]
        soft[part] = spread[part]
    return Image.fromarray(soft.clip(0, 255).round().astype(np.uint8))


def rough(sketch: Array, dice: np.random.Generator) -> Array:
    """Draw a sketch as a finger would: flat colours, edges that wander."""
    side = sketch.shape[1]
    grain = dice.normal(size=(2, 7, 7)).astype(np.float32) * 1.1
    shift = [np.asarray(Image.fromarray(each).resize((side, side), Image.Resampling.BICUBIC)) for each in grain]
    rows, columns = np.mgrid[:side, :side]
    at = (
        (rows + shift[0]).round().clip(0, side - 1).astype(int),
        (columns + shift[1]).round().clip(0, side - 1).astype(int),
    )
    moved = sketch[:, at[0], at[1]]
    flat = Image.fromarray(((moved[:3].transpose(1, 2, 0) + 1) * 127.5).astype(np.uint8)).quantize(10).convert("RGB")
    colours = np.asarray(flat, np.float32).transpose(2, 0, 1) / 127.5 - 1
    return np.concatenate([colours, moved[3:]]).astype(np.float32)


def varied(picture: Array, side: int, dice: np.random.Generator, *, inside: Mask | None = None,
           recolour: Recolour | None = None) -> Array:  # fmt: skip
    """Make one of the sketches that a picture may be painted after: more or fewer colours, soft, or as by a finger.

    ``inside`` (side, side) is where its thing is, if that is known; else it is looked for. ``recolour`` gives it other
    colours than the picture's.
    """
    colours, blur, lines = int(dice.integers(8, 33)), float(dice.choice(BLURS)), int(dice.choice(LINES))
    is_outlined, is_rough = dice.random() < OUTLINED, dice.random() < ROUGH
    if inside is None:
        inside = figure(picture, side)
    sketch = of_picture(picture, side, colours=colours, blur=blur, lines=lines, inside=inside)
    if recolour:
        sketch = recolour(sketch, inside, dice)
    if not is_outlined:
        sketch[3] = 1
    return rough(sketch, dice) if is_rough else sketch


def signed(inside: Mask) -> Array:
    """Measure how far each place (side, side) is from the outline of what is ``inside``, as a sketch says it: −1…1."""
    if inside.all() or not inside.any():
        return np.full(inside.shape, 1.0 if inside.all() else -1.0, np.float32)
    far = np.where(inside, _to(~inside), _to(inside))
    # The middle of a pixel at an edge is half a pixel off it.
    away = (far - 0.5) * layers.FOLD / distance.CLAMP
    return np.clip(np.where(inside, away, -away), -1, 1).astype(np.float32)


def _to(goal: Mask) -> Array:
    """Return how far the nearest place of a goal is: along columns, then along rows (Felzenszwalb, Huttenlocher)."""
    rows, columns = (np.arange(size, dtype=np.float32) for size in goal.shape)
    apart = (rows[:, None] - rows[None, :]) ** 2
    down = np.where(goal[None], apart[..., None], np.inf).min(1)
    across = (columns[:, None] - columns[None, :]) ** 2
    return np.asarray(np.sqrt((down[:, None, :] + across[None]).min(2)), np.float32)


def figure(picture: Array, side: int) -> Mask | None:
    """Find the one thing in a picture (h, w, 3), 0…1, that stands out from what surrounds it; None where none does."""
    small = Image.fromarray((picture * 255).round().astype(np.uint8)).resize((side, side), Image.Resampling.BOX)
    soft: Array = np.asarray(small.filter(ImageFilter.GaussianBlur(0.7)), np.float32) / np.float32(255)
    rim = np.ones((side, side), bool)
    rim[RIM:-RIM, RIM:-RIM] = False
    around = Image.fromarray((soft[rim] * 255).astype(np.uint8)[None]).quantize(4, Image.Quantize.MEDIANCUT)
    tones = colour.lab(np.asarray(around.convert("RGB"), np.float32)[0] / np.float32(255))
    tones = np.unique(tones, axis=0)
    off = np.sqrt(((colour.lab(soft)[:, :, None] - tones) ** 2).sum(-1)).min(-1)
    stands_out = off > _threshold(off)
    inside = ~_spread(rim & ~stands_out, ~stands_out)  # what is enclosed belongs to it
    whole = int(inside.sum())
    if not LEAST <= whole / inside.size <= MOST:
        return None
    inside = _largest(inside)
    sharp = colour.lab(np.asarray(small, np.float32) / np.float32(255))
    is_one = (
        _step(sharp, inside) > STEP and inside.sum() >= ALONE * whole and (inside & rim).sum() <= AT_RIM * rim.sum()
    )
    return inside if is_one and off[inside].mean() - off[~inside].mean() > APART else None


def _step(of: Array, inside: Mask) -> float:
    """Return how far places on both sides of an outline lie apart, in the median."""
    down, across = inside[1:] != inside[:-1], inside[:, 1:] != inside[:, :-1]
    steps = np.concatenate([(of[1:] - of[:-1])[down], (of[:, 1:] - of[:, :-1])[across]])
    return float(np.median(np.sqrt((steps**2).sum(-1)))) if len(steps) else 0.0


def _threshold(values: Array) -> float:
    """Part values in two, so that each part is as even as can be (Otsu, 1979)."""
    counts, edges = np.histogram(values, 64)
    middles = (edges[:-1] + edges[1:]) / 2
    below = counts.cumsum()
    above, sums = below[-1] - below, (counts * middles).cumsum()
    apart = sums / np.maximum(below, 1) - (sums[-1] - sums) / np.maximum(above, 1)
    return float(edges[1 + int((below * above * apart**2)[:-1].argmax())])


def _spread(start: Mask, within: Mask) -> Mask:
    """Return all places that are reached from a start ``within`` bounds, side by side."""
    reached = start & within
    while True:
        grown = reached.copy()
        grown[1:] |= reached[:-1]
        grown[:-1] |= reached[1:]
        grown[:, 1:] |= reached[:, :-1]
        grown[:, :-1] |= reached[:, 1:]
        grown &= within
        if grown.sum() == reached.sum():
            return reached
        reached = grown


def _largest(places: Mask) -> Mask:
    """Return the largest piece of what hangs together."""
    left, best = places.copy(), np.zeros_like(places)
    while left.sum() > best.sum():
        start = np.zeros_like(left)
        start.flat[int(left.argmax())] = True
        piece = _spread(start, left)
        best = piece if piece.sum() > best.sum() else best
        left &= ~piece
    return best
