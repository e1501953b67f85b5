"""Canvas for painterly places: muted tones, noise in perspective, folds of cloth, and light."""

from __future__ import annotations

import math

import numpy as np

from sketch import colour
from sketch.backdrops.canvas import Canvas, Numbers
from sketch.colour import Array
from sketch.scene import Setting

QUIET = 0.86
"""The share of their chroma that a setting's tones have in a painting."""

KEYED = 0.22
"""How far the tones move towards their common colour."""

FOLD_WIDTH = (0.035, 0.08)
"""The range of a fold's width, as a share of the picture's side."""


class Stage(Canvas):
    """A canvas with the setting's tones muted, and a random generator from the setting's seed and another one."""

    def __init__(self, setting: Setting, size: int, seed: int) -> None:
        super().__init__(setting, size)
        self.chance = np.random.default_rng((setting.seed, seed))
        self.tones = mute(self.tones)
        self.light = math.copysign(max(0.35, abs(setting.light)), setting.light or -1.0)
        self.night = setting.time == "night"

    def noise(self, wide: float, high: float, octaves: int = 2) -> Array:
        """Return soft noise (size, size) with spots of the given width and height, mean 0 and deviation about 1."""
        return self.sample(self.x / wide, self.y / high, octaves)

    def sample(self, u: Numbers, v: Numbers, octaves: int = 2) -> Array:
        """Return soft noise with spots of size 1 at positions u, v: mean 0, deviation about 1, repeating."""
        total = np.zeros(u.shape, np.float32)
        for octave in range(octaves):
            drawn = self.chance.normal(size=(32, 32)).astype(np.float32)
            total += interpolate(drawn, u * 2**octave, v * 2**octave) * 0.5**octave
        return total * np.float32(1.4 / math.sqrt(sum(0.25**octave for octave in range(octaves))))

    def soft(self, distance: Numbers, width: float) -> Array:
        """Return each pixel's coverage, 0…1, by the area where ``distance`` is positive, with a soft edge."""
        t = np.clip(distance / width + 0.5, 0, 1)
        return np.asarray(t * t * (3 - 2 * t), np.float32)

    def shade(self, amount: Numbers) -> None:
        """Brighten the picture towards warm where ``amount`` is positive, else darken it towards cool, in place."""
        lit = np.clip(amount, 0, 1)[..., None]
        dark = np.clip(-amount, 0, 1)[..., None]
        self.rgb *= 1 - dark * _COOL
        self.rgb += (1 - self.rgb) * lit * _WARM

    def vary(self, amount: float, wide: float, high: float) -> None:
        """Vary the lightness and warmth of the picture's colours, in place."""
        light, warm = self.noise(wide, high, 3), self.noise(wide * 1.4, high * 1.4)
        drift = np.stack([light + 0.8 * warm, light, light - 0.8 * warm], -1)
        self.rgb *= 1 + np.float32(amount) * drift

    def folds(self, number: int, lean: float, spread: float, depth: Numbers) -> Array:
        """Return the light on cloth with folds at about ``lean`` radians: (size, size), about -1…1.

        ``depth`` (size, size) is the distance from the viewer, by which folds become narrower.
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
    """Return tones (n, 3) with less chroma, and nearer to their common colour."""
    lab = colour.lab(tones)
    common = lab[:, 1:].mean(0)
    lab[:, 1:] = QUIET * (lab[:, 1:] + (common - lab[:, 1:]) * KEYED)
    return colour.rgb(lab)


def interpolate(drawn: Array, u: Numbers, v: Numbers) -> Array:
    """Return a repeating table (n, n) interpolated smoothly at positions u, v."""
    left, top = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    part_u, part_v = (each - low for each, low in ((u, left), (v, top)))
    part_u, part_v = part_u * part_u * (3 - 2 * part_u), part_v * part_v * (3 - 2 * part_v)
    n = len(drawn)
    rows, columns = (top % n, (top + 1) % n), (left % n, (left + 1) % n)
    upper = drawn[rows[0], columns[0]] * (1 - part_u) + drawn[rows[0], columns[1]] * part_u
    lower = drawn[rows[1], columns[0]] * (1 - part_u) + drawn[rows[1], columns[1]] * part_u
    return np.asarray(upper * (1 - part_v) + lower * part_v, np.float32)
