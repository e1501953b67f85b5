"""Sketches of pictures that do not come from scenes, such as photos and paintings, with numpy and Pillow alone.

A sketch conditions the model by colours and by the distance to the nearest outline (docs/reference/studio.md). Its
colours are the picture's, few and at low resolution. There is an outline where the picture is transparent, or where one
thing stands out from its surroundings. Otherwise the sketch says that no outline is near, as sketches of such pictures
do in training.
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
"""The width in pixels of a sketch of the border that counts as surroundings."""

LEAST, MOST = 0.04, 0.7
"""The smallest and largest share of the picture that a thing may cover."""

ALONE = 0.8
"""The smallest share that the largest connected part must have of all that stands out from the surroundings."""

AT_RIM = 0.15
"""The largest share of the border that a thing may touch."""

APART = 0.1
"""How much further, on average, a thing must lie from the border's colours in Oklab than its surroundings do."""

STEP = 0.06
"""The smallest median step in Oklab across an outline; a softer transition is no outline."""

OUTLINED, ROUGH = 0.8, 0.25
"""The share of sketches with their outline, and the share of rough sketches."""

BLURS, LINES = (0.0, 1.2, 2.0, 3.0), (1, 1, 3, 5)
"""The blurs of sketches, and the windows of the median filter that removes lines, in pixels of a sketch.

A sketch of a scene shows no strokes, because the model adds them; so the sketch of a picture must show few."""

Recolour = Callable[[Array, Mask | None, np.random.Generator], Array]
"""A function that returns a recoloured sketch, given a sketch, the mask of its thing or None, and a generator."""


def sketch_picture(
    picture: Array, side: int, *, colours: int = COLOURS, blur: float = 0.0, lines: int = 1, inside: Mask | None = None
) -> Array:
    """Return a sketch (4, side, side), −1…1, of a picture (h, w, 3), 0…1: reduced, and in at most ``colours`` colours.

    ``blur`` and the odd ``lines`` are in pixels of the sketch; details less than half as wide as ``lines`` are removed.
    ``inside`` (side, side) is the mask of the picture's thing; without one, no outline is near.
    """
    whole = Image.fromarray((picture * 255).round().astype(np.uint8)).resize((side, side), Image.Resampling.BOX)
    if lines > 1:
        whole = whole.filter(ImageFilter.MedianFilter(lines))
    if blur:
        whole = _soft(whole, blur) if inside is None else _soft_apart(whole, blur, inside)
    few = whole.quantize(colours, Image.Quantize.MEDIANCUT).convert("RGB")
    away = np.ones((1, side, side), np.float32) if inside is None else signed_distance(inside)[None]
    return np.concatenate([np.asarray(few, np.float32).transpose(2, 0, 1) / 127.5 - 1, away])


def _soft(picture: Image.Image, blur: float) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(blur))


def _soft_apart(picture: Image.Image, blur: float, inside: Mask) -> Image.Image:
    """Return the picture with inside and outside blurred separately, so that the edge between them stays sharp."""
    pixels = np.asarray(picture)
    soft = np.zeros(pixels.shape, np.float32)
    for part in (inside, ~inside):
        masked = _soft(Image.fromarray(pixels * part[..., None]), blur)
        share = _soft(Image.fromarray(part.astype(np.uint8) * 255), blur)
        spread = np.asarray(masked, np.float32) * 255 / np.maximum(np.asarray(share, np.float32), 1)[..., None]
        soft[part] = spread[part]
    return Image.fromarray(soft.clip(0, 255).round().astype(np.uint8))


def roughen(sketch: Array, rng: np.random.Generator) -> Array:
    """Return a sketch (4, side, side) as if drawn with a finger: flat colours and displaced edges."""
    side = sketch.shape[1]
    grain = rng.normal(size=(2, 7, 7)).astype(np.float32) * 1.1
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


def vary_sketch(
    picture: Array, side: int, rng: np.random.Generator, *, inside: Mask | None = None, recolour: Recolour | None = None
) -> Array:
    """Return a random sketch (4, side, side), −1…1, of a picture (h, w, 3), 0…1: in few colours, blurred, rough.

    ``inside`` (side, side) is the mask of its thing; when it is None, :func:`find_figure` looks for one. ``recolour``
    replaces the picture's colours.
    """
    colours, blur, lines = int(rng.integers(8, 33)), float(rng.choice(BLURS)), int(rng.choice(LINES))
    is_outlined, is_rough = rng.random() < OUTLINED, rng.random() < ROUGH
    if inside is None:
        inside = find_figure(picture, side)
    sketch = sketch_picture(picture, side, colours=colours, blur=blur, lines=lines, inside=inside)
    if recolour:
        sketch = recolour(sketch, inside, rng)
    if not is_outlined:
        sketch[3] = 1
    return roughen(sketch, rng) if is_rough else sketch


def signed_distance(inside: Mask) -> Array:
    """Return the signed distance (side, side) to the outline of ``inside``, as in sketches: −1…1, positive inside."""
    if inside.all() or not inside.any():
        return np.full(inside.shape, 1.0 if inside.all() else -1.0, np.float32)
    far = np.where(inside, _to(~inside), _to(inside))
    # The centre of a pixel at an edge lies half a pixel from it.
    away = (far - 0.5) * layers.FOLD / distance.CLAMP
    return np.clip(np.where(inside, away, -away), -1, 1).astype(np.float32)


def _to(goal: Mask) -> Array:
    """Return each pixel's distance to the nearest True pixel, by columns and then rows (Felzenszwalb, Huttenlocher)."""
    rows, columns = (np.arange(size, dtype=np.float32) for size in goal.shape)
    apart = (rows[:, None] - rows[None, :]) ** 2
    down = np.where(goal[None], apart[..., None], np.inf).min(1)
    across = (columns[:, None] - columns[None, :]) ** 2
    return np.asarray(np.sqrt((down[:, None, :] + across[None]).min(2)), np.float32)


def find_figure(picture: Array, side: int) -> Mask | None:
    """Return a mask (side, side) of the one thing that stands out in a picture (h, w, 3), 0…1, or None without one."""
    small = Image.fromarray((picture * 255).round().astype(np.uint8)).resize((side, side), Image.Resampling.BOX)
    soft: Array = np.asarray(small.filter(ImageFilter.GaussianBlur(0.7)), np.float32) / np.float32(255)
    rim = np.ones((side, side), bool)
    rim[RIM:-RIM, RIM:-RIM] = False
    around = Image.fromarray((soft[rim] * 255).astype(np.uint8)[None]).quantize(4, Image.Quantize.MEDIANCUT)
    tones = colour.lab(np.asarray(around.convert("RGB"), np.float32)[0] / np.float32(255))
    tones = np.unique(tones, axis=0)
    off = np.sqrt(((colour.lab(soft)[:, :, None] - tones) ** 2).sum(-1)).min(-1)
    stands_out = off > _threshold(off)
    inside = ~_spread(rim & ~stands_out, ~stands_out)  # parts enclosed by the thing belong to it
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
    """Return the median step across an outline in an Oklab picture; 0 if there is no outline."""
    down, across = inside[1:] != inside[:-1], inside[:, 1:] != inside[:, :-1]
    steps = np.concatenate([(of[1:] - of[:-1])[down], (of[:, 1:] - of[:, :-1])[across]])
    return float(np.median(np.sqrt((steps**2).sum(-1)))) if len(steps) else 0.0


def _threshold(values: Array) -> float:
    """Return the threshold that divides values into the two most uniform classes (Otsu, 1979)."""
    counts, edges = np.histogram(values, 64)
    middles = (edges[:-1] + edges[1:]) / 2
    below = counts.cumsum()
    above, sums = below[-1] - below, (counts * middles).cumsum()
    apart = sums / np.maximum(below, 1) - (sums[-1] - sums) / np.maximum(above, 1)
    return float(edges[1 + int((below * above * apart**2)[:-1].argmax())])


def _spread(start: Mask, within: Mask) -> Mask:
    """Return all pixels of the mask ``within`` that are connected to ``start`` by its pixels."""
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
    """Return the largest connected part of a mask."""
    left, best = places.copy(), np.zeros_like(places)
    while left.sum() > best.sum():
        start = np.zeros_like(left)
        start.flat[int(left.argmax())] = True
        piece = _spread(start, left)
        best = piece if piece.sum() > best.sum() else best
        left &= ~piece
    return best
