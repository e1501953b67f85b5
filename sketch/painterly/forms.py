"""The things of a scene as coarse forms: their roundness and where they stand; light is soft."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from sketch.colour import Array
from sketch.layers.drawn import Drawn
from sketch.lighting.form import blur

COARSE = 64
"""The side in pixels at which light is computed."""

ROUNDINGS = ((0.022, 0.5), (0.06, 0.8), (0.16, 1.1))
"""The widths of the roundings of edges, as shares of a thing's side, and their weights."""

STANDS = 0.02
"""The share of a thing's area that lies below the line on which it stands."""


@dataclass(frozen=True, slots=True)
class Form:
    """One thing, coarse: its ``cover`` (m, m), 0…1; its side, and the line on which it stands, as shares."""

    cover: Array
    side: float
    foot: float
    middle: float


def coarse(picture: Array) -> Array:
    """Return (n, n) or (n, n, c) reduced to the coarse size, by means."""
    size = picture.shape[0]
    if size <= COARSE:
        return picture
    if size % COARSE:
        return resize(picture, COARSE, Image.Resampling.BOX)
    step = size // COARSE
    rows = np.add.reduce([picture[at::step] for at in range(step)])
    return np.asarray(np.add.reduce([rows[:, at::step] for at in range(step)]) / np.float32(step**2), np.float32)


def resize(picture: Array, size: int, how: Image.Resampling = Image.Resampling.BILINEAR) -> Array:
    """Return (m, m) or (m, m, c) resized to another side."""
    if picture.shape[0] == size:
        return picture
    if picture.ndim == 2:
        return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize((size, size), how), np.float32)
    return np.stack([resize(picture[..., part], size, how) for part in range(picture.shape[2])], -1)


def find_forms(drawn: Drawn) -> Iterator[Form]:
    """Yield the forms of the things of a drawn scene, in their order from far to near; invisible ones are left out."""
    alpha = drawn.things[..., 3]
    for number in range(1, int(drawn.numbers.max(initial=0)) + 1):
        cover = coarse(alpha * (drawn.numbers == number))
        total = float(cover.sum())
        if total < 0.5:
            continue
        yield Form(cover, _side(total, len(cover)), _foot(cover, total), _middle(cover, total))


def _side(total: float, size: int) -> float:
    """Return about how large a thing is, as a share: the side of a square of its area, and a little more."""
    return min(1.2, 1.3 * float(np.sqrt(total)) / size)


def _foot(cover: Array, total: float) -> float:
    """Return the height, as a share, below which almost nothing of a thing lies; it changes smoothly."""
    below = np.cumsum(cover.sum(1)[::-1])[::-1] / total
    rows = np.arange(len(cover), dtype=np.float32)
    # ``below`` decreases with the rows: interpolate where it reaches the share.
    return float(np.interp(STANDS, below[::-1], rows[::-1])) / len(cover)


def _middle(cover: Array, total: float) -> float:
    columns = (np.arange(len(cover), dtype=np.float32) + 0.5) / len(cover)
    return float((cover.sum(0) * columns).sum() / total)


def slopes(form: Form) -> tuple[Array, Array]:
    """Return the slopes (m, m), to the right and downwards, of the rounded surface of a thing."""
    unit = form.side * len(form.cover)
    height = np.zeros_like(form.cover)
    for width, weight in ROUNDINGS:
        reach = max(1.0, width * unit)
        height -= weight * 1.9 * reach * blur(form.cover, reach)
    down, across = np.gradient(height)
    return np.asarray(across, np.float32), np.asarray(down, np.float32)
