"""Indoor settings and flat backgrounds: tones, cuts, patterns, tables, rooms, windows."""

from __future__ import annotations

import math

import numpy as np

from sketch.backdrops import outdoors
from sketch.backdrops.canvas import Canvas, light_wall, wave


def plain(canvas: Canvas) -> None:
    """Draw a wall of two tones that blend into each other, lit from one side, and a hint of a floor."""
    drift = 0.25 * canvas.cloud(0.6) + canvas.y
    canvas.rgb[:] = canvas.between(canvas.tones[0], canvas.tones[1], drift)
    light_wall(canvas)
    if canvas.horizon < 0.95:
        floor = canvas.between(canvas.tones[3], canvas.tones[4], (canvas.y - canvas.horizon) / 0.5)
        soft = np.clip((canvas.y - canvas.horizon) / 0.02 + 0.5, 0, 1).astype(np.float32)
        canvas.lay(floor, soft)


def split(canvas: Canvas) -> None:
    """Draw two or three flat areas separated by straight cuts."""
    canvas.rgb[:] = canvas.tones[0]
    for tone in (canvas.tones[3], canvas.tones[1])[: int(canvas.chance.integers(1, 3))]:
        angle = canvas.any(-0.5, 0.5) + (math.pi / 2 if canvas.chance.random() < 0.7 else 0)
        away = (canvas.x - 0.5) * math.cos(angle) + (canvas.y - canvas.horizon - canvas.any(-0.1, 0.1)) * math.sin(
            angle
        )
        canvas.fill(tone, away)


def pattern(canvas: Canvas) -> None:
    """Draw an even pattern: stripes, checks, dots, rays or bands."""
    canvas.rgb[:] = canvas.tones[0]
    kind, pitch = int(canvas.chance.integers(0, 5)), canvas.any(0.1, 0.2)
    lean = canvas.any(-0.8, 0.8)
    u = canvas.x * math.cos(lean) + canvas.y * math.sin(lean)
    v = canvas.y * math.cos(lean) - canvas.x * math.sin(lean)
    if kind == 0:
        cover = canvas.inside(wave(u, pitch) * pitch / 2)
    elif kind == 1:
        cover = canvas.inside(wave(canvas.x, 2 * pitch) * wave(canvas.y, 2 * pitch) * pitch / 2)
    elif kind == 2:
        at_u, at_v = (u / pitch) % 1 - 0.5, (v / pitch) % 1 - 0.5
        cover = canvas.inside((0.27 - np.hypot(at_u, at_v)) * pitch)
    elif kind == 3:
        angle = np.arctan2(canvas.y - canvas.horizon, canvas.x - 0.5)
        away = np.hypot(canvas.y - canvas.horizon, canvas.x - 0.5)
        cover = canvas.inside(np.sin(angle * int(canvas.chance.integers(6, 12))) * away * 0.12)
    else:
        cover = canvas.inside(wave(canvas.y + 0.03 * np.sin(canvas.x * 9), 2 * pitch) * pitch / 2)
    canvas.lay(canvas.tones[1], cover)


def table(canvas: Canvas) -> None:
    """Draw a wall and a table in front of it, of wood or with a plain, striped or checked cloth."""
    canvas.rgb[:] = canvas.between(
        canvas.tones[0], canvas.tones[1], canvas.x if canvas.setting.light < 0 else 1 - canvas.x
    )
    light_wall(canvas)
    is_lit = canvas.setting.modelling > 0
    if is_lit:
        _daylight(canvas)
    if canvas.chance.random() < 0.3 and not is_lit:  # a curtain, or a field of another tone on the wall
        left = canvas.any(-0.1, 0.75)
        canvas.fill(canvas.tones[2], canvas.box(left, -0.1, left + canvas.any(0.2, 0.4), canvas.horizon))
    slope = canvas.any(-0.05, 0.05)
    edge = canvas.horizon + slope * (canvas.x - 0.5)
    depth = np.clip((canvas.y - edge) / (1.02 - canvas.horizon), 0, 1).astype(np.float32)
    top = canvas.between(canvas.tones[3], canvas.tones[3] * 0.88, depth)
    kind = canvas.chance.random()
    # Stripes run to a vanishing point, so that the cloth looks flat.
    far = (canvas.x - 0.5) / (0.6 + depth) + canvas.any(-0.2, 0.2)
    pitch = canvas.any(0.12, 0.22)
    cloth = 0.5 if is_lit else 1.0
    if kind < 0.35:
        stripes = cloth * canvas.inside(wave(far, pitch) * pitch / 2)
        top = top + (canvas.tones[4] - top) * stripes[..., None]
    elif kind < 0.55:
        rows = wave(np.sqrt(depth + 0.05), 0.24)
        checks = cloth * canvas.inside(wave(far, 2 * pitch) * rows * pitch / 2)
        top = top + (canvas.tones[4] - top) * checks[..., None]
    canvas.fill(top, canvas.y - edge)
    rim = canvas.inside(0.012 - np.abs(canvas.y - edge))
    canvas.lay(canvas.tones[3] * 0.7, 0.6 * rim)
    if canvas.chance.random() < 0.35 and canvas.horizon < 0.75:  # the front edge of the table
        front = canvas.any(0.9, 0.97)
        canvas.fill(canvas.tones[2] * 0.6, canvas.y - front)


def room(canvas: Canvas) -> None:
    """Draw a wall with a skirting, a floor of boards or a carpet, and perhaps a picture on the wall."""
    canvas.rgb[:] = canvas.between(canvas.tones[0], canvas.tones[1], canvas.y / max(0.3, canvas.horizon))
    light_wall(canvas)
    is_lit = canvas.setting.modelling > 0
    if is_lit:
        _daylight(canvas)
    if canvas.chance.random() < 0.5 and not is_lit:
        left, top = canvas.any(0.05, 0.7), canvas.any(0.05, 0.18)
        wide, high = canvas.any(0.16, 0.26), canvas.any(0.14, 0.22)
        canvas.fill(canvas.tones[4], canvas.box(left, top, left + wide, top + high))
        canvas.fill(canvas.tones[2], canvas.box(left + 0.02, top + 0.02, left + wide - 0.02, top + high - 0.02))
    below = canvas.y - canvas.horizon
    floor = canvas.between(canvas.tones[3], canvas.tones[3] * 0.85, below / 0.5)
    if canvas.chance.random() < 0.6:
        boards = wave((canvas.x - 0.5) / (0.35 + np.clip(below, 0, 1) * 1.6), 0.34)
        floor = floor * (1 - 0.12 * canvas.inside((0.12 - np.abs(boards)) * 0.05))[..., None]
    canvas.fill(floor, below)
    canvas.fill(canvas.tones[1] * 0.7 + 0.25, 0.014 - np.abs(below + 0.014))
    if canvas.chance.random() < 0.45:
        rug = 1 - np.hypot(
            (canvas.x - 0.5) / 0.42, (canvas.y - (canvas.horizon + 1) / 2) / (0.36 * max(1e-3, 1 - canvas.horizon))
        )
        canvas.fill(canvas.tones[4], rug * 0.1, (0.45 if is_lit else 1.0))


def _daylight(canvas: Canvas) -> None:
    """Draw a window's light on the wall: a soft slanting area on the side opposite the light."""
    lean, wide = canvas.any(0.25, 0.6), canvas.any(0.16, 0.3)
    away = canvas.x - 0.5 + np.sign(canvas.setting.light) * (canvas.any(0.05, 0.3) + lean * (canvas.y - 0.3))
    soft = np.clip((wide - np.abs(away)) / 0.1, 0, 1) * np.clip((canvas.horizon - 0.04 - canvas.y) / 0.12, 0, 1)
    canvas.rgb += (np.minimum(1, canvas.rgb * 1.3 + 0.06) - canvas.rgb) * 0.6 * soft[..., None].astype(np.float32)


def window(canvas: Canvas) -> None:
    """Draw a wall with a window that shows sky and hills, and a sill or a table below."""
    outside = Canvas(canvas.setting, canvas.size)
    outside.horizon = min(0.5, canvas.horizon * 0.7)
    outdoors.sky(outside, clouds=2)
    land = outside.ridge(outside.horizon, 0.03, 0.5)
    outside.fill(canvas.tones[2], outside.y - land)
    canvas.rgb[:] = canvas.tones[3] * 0.55 + 0.35
    light_wall(canvas)
    middle, wide = canvas.any(0.42, 0.58), canvas.any(0.26, 0.36)
    top, foot = canvas.any(0.04, 0.1), canvas.horizon - canvas.any(0.0, 0.06)
    frame = canvas.box(middle - wide - 0.03, top - 0.03, middle + wide + 0.03, foot + 0.03)
    canvas.fill(np.array([0.95, 0.93, 0.88], np.float32), frame)
    pane = canvas.box(middle - wide, top, middle + wide, foot)
    bars = np.minimum(np.abs(canvas.x - middle), np.abs(canvas.y - (top + foot) / 2)) - 0.011
    canvas.rgb += (outside.rgb - canvas.rgb) * canvas.inside(np.minimum(pane, bars))[..., None]
    below = canvas.y - canvas.horizon
    canvas.fill(canvas.between(canvas.tones[3], canvas.tones[3] * 0.8, below / 0.4), below)
    canvas.fill(canvas.tones[4], 0.01 - np.abs(below))
