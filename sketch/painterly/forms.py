"""The things of a scene as forms: one by one, how round they are, where they stand; coarse, since light is soft."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from sketch.colour import Array
from sketch.layers.drawn import Drawn
from sketch.lighting.form import blurred

COARSE = 64
"""How many pixels a side light is worked out in."""

ROUNDINGS = ((0.022, 0.5), (0.06, 0.8), (0.16, 1.1))
"""How wide edges are rounded off, as shares of the picture's side for a thing as large, and how much each counts."""

STANDS = 0.02
"""How much of a thing lies below the line on which it stands."""


@dataclass(frozen=True, slots=True)
class Form:
    """One thing, coarse: its ``cover`` (m, m), 0…1; its side, and the line on which it stands, as shares."""

    cover: Array
    side: float
    foot: float
    middle: float


def coarse(picture: Array) -> Array:
    """Bring (n, n) or (n, n, c) to the coarse size, by means."""
    size = picture.shape[0]
    if size <= COARSE:
        return picture
    if size % COARSE:
        return resized(picture, COARSE, Image.Resampling.BOX)
    step = size // COARSE
    rows = np.add.reduce([picture[at::step] for at in range(step)])
    return np.asarray(np.add.reduce([rows[:, at::step] for at in range(step)]) / np.float32(step**2), np.float32)


def resized(picture: Array, size: int, how: Image.Resampling = Image.Resampling.BILINEAR) -> Array:
    """Bring (m, m) or (m, m, c) to another side."""
    if picture.shape[0] == size:
        return picture
    if picture.ndim == 2:
        return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize((size, size), how), np.float32)
    return np.stack([resized(picture[..., part], size, how) for part in range(picture.shape[2])], -1)


def of(drawn: Drawn) -> Iterator[Form]:
    """Return the forms of what is drawn, from far to near."""
    alpha = drawn.things[..., 3]
    for number in range(1, int(drawn.numbers.max(initial=0)) + 1):
        cover = coarse(alpha * (drawn.numbers == number))
        total = float(cover.sum())
        if total < 0.5:
            continue
        yield Form(cover, _side(total, len(cover)), _foot(cover, total), _middle(cover, total))


def _side(total: float, size: int) -> float:
    """Return about how large a thing is: what a square of its area would be, and a little more."""
    return min(1.2, 1.3 * float(np.sqrt(total)) / size)


def _foot(cover: Array, total: float) -> float:
    """Return the height, as a share, below which almost nothing of it lies; it moves evenly as its pixels change."""
    below = np.cumsum(cover.sum(1)[::-1])[::-1] / total
    rows = np.arange(len(cover), dtype=np.float32)
    # ``below`` falls with the rows; look up where it comes to the share.
    return float(np.interp(STANDS, below[::-1], rows[::-1])) / len(cover)


def _middle(cover: Array, total: float) -> float:
    columns = (np.arange(len(cover), dtype=np.float32) + 0.5) / len(cover)
    return float((cover.sum(0) * columns).sum() / total)


def slopes(form: Form) -> tuple[Array, Array]:
    """Round a thing off: how far its surface falls to the right and downwards at each place (m, m)."""
    unit = form.side * len(form.cover)
    height = np.zeros_like(form.cover)
    for width, weight in ROUNDINGS:
        reach = max(1.0, width * unit)
        height -= weight * 1.9 * reach * blurred(form.cover, reach)
    down, across = np.gradient(height)
    return np.asarray(across, np.float32), np.asarray(down, np.float32)
