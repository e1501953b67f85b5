"""The background of a painterly scene: a place with depth, cached by setting, size and seed."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from sketch.colour import Array
from sketch.painterly import indoors, outdoors
from sketch.painterly.stage import Stage
from sketch.scene import Setting

GATHERED = 0.3
"""How much darker a picture's corners are, 0…1."""

UNPAINTED = 0.14
"""The share of pictures, except at night, whose background fades to bare paper towards the frame."""

PAPER = (0.955, 0.935, 0.89)

KEYS = (0.62, 1.1)
"""The range of the random exponent of a background's colours: below 1 the picture becomes light, above 1 dark."""


@lru_cache(maxsize=16)
def draw_place(setting: Setting, size: int, seed: int) -> Array:
    """Return the background of a setting as a painted place (size, size, 3), sRGB 0…1.

    The array is cached and read-only.

    :raises KeyError: when :func:`is_place` is false for the setting.
    """
    stage = Stage(setting, size, seed)
    _DRAWN[setting.kind](stage)
    np.clip(stage.rgb, 0, 1, out=stage.rgb)
    if setting.weather:
        _weather(stage)
    stage.rgb **= np.float32(stage.any(*KEYS) if not stage.night else 1.0)
    away = np.hypot(stage.x - 0.5 + 0.12 * stage.light, stage.y - 0.5)
    stage.rgb *= (1 - GATHERED * stage.soft(away - 0.56, 0.5))[..., None]
    _leave_paper(stage)
    np.clip(stage.rgb, 0, 1, out=stage.rgb)
    stage.rgb.flags.writeable = False
    return stage.rgb


def _leave_paper(stage: Stage) -> None:
    """Fade the background to bare paper towards the frame, in place, in a share :data:`UNPAINTED` of pictures."""
    kind, wide = stage.any(0, 1), stage.any(0.06, 0.12)
    if stage.night or kind > UNPAINTED:
        return
    ragged = 0.04 * stage.noise(0.3, 0.16, 2)
    away = np.hypot((stage.x - 0.5) / 1.1, stage.y - 0.54)
    painted = stage.soft(0.53 - wide / 2 - away + ragged, 0.16)
    stage.rgb += (np.array(PAPER, np.float32) - stage.rgb) * (1 - painted)[..., None]


def is_place(setting: Setting) -> bool:
    """Return whether :func:`draw_place` can draw the background of a setting; it cannot for a photo's surroundings."""
    return setting.kind in _DRAWN


def _weather(stage: Stage) -> None:
    """Draw rain or snow over the whole picture in place: a pale veil with streaks or soft flakes."""
    stage.rgb += (stage.tones[1] * 0.8 - stage.rgb) * np.float32(0.22)
    if stage.setting.weather == "rain":
        streaks = stage.sample(stage.x * 26 + 8 * stage.light * stage.y, stage.y * 3, 2)
        stage.shade(0.12 * np.clip(streaks, -1, 1.5))
        return
    for _ in range(34):
        flake = stage.any(0.008, 0.02) - np.hypot(stage.x - stage.any(0, 1), stage.y - stage.any(0, 1))
        stage.lay(np.array([0.96, 0.96, 0.97], np.float32), 0.85 * stage.soft(flake, 0.012))


_DRAWN: dict[str, Callable[[Stage], None]] = {
    "plain": indoors.plain, "split": indoors.split, "pattern": indoors.split, "table": indoors.table,
    "room": indoors.room, "window": indoors.window, "hills": outdoors.meadow, "forest": outdoors.forest,
    "desert": outdoors.desert, "sea": outdoors.sea, "underwater": outdoors.underwater, "sky": outdoors.open_sky,
    "street": outdoors.street, "space": outdoors.space,
}  # fmt: skip
