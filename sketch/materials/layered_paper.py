"""Layered paper: a stack of sheets cut along contour lines of a height, each with a soft shadow on those below."""

from __future__ import annotations

import numpy as np

from sketch.colour import Array
from sketch.marks.field import Field, over, step

NEAREST, WIDER = (7.0, 13.0), 1.5
"""The range of the step next to the things, in units, and the factor by which each further step is wider."""

INKS = (
    ("f3ead6", "cfdccf", "86b3b3", "3a7488", "17364f", "6b2420", "c8492c", "ee9a48", "fbe6bd"),
    ("2a1a3a", "4a2c60", "85478a", "b9708f", "e3a9a4", "182444", "285a7c", "4f9c9e", "e3efcf"),
    ("e9d8a6", "c2b273", "7e8f4f", "3f6440", "16302a", "6e2a1c", "d9642f", "f2b04f", "fdf3d8"),
    ("12233f", "1c4468", "3c78a0", "79aec8", "b9d6d8", "3b1230", "8f2a4a", "d9604f", "f6b98a"),
    ("f8e3d2", "f0b597", "d87a5c", "a03c3c", "471826", "1c3a52", "2f7f8c", "86bfae", "f5edd3"),
    ("20231f", "3f463c", "75795f", "a39c74", "d0c391", "3a1a12", "93301c", "d4692a", "f3c35f"),
    ("f4efe4", "d3cfc6", "9a9a9c", "56585f", "1d1e24", "6d1414", "c8301f", "ef7d55", "fbe9d4"),
    ("fbefc9", "f6cf73", "e8993a", "a85a28", "47230f", "1f2a5c", "3d55a8", "8aa0d6", "f2efe2"),
)
LAYOUTS = (("single", 1, 1, 7), ("tilted", 1, 1, 2))


def draw(field: Field) -> Array:
    """Return the field redrawn as stacked sheets of paper: (h, w, 3), sRGB 0…1.

    The first half of the inks are the sheets of the ground, from the edge of the picture to the things; the second half
    those of the things. At random, the things rise from the ground or lie at the bottom of a hollow.
    """
    is_hollow = field.chance().random() < 0.5
    count = (len(field.inks) + 1) // 2
    ground, thing = field.inks[:count], field.inks[count:]
    body = field.cut(field.blur(field.away, 1.0))
    within = [sheet * body for sheet in _sheets(_inner(field, len(thing)), len(thing))]
    around = _sheets(_outer(field, count, rises=is_hollow), count)
    if is_hollow:
        sheets = [sheet + (1 - body) * (1 - sheet) for sheet in within] + [sheet * (1 - body) for sheet in around]
        tones = [*thing, *ground[::-1]]
    else:
        sheets = [*around, *within]
        tones = [*ground, *thing]
    picture = tones[0]
    for sheet, tone in zip(sheets[1:], tones[1:], strict=True):
        dark = 0.5 * field.blur(_cast(field, sheet), 2.6) * (1 - sheet)
        lit = 0.10 * np.clip(sheet - _cast(field, sheet, -0.4), 0, 1)
        grain = 1 + 0.012 * field.cloud(5, 9) + lit
        picture = over(tone * grain[..., None], sheet, picture * (1 - dark)[..., None])
    return np.clip(np.asarray(picture, np.float32), 0, 1)


def _inner(field: Field, count: int) -> Array:
    """Return the height of the things (h, w), in sheets, up to ``count``: mostly by tone and a little by form."""
    inner = step(field.away, 5, 2) * 0.35
    tone = 0.5 * field.tone + 0.5 * field.detail
    tone = tone + inner * (0.5 - tone)  # outlines that are drawn do not become a sheet of their own
    height = 0.04 + 0.86 * tone + 0.22 * (field.bulge - 0.5) + 0.04 * field.cloud(26, 3)
    return np.asarray(np.clip(field.blur(height, 0.9), 0.01, 1) * count, np.float32)


def _outer(field: Field, count: int, *, rises: bool) -> Array:
    """Return the height of the ground (h, w), in sheets, below ``count``, in steps that widen away from the things.

    If ``rises``, it rises away from the things, else it falls. The tone of a place moves the steps up and down, so that
    hills, tables and skies become sheets of the same stack.
    """
    far, chance = np.clip(-field.away, 0, None) / field.scale, field.chance(1)
    nearest, rough = float(chance.uniform(*NEAREST)), float(chance.uniform(0.4, 1.1))
    far = far + rough * step(far, 2, 30) * (7 + 0.16 * far) * field.cloud(float(chance.choice((48, 62, 90))), 1)
    steps = np.log1p(np.clip(far, 0, None) * (WIDER - 1) / nearest) / np.log(WIDER)
    steps = steps + field.placed * step(-field.away, 4, 26) * 2.4 * (field.blur(field.far, 3.5) - 0.5)
    steps = np.clip(steps, 0, count - 0.01)
    return np.asarray(steps if rises else count - steps, np.float32)


def _sheets(height: Array, count: int) -> list[Array]:
    """Return one coverage (h, w) per sheet: 1 where the height exceeds its number, from 0, else 0; edges are soft."""
    down, across = np.gradient(height)
    steep = np.maximum(np.hypot(down, across), 0.02)
    return [np.asarray(np.clip((height - level) / steep + 0.5, 0, 1), np.float32) for level in range(count)]


def _cast(field: Field, sheet: Array, by: float = 1.0) -> Array:
    """Return a sheet's coverage (h, w) moved away from the light, as its shadow; ``by`` multiplies the distance."""
    for axis, far in enumerate((2.6 * by, -2.8 * by * field.side)):
        whole, part = divmod(abs(far) / field.pixel, 1)
        one, other = (_move(sheet, int(np.sign(far)) * int(whole + more), axis) for more in (0, 1))
        sheet = one + (other - one) * np.float32(part)
    return sheet


def _move(values: Array, by: int, axis: int) -> Array:
    """Return values (h, w) moved by whole pixels along an axis; values at the edge are repeated."""
    at = np.clip(np.arange(values.shape[axis]) - by, 0, values.shape[axis] - 1)
    return np.asarray(np.take(values, at, axis))
