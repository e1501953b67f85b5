"""A place in the making: quiet tones, noise that lies in perspective, folds of cloth, and the light that falls on it."""

from __future__ import annotations

import math

import numpy as np

from sketch import colour
from sketch.backdrops.canvas import Canvas, Numbers
from sketch.colour import Array
from sketch.scene import Setting

QUIET = 0.86
"""How much of their strength the tones of a setting keep in a painting."""

KEYED = 0.22
"""How far they go towards the colour that all of them have in common."""

FOLD_WIDTH = (0.035, 0.08)
"""How wide a fold of cloth is, as a share of the picture's side."""


class Stage(Canvas):
    """A canvas with the setting's tones made quiet, whose chance follows from the setting's seed and another one."""

    def __init__(self, setting: Setting, size: int, seed: int) -> None:
        super().__init__(setting, size)
        self.chance = np.random.default_rng((setting.seed, seed))
        self.tones = quiet(self.tones)
        self.light = math.copysign(max(0.35, abs(setting.light)), setting.light or -1.0)
        self.night = setting.time == "night"

    def noise(self, wide: float, high: float, octaves: int = 2) -> Array:
        """Draw soft noise (size, size) whose spots are ``wide`` and ``high``, mean 0, deviation about 1."""
        return self.sampled(self.x / wide, self.y / high, octaves)

    def sampled(self, u: Numbers, v: Numbers, octaves: int = 2) -> Array:
        """Look up soft noise of spots of about 1 at places u, v: mean 0, deviation about 1; it repeats far off."""
        total = np.zeros(u.shape, np.float32)
        for octave in range(octaves):
            drawn = self.chance.normal(size=(32, 32)).astype(np.float32)
            total += _between(drawn, u * 2**octave, v * 2**octave) * 0.5**octave
        return total * np.float32(1.4 / math.sqrt(sum(0.25**octave for octave in range(octaves))))

    def soft(self, distance: Numbers, width: float) -> Array:
        """Return how far each place is covered by what lies where ``distance`` is positive, with a soft edge."""
        t = np.clip(distance / width + 0.5, 0, 1)
        return np.asarray(t * t * (3 - 2 * t), np.float32)

    def shade(self, amount: Numbers) -> None:
        """Brighten what is there where ``amount`` is positive, towards warm, and darken it else, towards cool."""
        lit = np.clip(amount, 0, 1)[..., None]
        dark = np.clip(-amount, 0, 1)[..., None]
        self.rgb *= 1 - dark * _COOL
        self.rgb += (1 - self.rgb) * lit * _WARM

    def vary(self, amount: float, wide: float, high: float) -> None:
        """Break the colours within what is there: now lighter, now warmer."""
        light, warm = self.noise(wide, high, 3), self.noise(wide * 1.4, high * 1.4)
        drift = np.stack([light + 0.8 * warm, light, light - 0.8 * warm], -1)
        self.rgb *= 1 + np.float32(amount) * drift

    def folds(self, number: int, lean: float, spread: float, depth: Numbers) -> Array:
        """Return the light on cloth with folds that run about ``lean`` radians: (size, size), about -1…1.

        ``depth`` (size, size) is how far things lie from the eye, which makes folds narrower.
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


def quiet(tones: Array) -> Array:
    """Take strength from tones (n, 3) and bring them nearer to what they have in common."""
    lab = colour.lab(tones)
    common = lab[:, 1:].mean(0)
    lab[:, 1:] = QUIET * (lab[:, 1:] + (common - lab[:, 1:]) * KEYED)
    return colour.rgb(lab)


def _between(drawn: Array, u: Numbers, v: Numbers) -> Array:
    """Look up a table that repeats, smoothly between its numbers."""
    left, top = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    part_u, part_v = (each - low for each, low in ((u, left), (v, top)))
    part_u, part_v = part_u * part_u * (3 - 2 * part_u), part_v * part_v * (3 - 2 * part_v)
    n = len(drawn)
    rows, columns = (top % n, (top + 1) % n), (left % n, (left + 1) % n)
    upper = drawn[rows[0], columns[0]] * (1 - part_u) + drawn[rows[0], columns[1]] * part_u
    lower = drawn[rows[1], columns[0]] * (1 - part_u) + drawn[rows[1], columns[1]] * part_u
    return np.asarray(upper * (1 - part_v) + lower * part_v, np.float32)
