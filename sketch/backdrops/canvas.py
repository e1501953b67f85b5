"""Canvas for backgrounds: soft-edged shapes in a setting's tones, and random numbers from its seed."""

from __future__ import annotations

import numpy as np
from PIL import Image

from sketch import colour
from sketch.colour import Array
from sketch.layers import channels
from sketch.layers.channels import Numbers as Numbers
from sketch.scene import Setting

LIGHT = np.float32(0.14)
"""How much brighter a wall is on the side that the light comes from, as a share of its brightness."""


class Canvas:
    """Background being drawn: coordinates 0…1, the setting's tones (5, 3), random numbers from the setting's seed.

    ``rgb`` (size, size, 3) is the picture so far. Lengths and distances are shares of the picture's side.
    """

    def __init__(self, setting: Setting, size: int) -> None:
        at = (np.arange(size, dtype=np.float32) + 0.5) / size
        self.x, self.y = np.meshgrid(at, at)
        self.pixel = 1 / size
        self.size = size
        self.setting = setting
        self.tones = np.stack([colour.parse_hex(tone) for tone in setting.tones])
        self.horizon = setting.horizon
        self.chance = np.random.default_rng(setting.seed)
        self.rgb = np.empty((size, size, 3), np.float32)

    def inside(self, distance: Numbers) -> Array:
        """Return each pixel's coverage, 0…1, by the area where ``distance`` (in shares of the side) is positive."""
        return np.asarray(np.clip(distance / self.pixel + 0.5, 0, 1), np.float32)

    def lay(self, tone: Numbers, cover: Numbers) -> None:
        """Blend a tone (3,) or (size, size, 3) over the picture in place, by a coverage (size, size), 0…1."""
        channels.lay(self.rgb, tone, cover)

    def fill(self, tone: Numbers, distance: Numbers, share: Numbers | float = 1.0) -> None:
        """Blend a tone, as :meth:`lay`, over the area where ``distance`` is positive, by a ``share`` of it."""
        self.lay(tone, share * self.inside(distance))

    def between(self, above: Numbers, below: Numbers, share: Numbers) -> Array:
        """Return the mix (size, size, 3) of two tones by a share (size, size): 0 is ``above``, 1 is ``below``."""
        return np.asarray(above + (below - above) * np.clip(share, 0, 1)[..., None], np.float32)

    def ridge(self, height: float, swing: float, cell: float) -> Array:
        """Return the y of a random skyline at each pixel's x (size, size), about ``height``.

        ``swing`` is about the deviation from it, and ``cell`` the width of the largest waves.
        """
        waves = np.zeros(self.size, np.float32)
        for octave in range(3):
            count = max(2, round(1 / cell * 2**octave)) + 3
            drawn = self.chance.normal(size=count).astype(np.float32)
            at = np.linspace(1, count - 2, self.size)
            low = at.astype(int)
            part = at - low
            part = part * part * (3 - 2 * part)
            waves += ((1 - part) * drawn[low] + part * drawn[low + 1]) * 0.45**octave
        return np.broadcast_to(height + swing * waves, (self.size, self.size)).astype(np.float32)

    def cloud(self, cell: float) -> Array:
        """Return soft noise (size, size), mean 0, deviation about 1, in spots of about ``cell``, a share of side."""
        count = max(2, round(1 / cell)) + 2
        drawn = self.chance.normal(size=(count, count)).astype(np.float32)
        return channels.resize(drawn, (self.size, self.size), Image.Resampling.BICUBIC) * np.float32(1.3)

    def disc(self, x: float, y: float, radius: float) -> Array:
        """Return each pixel's distance to the edge of a disc, positive inside."""
        return np.asarray(radius - np.hypot(self.x - x, self.y - y), np.float32)

    def box(self, left: float, top: float, right: float, bottom: float) -> Array:
        """Return each pixel's distance to the nearest edge of a box, positive inside."""
        across = np.minimum(self.x - left, right - self.x)
        return np.asarray(np.minimum(across, np.minimum(self.y - top, bottom - self.y)), np.float32)

    def any(self, low: float, high: float) -> float:
        """Return a random number, uniform from ``low`` to ``high``."""
        return float(self.chance.uniform(low, high))


def wave(at: Numbers, pitch: float) -> Numbers:
    """Return a triangle wave of period ``pitch``, -1…1: lowest at multiples of the pitch, highest half-way between."""
    return np.asarray(1 - 2 * np.abs(2 * ((at / pitch) % 1) - 1), np.float32)


def light_wall(canvas: Canvas) -> None:
    """Brighten the picture on the side that the light comes from and darken it on the other, in place."""
    side = (canvas.y - 0.5) * 0.5 - (canvas.x - 0.5) * canvas.setting.light
    canvas.rgb *= (1 - LIGHT * 2 * side)[..., None]
