"""Canvas for painterly places: muted tones, noise in perspective, folds of cloth, and light."""

from __future__ import annotations

import math

import numpy as np

from sketch import colour
from sketch.backdrops.canvas import Canvas, Numbers
from sketch.colour import Array
from sketch.scene import Setting

QUIET = 0.86
"""The factor by which the chroma of a setting's tones is reduced in a painting."""

KEYED = 0.22
"""How far the tones move towards their mean hue, 0…1."""

FOLD_WIDTH = (0.035, 0.08)
"""The range of a fold's width, as a share of the picture's side."""


class Stage(Canvas):
    """A canvas for a painted place, with muted tones.

    The random numbers depend on the setting's seed and on ``seed``. ``light`` is its side, -1…1, but never near 0.
    """

    def __init__(self, setting: Setting, size: int, seed: int) -> None:
        super().__init__(setting, size)
        self.chance = np.random.default_rng((setting.seed, seed))
        self.tones = mute(self.tones)
        self.light = math.copysign(max(0.35, abs(setting.light)), setting.light or -1.0)
        self.night = setting.time == "night"

    def noise(self, wide: float, high: float, octaves: int = 2) -> Array:
        """Return soft noise (size, size), mean 0, deviation about 1, in spots ``wide`` by ``high`` (shares of side)."""
        return self.sample(self.x / wide, self.y / high, octaves)

    def sample(self, u: Numbers, v: Numbers, octaves: int = 2) -> Array:
        """Return soft noise at positions u, v, with spots of size 1: mean 0, deviation about 1, repeating every 32."""
        total = np.zeros(u.shape, np.float32)
        for octave in range(octaves):
            drawn = self.chance.normal(size=(32, 32)).astype(np.float32)
            total += interpolate(drawn, u * 2**octave, v * 2**octave) * 0.5**octave
        return total * np.float32(1.4 / math.sqrt(sum(0.25**octave for octave in range(octaves))))

    def soft(self, distance: Numbers, width: float) -> Array:
        """Return each pixel's coverage, 0…1, by the area where ``distance`` is positive; the edge is ``width`` wide."""
        t = np.clip(distance / width + 0.5, 0, 1)
        return np.asarray(t * t * (3 - 2 * t), np.float32)

    def shade(self, amount: Numbers) -> None:
        """Brighten the picture warmly where ``amount``, -1…1, is positive and darken it coolly elsewhere, in place."""
        lit = np.clip(amount, 0, 1)[..., None]
        dark = np.clip(-amount, 0, 1)[..., None]
        self.rgb *= 1 - dark * _COOL
        self.rgb += (1 - self.rgb) * lit * _WARM

    def vary(self, amount: float, wide: float, high: float) -> None:
        """Vary lightness and warmth by about ``amount``, in place, in spots ``wide`` by ``high`` (shares of side)."""
        light, warm = self.noise(wide, high, 3), self.noise(wide * 1.4, high * 1.4)
        drift = np.stack([light + 0.8 * warm, light, light - 0.8 * warm], -1)
        self.rgb *= 1 + np.float32(amount) * drift

    def folds(self, number: int, lean: float, spread: float, depth: Numbers) -> Array:
        """Return how cloth with ``number`` folds takes the light: (size, size), -1 in shade to 1 in light.

        The folds run at angles within ``spread`` of ``lean``, in radians. ``depth`` (size, size) is 0 far away and 1
        near the viewer, where folds are wider.
        """
        height = np.zeros_like(self.x)
        for _ in range(number):
            angle = lean + self.any(-spread, spread)
            x, y = self.any(-0.1, 1.1), self.any(-0.1, 1.1)
            along = (self.x - x) * math.cos(angle) + (self.y - y) * math.sin(angle)
            away = (self.y - y) * math.cos(angle) - (self.x - x) * math.sin(angle)
            away = away + self.any(-0.25, 0.25) * along**2 + 0.012 * np.sin(along * self.any(8, 16))
            width = self.any(*FOLD_WIDTH) * (0.55 + 0.6 * depth)
            ends = np.exp(-((along / self.any(0.25, 0.6)) ** 2))
            height += self.any(0.6, 1.1) * ends * width * np.exp(-((away / width) ** 2))
        down, across = np.gradient(height, self.pixel)
        return np.asarray(np.clip(across * self.light - down * 0.6, -1, 1), np.float32)


_COOL = np.array([1.0, 0.93, 0.84], np.float32)
_WARM = np.array([1.0, 0.96, 0.86], np.float32)


def mute(tones: Array) -> Array:
    """Return tones (n, 3), sRGB 0…1, with less chroma and nearer to their mean hue."""
    lab = colour.lab(tones)
    common = lab[:, 1:].mean(0)
    lab[:, 1:] = QUIET * (lab[:, 1:] + (common - lab[:, 1:]) * KEYED)
    return colour.rgb(lab)


def interpolate(drawn: Array, u: Numbers, v: Numbers) -> Array:
    """Return the values of a table (n, n), which repeats, at columns u and rows v, interpolated smoothly."""
    left, top = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    part_u, part_v = (each - low for each, low in ((u, left), (v, top)))
    part_u, part_v = part_u * part_u * (3 - 2 * part_u), part_v * part_v * (3 - 2 * part_v)
    n = len(drawn)
    rows, columns = (top % n, (top + 1) % n), (left % n, (left + 1) % n)
    upper = drawn[rows[0], columns[0]] * (1 - part_u) + drawn[rows[0], columns[1]] * part_u
    lower = drawn[rows[1], columns[0]] * (1 - part_u) + drawn[rows[1], columns[1]] * part_u
    return np.asarray(upper * (1 - part_v) + lower * part_v, np.float32)
