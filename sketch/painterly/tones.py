"""Tones of a painting: colours drawn to a common key, few masses of light and dark, no contours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.layers import channels
from sketch.lighting.form import blurred
from sketch.scene import Setting

STRONGEST = 0.15
"""The chroma that colours come near to and do not pass, where they had much more."""

KEYED = 0.16
"""How far colours without strength go to the key; strong ones go less, and stay what they are."""

MASSES, GROUPED = 4.0, 0.55
"""Into how many masses lights and darks are grouped, and how far."""

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


def graded(rgb: Array, towards: Key, amount: float) -> Array:
    """Bring a picture (n, n, 3) into a key."""
    lab = colour.lab(rgb)
    light, ab = lab[..., :1], lab[..., 1:]
    strength = np.sqrt((ab**2).sum(-1, keepdims=True))
    # A knee: weak colours keep their strength, and none is as loud as a screen can be.
    held = strength / np.sqrt(1 + (strength / STRONGEST) ** 2 * amount)
    lean = towards.dark + (towards.light - towards.dark) * np.clip(light * 1.4 - 0.2, 0, 1)
    pull = KEYED * amount * (1 - 0.75 * np.clip(strength / 0.15, 0, 1))
    ab = ab * ((0.06 + held * 1.05) / (0.06 + strength)) * (1 - pull) + lean * pull * 2
    wave = np.sin(2 * np.pi * MASSES * light) / (2 * np.pi * MASSES)
    light = light - GROUPED * amount * wave
    light = 0.09 + 0.885 * light  # no paint is black, and paper is no lamp
    return colour.rgb(np.concatenate([light, ab], -1).astype(np.float32))


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


def _spread(rgb: Array, weight: Array, reach: float) -> Array:
    total = blurred(weight, reach) + 1e-4
    return np.stack([blurred(rgb[..., part] * weight, reach) / total for part in range(3)], -1)
