"""Short strokes along a form, as a gouge or a needle makes them: one stroke per cell of a fixed grid.

Positions and lengths are the same in all frames of a walk; only direction, width and visibility follow the scene.
"""

from __future__ import annotations

import numpy as np

from sketch.colour import Array
from sketch.marks import noise
from sketch.marks.field import Field, Numbers, step

REACH = 2
"""The reach of a stroke to either side, in cells."""


def along(field: Field, guide: Numbers, *, lean: float = 0.0, rest: float = 0.004) -> tuple[Array, Array]:
    """Return the direction in which a guide (h, w) changes least: cosine and sine (h, w) of an angle.

    It comes from the structure tensor (Bigün and Granlund 1987). Where the guide's slope is less than about ``rest``
    per unit, the angle is ``lean``, in radians.
    """
    down, across = field.slopes(guide)
    even, mixed = field.blur(across**2 - down**2, 4), field.blur(2 * across * down, 4)
    even, mixed = even - rest**2 * np.cos(2 * lean), mixed - rest**2 * np.sin(2 * lean)
    angle = 0.5 * np.arctan2(mixed, even) + np.pi / 2
    return np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)


def distance(
    field: Field, direction: tuple[Array, Array], *, cell: float, length: float, width: Numbers, number: int = 0
) -> Array:
    """Return how deep inside a stroke each pixel lies (h, w), in units; negative outside strokes.

    Strokes taper to both ends and follow ``direction``, the cosine and sine (h, w) of an angle. ``cell`` is the grid's
    side and ``length`` half of the longest stroke, in units; ``width`` (h, w) is half the largest width of the stroke
    centred there; 0 or less draws none. ``number`` and the field's seed decide the random numbers.
    """
    high, wide = field.size
    rows, columns = int(high / cell) + 2 * REACH + 2, int(wide / cell) + 2 * REACH + 2
    own = noise.cell_noise(rows, columns, field.seed * 64 + number)
    y = (np.arange(rows, dtype=np.float32)[:, None] - REACH + own[..., 0]) * cell
    x = (np.arange(columns, dtype=np.float32)[None, :] - REACH + own[..., 1]) * cell
    row = np.clip((y / field.pixel).astype(int), 0, field.shape[0] - 1)
    column = np.clip((x / field.pixel).astype(int), 0, field.shape[1] - 1)
    reach = length * (0.55 + 0.45 * own[..., 2])
    cosine, sine = (part[row, column] / reach for part in direction)
    thick = width[row, column] * (0.7 + 0.6 * own[..., 3])
    thick -= step(thick, 0.9, 0.45)  # a stroke too thin to be visible as a whole would look like a row of dots
    return _deepest(field, np.stack([x, y, cosine, sine, thick, reach]).astype(np.float32), cell, length)


def _deepest(field: Field, strokes: Array, cell: float, length: float) -> Array:
    """Return the depth of each pixel in the deepest of the strokes near it (h, w), in units, at least -9.

    ``strokes`` (6, rows, columns) hold x and y of the centre, cosine and sine of the direction divided by half the
    length, half the width, and half the length.
    """
    across, down = field.places
    row, column = (down[:, 0] / cell).astype(int) + REACH, (across[0] / cell).astype(int) + REACH
    deepest = np.full(field.shape, -9.0, np.float32)
    far = min(REACH, int(np.ceil(length / cell)))
    for step_across in range(-far, far + 1):
        beside = np.ascontiguousarray(strokes[:, :, column + step_across])
        for step_down in range(-far, far + 1):
            if abs(step_across) + abs(step_down) == 2 * REACH:  # only the tip of a stroke could reach so far
                continue
            x, y, cosine, sine, thick, reach = (part[row + step_down] for part in beside)
            dx, dy = np.subtract(across, x, out=x), np.subtract(down, y, out=y)
            u = dx * cosine
            u += dy * sine
            v = np.multiply(dx, sine, out=sine)
            v -= np.multiply(dy, cosine, out=cosine)
            np.abs(v, out=v)
            v *= reach
            u *= u
            u *= np.abs(thick)
            thick -= u
            thick -= v
            np.maximum(deepest, thick, out=deepest)
    return deepest
