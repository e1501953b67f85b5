"""Coloured squares: a patchwork of flat patches; things are light on dark in some, dark on light in others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sketch import colour
from sketch.colour import Array
from sketch.marks import noise
from sketch.marks.field import Field, over, step, steps

SIDES = (25.0, 44.0)
"""The range from which each picture gets the side of its patches, in units."""

TABLE = 64
"""The number of patches along each side of the table of random numbers."""

SOFT = 0.0045
"""The difference in score over which one ink fades into another."""

RIM = (6.0, 2.5)
"""The distances from the outline, in units, between which drawn contours fade out."""

INKS = (
    ("31533e", "c98b2e", "8c2f22", "e9dcb4", "1c3140", "6a8f5f", "d9654a"),
    ("1f3c63", "5d8fb8", "e0a868", "a8452f", "efe3cb", "3d6a50", "16202e"),
    ("5b2a4e", "c0567e", "e7a9a0", "2c4a7d", "e0bd5a", "f3e6d4", "261a34"),
    ("1c2b36", "4f8f8a", "e39a6a", "30607f", "f0e6d2", "bf4f3f", "e6c46a"),
    ("8a2c1d", "d9602c", "efb03f", "2a2338", "f4e0b0", "4f6f5a", "b9434a"),
    ("12303c", "1f7f88", "edb848", "cf4f2a", "f5ead0", "5a2f4a"),
    ("2b2340", "5a55a0", "cf567a", "f0a070", "f6e4bf", "2f7a70"),
    ("23242a", "b8392a", "dba84a", "efe4c8", "5f8a94", "2f4f7a"),
)
LAYOUTS = (("single", 1, 1, 6), ("tilted", 1, 1, 1))


@dataclass(frozen=True)
class _Patches:
    """The patch of each pixel (h, w): row and column, the position in it, and the distance to its seam in units.

    The position is ``down`` and ``across``, 0…1, from the patch's upper left corner.
    """

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    down: Array
    across: Array
    seam: Array

    def half(self, own: Array) -> NDArray[np.bool_]:
        """Return in which half of its patch each pixel lies (h, w); the cut is diagonal or horizontal.

        ``own`` (h, w, n) are the random numbers of its patch, 0…1, which decide the cut.
        """
        one, other = self.across > self.down, self.across + self.down > 1
        level = self.down > 0.35 + 0.3 * own[..., 1]
        return np.asarray(np.where(own[..., 2] < 0.35, one, np.where(own[..., 2] < 0.7, other, level)))


def draw(field: Field) -> Array:
    """Return the field redrawn as a patchwork in all inks: (h, w, 3), sRGB 0…1.

    There are no outlines: things differ from the ground only in lightness and hue.
    """
    patches = _patches(field)
    own = noise.cell_noise(TABLE, TABLE, field.seed + 7, 8)[patches.row, patches.column]
    half = patches.half(own)
    light = _polarity(field, patches)
    inks = colour.lab(field.inks)
    is_other = half & (own[..., 3] < 0.45)
    preferences = noise.cell_noise(TABLE, TABLE * 2, field.seed + 11, len(inks))
    preference = np.moveaxis(preferences, -1, 0)[:, patches.row, 2 * patches.column + is_other]
    shift = np.asarray(np.where(is_other, own[..., 5], own[..., 4]) - 0.5, np.float32)
    body = field.cut(field.blur(field.away, 1.2))
    ground = _choose_inks(inks, preference, *_ground(field, light, shift), 0.075)
    thing = _choose_inks(inks, preference, *_thing(field, light, shift), 0.028 - 0.016 * field.mean_request)
    mixed = over(thing, body, ground)
    mixed[..., 0] += 0.012 * field.cloud(14, 3) + 0.02 * (patches.down - 0.5) * np.sign(own[..., 6] - 0.5)
    mixed[..., 0] += 0.03 * (1 - step(patches.seam, 0, 1.2))
    # Patches meet at an edge about one pixel soft.
    return np.stack([field.blur(part, 0.5 * field.pixel) for part in np.moveaxis(colour.rgb(mixed), -1, 0)], -1)


def _patches(field: Field) -> _Patches:
    """Return random patches in uneven rows and columns, with each row shifted; straight, slanting or along arcs."""
    rng, (x, y), (high, wide) = field.chance(1), field.places, field.size
    side = float(rng.uniform(*SIDES)) * field.scale
    kind, turn = rng.random(), float(rng.choice((-1, 1)) * rng.uniform(0.08, 0.8))
    right, below = x - wide / 2, y - high / 2
    if kind < 0.35:
        right, below = right * np.cos(turn) + below * np.sin(turn), below * np.cos(turn) - right * np.sin(turn)
    elif kind < 0.55:
        far = float(rng.uniform(150, 300))
        right, below = right + far * np.sin(turn), below + far * np.cos(turn)
        right, below = np.arctan2(right, below) * far, np.hypot(right, below) - far
    heights, widths = (np.cumsum(rng.uniform(0.7, 1.3, TABLE)) * side for _ in range(2))
    shifts = rng.uniform(-0.2, 0.2, TABLE + 1).astype(np.float32) * side
    start = TABLE / 2 * side
    down = np.asarray(below + start + 1.2 * field.cloud(50, 1), np.float32)
    row = np.clip(np.searchsorted(heights, down), 1, TABLE - 1)
    across = np.asarray(right + start + shifts[row] + 1.2 * field.cloud(50, 2), np.float32)
    column = np.clip(np.searchsorted(widths, across), 1, TABLE - 1)
    top, bottom, left, right = heights[row - 1], heights[row], widths[column - 1], widths[column]
    seam = np.minimum(np.minimum(down - top, bottom - down), np.minimum(across - left, right - across))
    within = ((down - top) / (bottom - top), (across - left) / (right - left))
    down, across, seam = (np.asarray(each, np.float32) for each in (*within, seam))
    return _Patches(row, column, down, across, seam)


def _polarity(field: Field, patches: _Patches) -> Array:
    """Return 1 where things are light on dark, 0 where they are dark on light (h, w): it alternates between patches."""
    rng = field.chance(2)
    kind, wide = int(rng.integers(6)), int(rng.integers(2, 4))
    first = int(rng.random() < 0.6)
    row, column = (patches.row + int(rng.integers(4))) // wide, (patches.column + int(rng.integers(4))) // wide
    turned = {0: column, 1: row, 2: row + column, 3: (row + column) // 2}.get(kind, np.zeros_like(row))
    return np.asarray((turned + first) % 2, np.float32)


def _ground(field: Field, light: Array, shift: Array) -> tuple[Array, Array, Array]:
    """Return the wanted lightness (h, w) and hue (h, w, 2), Oklab, of the ground, and the weight of hue (h, w).

    ``light`` (h, w) is the polarity: where it is 1, the ground is dark. ``shift`` (h, w), ±0.5, varies each patch.
    """
    value = shift
    if field.is_place:
        place = steps(field.blur(field.far, 2.5), 3, 0.12)
        value = np.asarray(shift + field.placed * (0.8 * (place - 0.5) - 0.7 * shift), np.float32)
    lightness = np.where(light > 0.5, 0.34, 0.82) + value * np.where(light > 0.5, 0.26, 0.30)
    if field.mean_request:  # the ground is dark behind things requested in white, and light behind black ones
        strength = 0.75 * abs(field.extreme)
        lightness = lightness + ((0.34 if field.extreme > 0 else 0.82) - lightness) * strength
    hue = np.stack([field.blur(colour.lab(field.ground)[..., part], 3) for part in (1, 2)], -1)
    return np.asarray(lightness, np.float32), hue, field.placed * 0.8


def _thing(field: Field, light: Array, shift: Array) -> tuple[Array, Array, Array]:
    """Return lightness, hue and weight of hue of the things, as :func:`_ground`; the lightness has a few steps."""
    inner = step(field.away, *RIM)
    near = field.blur(field.cover, 7) + 0.02
    tone = np.clip(0.5 * field.tone + 0.5 * field.detail, 0, 1)
    drawn = np.concatenate([tone[..., None], field.lab[..., 1:]], -1)
    broad = np.stack([field.blur(drawn[..., part] * field.cover, 7) / near for part in range(3)], -1)
    drawn = np.stack([field.blur(drawn[..., part], 0.8) for part in range(3)], -1)
    held = over(broad, inner, drawn)
    value = steps(np.clip(held[..., 0], 0, 1), 3, 0.2)
    low = np.where(light > 0.5, 0.54, 0.19)
    lightness = low + 0.40 * value + 0.17 * shift
    if field.mean_request:  # things requested in white are hardly dark
        lightness = lightness + (0.3 + 0.3 * abs(field.extreme)) * field.request * (field.mean[0] - lightness)
    return np.asarray(lightness, np.float32), held[..., 1:], 1 + 1.5 * field.request


def _choose_inks(inks: Array, preference: Array, lightness: Array, hue: Array, counts: Array, free: float) -> Array:
    """Return the inks (h, w, 3), Oklab, nearest to a wanted lightness (h, w) and hue (h, w, 2).

    Their lightness is then moved to the wanted one. ``inks`` (n, 3) are in Oklab; ``preference`` (n, h, w), 0…1, is
    that of a patch for each ink. ``counts`` (h, w) is the weight of hue, ``free`` that of the preference.
    """
    off = (inks[:, 1:] ** 2).sum(-1)[:, None] - 2 * inks[:, 1:] @ hue.reshape(-1, 2).T
    score = 0.9 * (inks[:, :1, None] - lightness) ** 2 - free * preference + counts * off.reshape(preference.shape)
    share = np.exp((score.min(0) - score) * np.float32(2 / SOFT))
    lab = ((inks.T @ share.reshape(len(inks), -1)) / share.sum(0).reshape(-1)).T.reshape(*lightness.shape, 3)
    own = lab[..., 0]
    thinned = np.clip(1.05 * own / lightness, 0.5, 1)
    lab = lab * thinned[..., None]
    lab[..., 0] = own + 0.82 * (lightness - own)
    return np.asarray(lab, np.float32)
