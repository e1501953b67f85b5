"""Colours as in a painting: in a common key, with few masses of light and dark, without drawn contours.

Chroma is that of Oklab, about 0…0.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.layers import channels
from sketch.lighting.form import blur
from sketch.painterly import forms
from sketch.scene import Setting

STRONGEST = 0.110
"""The largest chroma of oil pigments, on average over the hues; colours approach it and do not exceed it."""

WARM, EARTHY = (0.96, 0.038), (1.22, 0.015)
"""Hues in radians at which the largest chroma is higher, and by how much: orange; and orange as well as its opposite,
blue."""

LEAFY = 0.2
"""The share by which the largest chroma is lower for greens."""

PALE = 0.45
"""The share by which the largest chroma is lower for colours lighter than any pigment of their hue."""

KEYED = 0.16
"""How far weak colours move to the key, 0…1; strong ones move less."""

OWN, DEEPEST = 0.85, 0.15
"""How far a requested colour keeps its hue, 0…1, and the chroma that it approaches and does not exceed."""

MASSES, GROUPED = 4.0, 0.55
"""The number of steps into which lightness is grouped, and the strength of the grouping, 0…1."""

GLINT = 0.02
"""The largest width of a highlight that is softened, as a share of the picture's side."""

LINE = 0.011
"""The largest width of a contour that is removed, as a share of the picture's side."""


@dataclass(frozen=True, slots=True)
class Key:
    """A picture's colour key: the colours to which its lights and its darks tend, as Oklab's a and b, (2,) each."""

    light: Array
    dark: Array


def key(setting: Setting) -> Key:
    """Return a setting's key: its mean hue, changed in the lights by the time of day and in the darks towards blue."""
    lab = colour.lab(np.stack([colour.parse_hex(tone) for tone in setting.tones]))
    common = lab[:, 1:].mean(0)
    warm = {"dusk": (0.03, 0.05), "night": (-0.01, -0.03)}.get(setting.time, (0.008, 0.03))
    light = 0.5 * common + np.array(warm, np.float32)
    return Key(np.asarray(light, np.float32), np.asarray(0.6 * common + np.array((0.0, -0.02), np.float32), np.float32))


def grade(rgb: Array, towards: Key, amount: float, *, own: tuple[Array, Array] | None = None) -> Array:
    """Return a picture (n, n, 3), sRGB 0…1, with its colours moved into a key by ``amount``, 0…1.

    ``own`` are the things' colours before they were lit (n, n, 3), and how far each was requested (n, n, 1), 0…1;
    requested colours keep their hue.
    """
    lab = colour.lab(rgb)
    light, ab = lab[..., :1].copy(), lab[..., 1:]
    strength = np.hypot(ab[..., :1], ab[..., 1:])
    # Limit chroma softly: weak colours keep theirs, and none exceeds the pigments of its hue.
    green = _greenness(ab, strength)
    most = _strongest(light, ab, strength) * (1 - LEAFY * green)
    over = np.square(strength / most)
    chroma = strength / np.sqrt(np.sqrt(1 + over * over * np.float32(amount)))
    # Colours that lose chroma become darker, as in paint.
    light -= np.float32(0.9 * amount) * green * chroma * np.clip(3 * light - 1.5, 0, 1)
    light -= np.float32(0.9 * amount) * np.clip(strength - chroma - 0.01, 0, 0.2)
    lean = towards.dark + (towards.light - towards.dark) * np.clip(light * 1.4 - 0.2, 0, 1)
    pull = KEYED * amount * (1 - 0.6 * np.clip(strength / 0.15, 0, 1))
    ab = ab * ((0.03 + chroma) / (0.03 + strength)) * (1 - pull) + lean * pull * 2
    if own is not None:
        ab = _restore_hues(ab, *own)
    wave = np.sin(2 * np.pi * MASSES * light) / (2 * np.pi * MASSES)
    light = light - GROUPED * amount * wave
    light = 0.09 + 0.885 * light  # paint is never quite black, and paper never quite white
    return colour.rgb(np.concatenate([light, ab], -1).astype(np.float32))


def _restore_hues(ab: Array, plain: Array, requested: Array) -> Array:
    """Return Oklab's a and b (n, n, 2), moved back to those of the colours ``plain`` (n, n, 3) where requested.

    ``requested`` (n, n, 1) is 0…1. The chroma of these colours is limited to :data:`DEEPEST`.
    """
    where = np.nonzero(requested[..., 0])
    hue = colour.lab(plain[where])[:, 1:]
    hue = hue / np.sqrt(1 + (hue**2).sum(-1, keepdims=True) / np.float32(DEEPEST**2))
    result = ab.copy()
    result[where] += (hue - ab[where]) * (np.float32(OWN) * requested[where])
    return result


def _greenness(ab: Array, strength: Array) -> Array:
    """Return how near hues are to green, 0…1 (n, n, 1), because no pigment is a strong and light green.

    ``ab`` (n, n, 2) are Oklab's a and b, ``strength`` (n, n, 1) their chroma.
    """
    near = (ab[..., 1:] * np.float32(0.5) - ab[..., :1] * np.float32(0.866)) / (strength + 1e-4)
    return np.asarray(np.clip(2.5 * near - 1.5, 0, 1), np.float32)


def _strongest(light: Array, ab: Array, strength: Array) -> Array:
    """Return the largest chroma (n, n, 1) by hue and lightness: most for red to yellow, least for green and cyan."""
    a, b = ab[..., :1] / (strength + 1e-4), ab[..., 1:] / (strength + 1e-4)
    warm = a * np.float32(np.cos(WARM[0])) + b * np.float32(np.sin(WARM[0]))
    double = (a * a - b * b) * np.float32(np.cos(2 * EARTHY[0])) + 2 * a * b * np.float32(np.sin(2 * EARTHY[0]))
    most = STRONGEST + WARM[1] * warm + EARTHY[1] * double
    # Only yellows are strong and light at once, and no dark colour is strong.
    pale = np.clip((light - 0.72 - 0.16 * b) / 0.28, 0, 1)
    return np.asarray(most * (1 - PALE * pale) * np.clip(0.25 + 2 * light, 0, 1), np.float32)


def soften_highlights(rgb: Array, alpha: Array, tint: Array) -> Array:
    """Return a picture (n, n, 3) whose small white spots within things are softened to the light's ``tint`` (3,).

    Broad whites stay, and so do highlights in the dark, as in an eye. ``alpha`` (n, n) is the things' coverage.
    """
    size = len(alpha)
    least = np.minimum(np.minimum(rgb[..., 0], rgb[..., 1]), rgb[..., 2])
    pale = np.clip((least - 0.62) * 5, 0, 1) * alpha
    stack = forms.coarse(np.concatenate([rgb * alpha[..., None], pale[..., None], alpha[..., None]], -1))
    small, spots, cover = stack[..., :3], stack[..., 3], stack[..., 4]
    reach = max(1.0, GLINT * len(stack))
    beside = _spread(small, (1 - 0.98 * spots) + 1e-3, 1.5 * reach, cover)
    broad = blur(spots, 2 * reach) / (blur(cover, 2 * reach) + 1e-3)
    brightness = beside @ _LUMA
    gate = (
        np.clip((0.62 - broad) * 4, 0, 1)
        * np.clip((brightness - 0.3) * 5, 0, 1)
        * np.clip(6.5 - 7.5 * brightness, 0, 1)
    )
    softened = beside + (tint - beside) * np.float32(0.25)
    amount = pale * forms.resize(np.asarray(0.85 * gate, np.float32), size)
    return np.asarray(rgb + (forms.resize(softened, size) - rgb) * amount[..., None], np.float32)


def remove_contours(rgb: Array, alpha: Array) -> Array:
    """Return a picture (n, n, 3) whose thin dark lines, at edges and within things, take the colours next to them.

    Dark parts broader than a line, such as eyes, stay. ``alpha`` (n, n) is the things' coverage.
    """
    size = len(alpha)
    luma = rgb @ _LUMA
    reach = max(1.0, LINE * size)
    # Light neighbours weigh most, so that a line takes the colour next to it.
    weight = alpha * (0.004 + np.clip(luma - 0.12, 0, 1) ** 2)
    beside = _spread(rgb, weight, 1.6 * reach)
    lighter = np.clip((beside @ _LUMA - luma) * 4 - 0.25, 0, 1)
    dark = np.clip((0.42 - luma) / 0.2, 0, 1) * alpha
    # Nothing is dark outside the thing, so divide by its coverage.
    broad = blur(dark, 2.4 * reach) / (blur(alpha, 2.4 * reach) + 1e-3)
    broad = np.clip((broad - 0.5) / 0.25, 0, 1)
    outer = np.clip((0.97 - blur(alpha, 2.2 * reach)) / 0.25, 0, 1)
    amount = lighter * (1 - broad) * (0.35 + 0.65 * outer)
    return channels.over(beside * 0.92, amount, rgb)


_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def _spread(rgb: Array, weight: Array, reach: float, cover: Array | None = None) -> Array:
    """Return colours (n, n, 3) blurred by ``reach`` pixels, weighted by ``weight`` (n, n).

    With ``cover`` (n, n), the colours are given multiplied by it.
    """
    total = blur(weight if cover is None else weight * cover, reach) + 1e-4
    return np.stack([blur(rgb[..., part] * weight, reach) / total for part in range(3)], -1)
