"""Painterly indoor places: a table with a cloth, a room with a floor, a studio's wall, a window with a view."""

from __future__ import annotations

import math

import numpy as np

from sketch.backdrops.canvas import Numbers
from sketch.painterly import outdoors
from sketch.painterly.stage import Stage


def wall(stage: Stage, *, patch: float = 0.6) -> None:
    """Draw a wall lit from one side: dark next to the light, and bright further away, where the light falls on it.

    ``patch`` is the probability of a patch of window light.
    """
    x, y, light = stage.x, stage.y, stage.light
    stage.rgb[:] = stage.between(
        stage.tones[0], stage.tones[1], 0.5 + 0.3 * stage.noise(0.6, 0.5) - 0.3 * (x - 0.5) * light
    )
    stage.vary(0.05, 0.22, 0.22)
    arrives = np.exp(-(((x - 0.5 + 0.42 * light) / 0.5) ** 2) - ((y - 0.42) / 0.5) ** 2)
    stage.shade(0.30 * arrives - 0.48 * (1 - arrives) * stage.any(0.7, 1.1))
    if stage.chance.random() < patch:
        _window_light(stage)


def _window_light(stage: Stage) -> None:
    """Draw a patch of window light that slants over the wall, divided by the window's bar."""
    lean, wide, high = stage.any(0.25, 0.6), stage.any(0.12, 0.2), stage.any(0.22, 0.34)
    middle_x, middle_y = 0.5 - stage.light * stage.any(0.1, 0.35), stage.any(0.18, 0.34)
    across = np.abs(stage.x - middle_x + stage.light * lean * (stage.y - middle_y))
    pane = np.minimum(wide - across, high - np.abs(stage.y - middle_y))
    bar = np.minimum(across, np.abs(stage.y - middle_y) + 0.01) - 0.012
    stage.shade(stage.any(0.16, 0.3) * stage.soft(np.minimum(pane, bar * 2.5), 0.05))


def _curtain(stage: Stage, left: float, right: float) -> None:
    """Draw a curtain with vertical folds between the x ``left`` and ``right``, and its shadow beside it."""
    edge = np.minimum(stage.x - left, right - stage.x) + 0.012 * np.sin(stage.y * 7 + stage.any(0, 6))
    cover = stage.soft(edge, 0.02)
    x = stage.x + 0.03 * (stage.y - 0.3) * np.sin(stage.x * 9)
    pitch = stage.any(0.07, 0.12)
    fold = np.sin(2 * math.pi * x / pitch + 1.5 * np.sin(x * 13)) + 0.4 * np.sin(2 * math.pi * x / pitch * 0.5)
    tone = stage.tones[2] * (0.8 + 0.24 * fold[..., None] * (0.5 + 0.5 * stage.y[..., None]))
    stage.lay(np.clip(tone, 0, 1), cover)
    shadow = stage.soft(edge + 0.07, 0.12) * (1 - cover)
    stage.shade(-0.25 * shadow)


def table(stage: Stage) -> None:
    """Draw a table in front of a wall: bare wood, a cloth with folds, or a cloth over a part of it."""
    wall(stage)
    draw = stage.chance.random()
    if draw < 0.4:
        left = stage.chance.random() < 0.5
        width = stage.any(0.22, 0.42)
        _curtain(stage, -0.2 if left else 1 - width, width if left else 1.2)
    _top(stage, stage.horizon)


def _top(stage: Stage, horizon: float) -> None:
    """Draw a table top below the y ``horizon``: bare wood, a cloth, or wood with a cloth laid over one side."""
    slope, bow = stage.any(-0.09, 0.09), stage.any(-0.04, 0.04)
    edge = horizon + slope * (stage.x - 0.5) + bow * (stage.x - 0.5) ** 2
    below = stage.y - edge
    depth = np.clip(below / max(0.15, 1.02 - horizon), 0, 1).astype(np.float32)
    tone = stage.between(stage.tones[3] * 0.82, stage.tones[3], depth**0.7)
    under = stage.rgb.copy()
    stage.rgb[:] = tone
    kind = stage.chance.random()
    if kind < 0.42:
        _wood(stage, depth)
    else:
        _cloth(stage, depth)
        if kind < 0.62:
            _stripes(stage, depth)
    if kind > 0.72:
        _laid(stage, horizon, depth)
    # Light falls across the top and leaves the near corner and the light's side in shade.
    reach = np.exp(-(((stage.x - 0.5 + 0.28 * stage.light) / 0.5) ** 2) - ((depth - 0.35) / 0.6) ** 2)
    stage.shade(0.22 * reach - 0.34 * (1 - reach))
    cover = stage.inside(below)
    stage.rgb[:] = under + (stage.rgb - under) * cover[..., None]
    stage.shade(-0.28 * stage.soft(0.02 - np.abs(below + 0.008), 0.05))
    if stage.chance.random() < 0.5 and horizon < 0.74:
        _front(stage, stage.any(0.9, 0.96) + slope * (stage.x - 0.5))


def _wood(stage: Stage, depth: Numbers) -> None:
    """Draw grain and boards over the picture; ``depth`` (size, size) is 0 at the far edge and 1 near the viewer."""
    far = (stage.x - 0.5) / (0.55 + depth)
    grain = stage.sample(far * 3, depth * 9 + 0.6 * far, 3)
    boards = np.abs(((far + 0.2) / stage.any(0.3, 0.5)) % 1 - 0.5)
    stage.rgb *= (1 + 0.07 * grain)[..., None]
    stage.shade(-0.3 * stage.soft(0.018 - boards, 0.03))


def _cloth(stage: Stage, depth: Numbers) -> None:
    """Draw the folds of a cloth over the picture; ``depth`` (size, size) is 0 at the far edge and 1 near the viewer."""
    light = stage.folds(int(stage.chance.integers(6, 10)), stage.any(-0.9, 0.9), 0.7, depth)
    stage.shade(0.55 * light)
    stage.rgb *= (1 + 0.04 * stage.noise(0.12, 0.06))[..., None]


def _stripes(stage: Stage, depth: Numbers) -> None:
    """Draw broad stripes on the cloth that run away from the viewer and sway with the folds."""
    far = (stage.x - 0.5) / (0.6 + depth) + 0.02 * stage.noise(0.2, 0.15)
    at = (far / stage.any(0.3, 0.45) + stage.any(0, 1)) % 1
    band = stage.soft(stage.any(0.07, 0.13) - np.abs(at - 0.5), 0.03)
    stage.rgb += (stage.tones[4] * stage.rgb.mean(-1, keepdims=True) * 1.5 - stage.rgb) * (0.6 * band)[..., None]


def _laid(stage: Stage, horizon: float, depth: Numbers) -> None:
    """Draw a crumpled cloth of another colour over one side of the table."""
    side = 1 if stage.chance.random() < 0.5 else -1
    reach = stage.any(0.0, 0.25)
    edge = side * (stage.x - 0.5) - reach + 0.05 * stage.noise(0.2, 0.2) + 0.3 * (stage.y - horizon)
    cover = stage.soft(edge, 0.015)
    before = stage.rgb.copy()
    stage.rgb[:] = stage.tones[4] * 0.55 + 0.4
    stage.shade(0.75 * stage.folds(9, 1.1 * side, 0.9, depth))
    stage.rgb[:] = before + (stage.rgb - before) * cover[..., None]
    stage.shade(-0.3 * stage.soft(edge + 0.035, 0.06) * (1 - cover))


def _front(stage: Stage, edge: Numbers) -> None:
    """Darken the picture below the y ``edge`` (size, size), the front of the table, and brighten the edge itself."""
    below = stage.soft(stage.y - edge, 0.012)
    stage.shade(-0.62 * below)
    stage.shade(0.12 * stage.soft(0.01 - np.abs(stage.y - edge + 0.012), 0.02))


def room(stage: Stage) -> None:
    """Draw a corner of a room: two walls in different light, a floor of boards, sometimes a rug."""
    wall(stage, patch=0.5)
    if stage.chance.random() < 0.55:
        corner = 0.5 + stage.light * stage.any(0.12, 0.32)
        side = stage.soft((stage.x - corner) * np.sign(stage.light), 0.01)
        stage.shade(-0.3 * side)
    elif stage.chance.random() < 0.6:
        width = stage.any(0.18, 0.34)
        left = stage.chance.random() < 0.5
        _curtain(stage, -0.2 if left else 1 - width, width if left else 1.2)
    below = stage.y - stage.horizon - stage.any(-0.05, 0.05) * (stage.x - 0.5)
    cover = stage.inside(below)
    depth = np.clip(below / max(0.12, 1 - stage.horizon), 0, 1).astype(np.float32)
    under = stage.rgb.copy()
    stage.rgb[:] = stage.between(stage.tones[3] * 0.85, stage.tones[3] * 0.95, depth)
    if stage.chance.random() < 0.7:
        _wood(stage, depth)
    if stage.chance.random() < 0.5:
        _rug(stage, depth)
    reach = np.exp(-(((stage.x - 0.5 + 0.3 * stage.light + 0.3 * (depth - 0.5)) / 0.4) ** 2))
    stage.shade(0.24 * reach - 0.32 * (1 - reach))
    stage.rgb[:] = under + (stage.rgb - under) * cover[..., None]
    stage.shade(-0.2 * stage.soft(0.012 - np.abs(below), 0.03))


def _rug(stage: Stage, depth: Numbers) -> None:
    """Draw a rug with a border on the floor; ``depth`` (size, size) is 0 at the far edge and 1 near the viewer."""
    across = np.abs((stage.x - stage.any(0.4, 0.6)) / (0.55 + 0.45 * depth))
    inside = np.minimum(stage.any(0.3, 0.42) - across, np.minimum(depth - 0.12, 0.95 - depth))
    tone = stage.tones[4] * (1 + 0.1 * stage.noise(0.12, 0.05)[..., None])
    stage.lay(tone, stage.soft(inside, 0.03))
    stage.lay(stage.tones[3] * 0.6, 0.6 * stage.soft(0.02 - np.abs(inside - 0.05), 0.02))


def plain(stage: Stage) -> None:
    """Draw a studio: a wall, sometimes with a drape, and a floor or shelf that blends into it."""
    wall(stage, patch=0.25)
    if stage.chance.random() < 0.3:
        before = stage.rgb.copy()
        stage.rgb[:] = stage.tones[2]
        stage.shade(0.6 * stage.folds(9, stage.any(0.9, 2.1), 0.5, np.full_like(stage.x, 0.7)))
        reach = stage.soft(stage.any(0.1, 0.5) + 0.1 * stage.noise(0.3, 0.3) - stage.x * np.sign(stage.light), 0.5)
        stage.rgb[:] = before + (stage.rgb - before) * (0.75 * reach)[..., None]
    if stage.horizon >= 0.95:
        return
    below = stage.y - stage.horizon - stage.any(-0.07, 0.07) * (stage.x - 0.5)
    cover = stage.soft(below, stage.any(0.01, 0.07))
    depth = np.clip(below / max(0.12, 1 - stage.horizon), 0, 1).astype(np.float32)
    under = stage.rgb.copy()
    stage.rgb[:] = stage.between(stage.tones[3] * 0.86, stage.tones[3], depth)
    if stage.chance.random() < 0.5:
        _cloth(stage, depth)
    stage.vary(0.05, 0.2, 0.06)
    reach = np.exp(-(((stage.x - 0.5 + 0.3 * stage.light) / 0.45) ** 2))
    stage.shade(0.24 * reach - 0.3 * (1 - reach))
    stage.rgb[:] = under + (stage.rgb - under) * cover[..., None]


def window(stage: Stage) -> None:
    """Draw a shaded wall with a window onto a meadow, and a lit sill below it."""
    outside = Stage(stage.setting, stage.size, 7)
    outside.horizon = min(0.5, stage.horizon * 0.7)
    outdoors.meadow(outside)
    stage.rgb[:] = stage.tones[0] * 0.6
    stage.vary(0.07, 0.25, 0.25)
    middle, wide = 0.5 - stage.light * stage.any(0.02, 0.14), stage.any(0.24, 0.36)
    top, foot = stage.any(-0.1, 0.06), stage.horizon - stage.any(0.0, 0.05)
    pane = stage.box(middle - wide, top, middle + wide, foot)
    stage.lay(stage.tones[1] * 0.6 + 0.3, stage.soft(pane + 0.03, 0.012))
    bars = np.abs(stage.x - middle) - 0.012
    glass = np.minimum(pane, bars)
    stage.rgb += (outside.rgb - stage.rgb) * stage.soft(glass, 0.008)[..., None]
    _top(stage, stage.horizon)


def split(stage: Stage) -> None:
    """Draw the studio of :func:`plain` with a lower horizon; in other styles this kind of setting is flat areas."""
    stage.horizon = min(stage.horizon + 0.12, 0.8)
    plain(stage)
