"""Draw a setting's background: its kind, then the weather over it.

A background consists of large shapes in few colours, which a style redraws. It depends only on the setting, so that
training, generation and previews see the same one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sketch.backdrops import indoors, outdoors
from sketch.backdrops.canvas import Canvas
from sketch.colour import Array
from sketch.scene import Setting
from sketch.surroundings import Surroundings

BROKEN = 0.035
"""Strength of the colour variation within large areas."""


def draw(setting: Setting, size: int) -> Array:
    """Return a setting's background (size, size, 3), sRGB 0…1; for a photo's surroundings, the resized photo."""
    if isinstance(setting, Surroundings):
        return setting.draw(size)
    canvas = Canvas(setting, size)
    _DRAWN[setting.kind](canvas)
    if setting.modelling:
        _break_colour(canvas)
    _weather(canvas)
    return np.clip(canvas.rgb, 0, 1)


def _break_colour(canvas: Canvas) -> None:
    """Vary the lightness and warmth of large areas in place, as paint does."""
    light, warm = canvas.cloud(0.3), canvas.cloud(0.4)
    drift = np.stack([light + warm, light + 0.2 * warm, light - warm], -1)
    canvas.rgb *= 1 + BROKEN * canvas.setting.modelling * drift


def _weather(canvas: Canvas) -> None:
    """Draw rain or snow over the picture, in place."""
    if canvas.setting.weather == "rain":
        lean = canvas.any(-0.35, 0.35)
        for _ in range(38):
            x, y, long = canvas.any(-0.1, 1.1), canvas.any(-0.05, 1), canvas.any(0.05, 0.1)
            along = canvas.y - y
            drop = np.minimum(0.004 - np.abs(canvas.x - x - lean * along), np.minimum(along, long - along))
            canvas.fill(canvas.tones[1] * 0.5 + 0.5, drop, 0.7)
    elif canvas.setting.weather == "snow":
        for _ in range(44):
            flake = canvas.disc(canvas.any(0, 1), canvas.any(0, 1), canvas.any(0.006, 0.015))
            canvas.fill(np.array([1, 1, 1], np.float32), flake, 0.9)


_DRAWN: dict[str, Callable[[Canvas], None]] = {
    "plain": indoors.plain, "split": indoors.split, "pattern": indoors.pattern, "table": indoors.table,
    "room": indoors.room, "window": indoors.window, "hills": outdoors.hills, "forest": outdoors.forest,
    "desert": outdoors.desert, "sea": outdoors.sea, "underwater": outdoors.underwater, "sky": outdoors.open_sky,
    "street": outdoors.street, "space": outdoors.space,
}  # fmt: skip
