"""Sketches of pictures that do not come from scenes, such as photos and paintings, by numpy and Pillow alone.

A sketch conditions by colours and by the distance to the nearest outline (docs/studio.md). Colours are the picture's,
few and at low resolution. An outline exists where the picture is transparent, or where one thing stands out from its
surroundings. Otherwise the sketch says that no outline is near, as sketches of such pictures do in training.
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
"""Width in pixels of the frame that counts as surroundings."""

LEAST, MOST = 0.04, 0.7
"""The smallest and largest share of the picture that a thing may cover."""

ALONE = 0.8
"""The smallest share that the largest connected part must have of all that stands out."""

AT_RIM = 0.15
"""The largest share of the frame that a thing may touch."""

APART = 0.1
"""How much further in Oklab a thing must lie from its surroundings than the surroundings themselves."""

STEP = 0.06
"""The smallest median step in Oklab across an outline; a soft transition is no outline."""

OUTLINED, ROUGH = 0.8, 0.25
"""The shares of sketches with the outline, and of rough sketches."""

BLURS, LINES = (0.0, 1.2, 2.0, 3.0), (1, 1, 3, 5)
"""Blur, and window of the median filter that removes lines, in sketch pixels.

A scene's sketch shows no strokes: the model adds them.
"""

Recolour = Callable[[Array, Mask | None, np.random.Generator], Array]
"""Function that recolours a sketch, given the mask of its thing."""


def sketch_picture(picture: Array, side: int, *, colours: int = COLOURS, blur: float = 0.0, lines: int = 1,
                   inside: Mask | None = None) -> Array:  # fmt: skip
    """Return a sketch (4, side, side) of a picture (h, w, 3), 0…1: small and in few colours.

    ``blur`` and the odd ``lines`` are in sketch pixels; details less than half as wide as ``lines`` are removed.
    ``inside`` (side, side) is the mask of its thing, if it has one.
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
    """Blur the inside and the outside separately, so that the edge between them stays sharp."""
    pixels = np.asarray(picture)
    soft = np.zeros(pixels.shape, np.float32)
    for part in (inside, ~inside):
        masked = _soft(Image.fromarray(pixels * part[..., None]), blur)
        share = _soft(Image.fromarray(part.astype(np.uint8) * 255), blur)
        spread = np.asarray(masked, np.float32) * 255 / np.maximum(np.asarray(share, np.float32), 1)[..., None]
        soft[part] = spread[part]
    return Image.fromarray(soft.clip(0, 255).round().astype(np.uint8))


def roughen(sketch: Array, rng: np.random.Generator) -> Array:
    """Return a sketch as drawn with a finger: flat colours and displaced edges."""
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


def vary_sketch(picture: Array, side: int, rng: np.random.Generator, *, inside: Mask | None = None,
                recolour: Recolour | None = None) -> Array:  # fmt: skip
    """Return a random variant of a picture's sketch: other numbers of colours, blur, or roughness.

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
    """Return the signed distance (side, side) to the outline of ``inside``, scaled as in sketches: −1…1."""
    if inside.all() or not inside.any():
        return np.full(inside.shape, 1.0 if inside.all() else -1.0, np.float32)
    far = np.where(inside, _to(~inside), _to(inside))
    # The centre of a pixel at an edge lies half a pixel from it.
    away = (far - 0.5) * layers.FOLD / distance.CLAMP
    return np.clip(np.where(inside, away, -away), -1, 1).astype(np.float32)


def _to(goal: Mask) -> Array:
    """Return the distance to the nearest True pixel, by columns and then rows (Felzenszwalb, Huttenlocher)."""
    rows, columns = (np.arange(size, dtype=np.float32) for size in goal.shape)
    apart = (rows[:, None] - rows[None, :]) ** 2
    down = np.where(goal[None], apart[..., None], np.inf).min(1)
    across = (columns[:, None] - columns[None, :]) ** 2
    return np.asarray(np.sqrt((down[:, None, :] + across[None]).min(2)), np.float32)


def find_figure(picture: Array, side: int) -> Mask | None:
    """Return a mask of the one thing in a picture (h, w, 3), 0…1, that stands out; None when there is none."""
    small = Image.fromarray((picture * 255).round().astype(np.uint8)).resize((side, side), Image.Resampling.BOX)
    soft: Array = np.asarray(small.filter(ImageFilter.GaussianBlur(0.7)), np.float32) / np.float32(255)
    rim = np.ones((side, side), bool)
    rim[RIM:-RIM, RIM:-RIM] = False
    around = Image.fromarray((soft[rim] * 255).astype(np.uint8)[None]).quantize(4, Image.Quantize.MEDIANCUT)
    tones = colour.lab(np.asarray(around.convert("RGB"), np.float32)[0] / np.float32(255))
    tones = np.unique(tones, axis=0)
    off = np.sqrt(((colour.lab(soft)[:, :, None] - tones) ** 2).sum(-1)).min(-1)
    stands_out = off > _threshold(off)
    inside = ~_spread(rim & ~stands_out, ~stands_out)  # enclosed parts belong to the thing
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
    """Return the median step across an outline."""
    down, across = inside[1:] != inside[:-1], inside[:, 1:] != inside[:, :-1]
    steps = np.concatenate([(of[1:] - of[:-1])[down], (of[:, 1:] - of[:, :-1])[across]])
    return float(np.median(np.sqrt((steps**2).sum(-1)))) if len(steps) else 0.0


def _threshold(values: Array) -> float:
    """Return the threshold that splits values into two uniform classes (Otsu, 1979)."""
    counts, edges = np.histogram(values, 64)
    middles = (edges[:-1] + edges[1:]) / 2
    below = counts.cumsum()
    above, sums = below[-1] - below, (counts * middles).cumsum()
    apart = sums / np.maximum(below, 1) - (sums[-1] - sums) / np.maximum(above, 1)
    return float(edges[1 + int((below * above * apart**2)[:-1].argmax())])


def _spread(start: Mask, within: Mask) -> Mask:
    """Return all pixels ``within`` a mask that are connected to ``start``."""
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
    """Return the largest connected part."""
    left, best = places.copy(), np.zeros_like(places)
    while left.sum() > best.sum():
        start = np.zeros_like(left)
        start.flat[int(left.argmax())] = True
        piece = _spread(start, left)
        best = piece if piece.sum() > best.sum() else best
        left &= ~piece
    return best
