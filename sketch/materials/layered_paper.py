"""Layered paper: sheets cut along contours of height, stacked, each of which throws a soft shadow on those below."""

from __future__ import annotations

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks.field import Field, over

INNER, OUTER = 5, 4
"""How many sheets there are within the things, and around them."""

INKS = (
    ("12263f", "1f4468", "34709a", "6aa3c2", "b5d3dd", "eef1ea", "e8743b"),
    ("3a1220", "6d1f2f", "a6363a", "d4644f", "eba283", "f8e0cb", "23395b"),
    ("16302a", "27523f", "4c7d57", "85a86f", "c1cf9c", "f1efd6", "d9482b"),
    ("2b1b38", "4d2d5e", "7b4a85", "ae7ca8", "dcb3c8", "f6e6e6", "e9b33c"),
    ("2a2119", "54402c", "8a6a45", "bc9a6b", "e0caa0", "f7efdc", "2f7f86"),
    ("1c1c1f", "3b3c42", "6a6c72", "9c9d9f", "cfcdc8", "f4f1ea", "c8301f"),
    ("5a2a0c", "95480f", "cf7417", "eda63a", "f7d27d", "fdf1cf", "3d4fa1"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 6), ("tilted", 1, 1, 1), ("grid", 2, 2, 1))


def draw(of: Field) -> Array:
    """Draw a field as stacked sheets in the inks but the last, dark to light or the reverse; one sheet is in the last.

    By chance the things rise from the ground, or lie at the bottom of a hollow that is cut into it.
    """
    chance = of.chance()
    is_hollow, is_dark_above = chance.random() < 0.4, chance.random() < 0.35
    ramp = of.inks[: max(2, len(of.inks) - 1)]
    ramp = ramp[::-1] if is_dark_above else ramp
    accent = int(chance.choice((0, 0, 1, 1, 2)))
    body = of.cut(of.away)
    inner, outer = _inner(of, falls=is_dark_above), _outer(of, falls=is_hollow)
    within = [sheet * body + (1 - body if is_hollow else 0) for sheet in _sheets(inner, INNER)]
    around = [sheet * (1 - body) + (0 if is_hollow else body) for sheet in _sheets(outer, OUTER)]
    sheets = within[1:] + around if is_hollow else around[1:] + within
    count = len(sheets)
    at_silhouette = len(within) - 1 if is_hollow else len(around) - 1
    marked = (at_silhouette, max(0, at_silhouette - 1), count - 1)[accent]
    tones = [_tone(ramp, number / count) for number in range(count + 1)]
    picture = np.broadcast_to(tones[0], of.ground.shape)
    for number, sheet in enumerate(sheets):
        tone = of.inks[-1] if number == marked else tones[number + 1]
        dark = 0.55 * of.blur(_cast(of, sheet), 3.2) * (1 - sheet)
        picture = over(tone * (1 + 0.012 * of.cloud(5, 9))[..., None], sheet, picture * (1 - dark)[..., None])
    return np.asarray(picture, np.float32)


def _inner(of: Field, *, falls: bool) -> Array:
    """Return how many sheets lie within the things (h, w): by tone, and rounded so that no area is level."""
    tone = 1 - of.tone if falls else of.tone
    soft = of.blur(tone, 1.0)
    return np.asarray(-0.4 + (soft * 0.85 + 0.32 * of.bulge) * INNER + 0.05 * of.cloud(20, 3), np.float32)


def _outer(of: Field, *, falls: bool) -> Array:
    """Return how many sheets lie around the things (h, w): fewer, or more, the farther away; with a place, by tone."""
    far = np.clip(-of.away, 0, None)
    reach = far / (13 + 0.28 * far) / of.scale * 1.25 + (0.2 + 0.012 * far) * of.cloud(75, 1)
    rings = 0.6 + reach if falls else OUTER - 0.6 - reach
    light = of.blur(colour.lab(of.ground)[..., 0], 1.5)
    steps = (light - light.mean()) / (3.2 * light.std() + 0.08) + 0.5
    place = 0.15 + 0.75 * steps * OUTER + 0.22 * rings
    return np.asarray(rings + (place - rings) * of.is_place, np.float32)


def _sheets(height: Array, count: int) -> list[Array]:
    """Return where (h, w) a height lies above each of some levels, from 0, with an edge about a pixel soft."""
    down, across = np.gradient(height)
    steep = np.maximum(np.hypot(down, across), 0.02)
    return [np.asarray(np.clip((height - level) / steep + 0.5, 0, 1), np.float32) for level in range(count)]


def _cast(of: Field, sheet: Array) -> Array:
    """Return a sheet (h, w) moved away from the light."""
    for axis, far in enumerate((3.0, -3.2 * of.side)):
        whole, part = divmod(abs(far) / of.pixel, 1)
        one, other = (_moved(sheet, int(np.sign(far)) * int(whole + more), axis) for more in (0, 1))
        sheet = one + (other - one) * np.float32(part)
    return sheet


def _moved(of: Array, by: int, axis: int) -> Array:
    """Return (h, w) moved by pixels along an axis; its edge goes on."""
    at = np.clip(np.arange(of.shape[axis]) - by, 0, of.shape[axis] - 1)
    return np.asarray(np.take(of, at, axis))


def _tone(ramp: Array, at: float) -> Array:
    """Return the colour at 0…1 of a ramp of inks (n, 3)."""
    place = at * (len(ramp) - 1)
    low = min(int(place), len(ramp) - 2)
    return np.asarray(ramp[low] + (ramp[low + 1] - ramp[low]) * (place - low), np.float32)
