"""Tones of a painting: colours drawn to a common key, few masses of light and dark, no contours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.layers import channels
from sketch.lighting.form import blurred
from sketch.painterly import forms
from sketch.scene import Setting

STRONGEST = 0.110
"""The chroma that colours come near to and do not pass, where they had much more: that of oil pigments on average."""

WARM, EARTHY = (0.96, 0.038), (1.22, 0.015)
"""Where in hue, and by how much, pigments are stronger: towards orange, and in orange and blue rather than in green."""

LEAFY = 0.2
"""How much weaker green pigments are than their neighbours."""

PALE = 0.45
"""How much of their strength colours lose that are lighter than any pigment of their hue."""

KEYED = 0.16
"""How far colours without strength go to the key; strong ones go less, and stay what they are."""

OWN, DEEPEST = 0.85, 0.15
"""How far a colour that was asked for keeps its hue, and the chroma that it comes near to and does not pass."""

MASSES, GROUPED = 4.0, 0.55
"""Into how many masses lights and darks are grouped, and how far."""

GLINT = 0.02
"""How wide a glint is at most, as a share of the picture's side."""

LINE = 0.011
"""How wide the contour of a drawing is at most, as a share of the picture's side."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a picture's colours have in common: where lights and darks lean to in Oklab (2,) each."""

    light: Array
    dark: Array

    @classmethod
    def mixed(cls, keys: Sequence[tuple[Key, float]]) -> Key:
        """Return the mean of keys by their shares."""
        light, dark = (
            sum(share * np.asarray(getattr(each, name)) for each, share in keys) for name in ("light", "dark")
        )
        return cls(np.asarray(light, np.float32), np.asarray(dark, np.float32))


def key(setting: Setting) -> Key:
    """Return the key of a setting: its lights lean to what is far and bright, its darks to their counterpart."""
    lab = colour.lab(np.stack([colour.parsed(tone) for tone in setting.tones]))
    common = lab[:, 1:].mean(0)
    warm = {"dusk": (0.03, 0.05), "night": (-0.01, -0.03)}.get(setting.time, (0.008, 0.03))
    light = 0.5 * common + np.array(warm, np.float32)
    return Key(np.asarray(light, np.float32), np.asarray(0.6 * common + np.array((0.0, -0.02), np.float32), np.float32))


def graded(rgb: Array, towards: Key, amount: float, *, own: tuple[Array, Array] | None = None) -> Array:
    """Bring a picture (n, n, 3) into a key.

    ``own`` are the colours (n, n, 3) that things have in plain light, and how far each was asked for (n, n, 1).
    """
    lab = colour.lab(rgb)
    light, ab = lab[..., :1].copy(), lab[..., 1:]
    strength = np.hypot(ab[..., :1], ab[..., 1:])
    # A knee: weak colours keep their strength, and none is louder than a pigment of its hue.
    green = _greenness(ab, strength)
    most = _strongest(light, ab, strength) * (1 - LEAFY * green)
    over = np.square(strength / most)
    held = strength / np.sqrt(np.sqrt(1 + over * over * np.float32(amount)))
    # What was louder is a deeper colour in paint.
    light -= np.float32(0.9 * amount) * green * held * np.clip(3 * light - 1.5, 0, 1)
    light -= np.float32(0.9 * amount) * np.clip(strength - held - 0.01, 0, 0.2)
    lean = towards.dark + (towards.light - towards.dark) * np.clip(light * 1.4 - 0.2, 0, 1)
    pull = KEYED * amount * (1 - 0.6 * np.clip(strength / 0.15, 0, 1))
    ab = ab * ((0.03 + held) / (0.03 + strength)) * (1 - pull) + lean * pull * 2
    if own is not None:
        ab = _kept(ab, *own)
    wave = np.sin(2 * np.pi * MASSES * light) / (2 * np.pi * MASSES)
    light = light - GROUPED * amount * wave
    light = 0.09 + 0.885 * light  # no paint is black, and paper is no lamp
    return colour.rgb(np.concatenate([light, ab], -1).astype(np.float32))


def _kept(ab: Array, plain: Array, asked: Array) -> Array:
    """Return hues (n, n, 2) that go back to those of plain colours (n, n, 3), as deep as pigments, where asked for."""
    where = np.nonzero(asked[..., 0])
    hue = colour.lab(plain[where])[:, 1:]
    hue = hue / np.sqrt(1 + (hue**2).sum(-1, keepdims=True) / np.float32(DEEPEST**2))
    kept = ab.copy()
    kept[where] += (hue - ab[where]) * (np.float32(OWN) * asked[where])
    return kept


def _greenness(ab: Array, strength: Array) -> Array:
    """Return how near hues are to green, 0…1: there is none that is strong and light among pigments."""
    near = (ab[..., 1:] * np.float32(0.5) - ab[..., :1] * np.float32(0.866)) / (strength + 1e-4)
    return np.asarray(np.clip(2.5 * near - 1.5, 0, 1), np.float32)


def _strongest(light: Array, ab: Array, strength: Array) -> Array:
    """Return the chroma of the strongest pigment of each hue: most in reds to yellows, least in greens and cyans."""
    a, b = ab[..., :1] / (strength + 1e-4), ab[..., 1:] / (strength + 1e-4)
    warm = a * np.float32(np.cos(WARM[0])) + b * np.float32(np.sin(WARM[0]))
    double = (a * a - b * b) * np.float32(np.cos(2 * EARTHY[0])) + 2 * a * b * np.float32(np.sin(2 * EARTHY[0]))
    most = STRONGEST + WARM[1] * warm + EARTHY[1] * double
    # Only yellows are strong and light at once, and nothing dark is strong.
    pale = np.clip((light - 0.72 - 0.16 * b) / 0.28, 0, 1)
    return np.asarray(most * (1 - PALE * pale) * np.clip(0.25 + 2 * light, 0, 1), np.float32)


def without_highlights(rgb: Array, alpha: Array, tint: Array) -> Array:
    """Soften small white spots within things, as drawings of shiny ones have, to the light's ``tint`` (3,).

    Whites that are broad, or lie in the dark as the glint of an eye does, stay.
    """
    size = len(alpha)
    least = np.minimum(np.minimum(rgb[..., 0], rgb[..., 1]), rgb[..., 2])
    pale = np.clip((least - 0.62) * 5, 0, 1) * alpha
    held = forms.coarse(np.concatenate([rgb * alpha[..., None], pale[..., None], alpha[..., None]], -1))
    small, spots, cover = held[..., :3], held[..., 3], held[..., 4]
    reach = max(1.0, GLINT * len(held))
    beside = _spread(small, (1 - 0.98 * spots) + 1e-3, 1.5 * reach, cover)
    broad = blurred(spots, 2 * reach) / (blurred(cover, 2 * reach) + 1e-3)
    brightness = beside @ _LUMA
    gate = (
        np.clip((0.62 - broad) * 4, 0, 1)
        * np.clip((brightness - 0.3) * 5, 0, 1)
        * np.clip(6.5 - 7.5 * brightness, 0, 1)
    )
    softened = beside + (tint - beside) * np.float32(0.25)
    amount = pale * forms.resized(np.asarray(0.85 * gate, np.float32), size)
    return np.asarray(rgb + (forms.resized(softened, size) - rgb) * amount[..., None], np.float32)


def without_contours(rgb: Array, alpha: Array) -> Array:
    """Replace thin dark lines at the edge of things, and soften those within, by the colours beside them.

    What is dark and broader than a line, as eyes are, stays. ``rgb`` (n, n, 3) and ``alpha`` (n, n).
    """
    size = len(alpha)
    luma = rgb @ _LUMA
    reach = max(1.0, LINE * size)
    # Light neighbours count, dark ones hardly: so a line takes what lies beside it.
    weight = alpha * (0.004 + np.clip(luma - 0.12, 0, 1) ** 2)
    beside = _spread(rgb, weight, 1.6 * reach)
    lighter = np.clip((beside @ _LUMA - luma) * 4 - 0.25, 0, 1)
    dark = np.clip((0.42 - luma) / 0.2, 0, 1) * alpha
    # Beyond the edge there is nothing: what counts is the share of the thing around.
    broad = blurred(dark, 2.4 * reach) / (blurred(alpha, 2.4 * reach) + 1e-3)
    broad = np.clip((broad - 0.5) / 0.25, 0, 1)
    outer = np.clip((0.97 - blurred(alpha, 2.2 * reach)) / 0.25, 0, 1)
    amount = lighter * (1 - broad) * (0.35 + 0.65 * outer)
    return channels.over(beside * 0.92, amount, rgb)


_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def _spread(rgb: Array, weight: Array, reach: float, cover: Array | None = None) -> Array:
    """Spread colours by weights; they are premultiplied by their ``cover`` where one is given."""
    total = blurred(weight if cover is None else weight * cover, reach) + 1e-4
    return np.stack([blurred(rgb[..., part] * weight, reach) / total for part in range(3)], -1)
