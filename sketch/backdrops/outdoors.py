"""Outdoor settings: skies, hills, forests, deserts, water, streets, space."""

from __future__ import annotations

import numpy as np

from sketch.backdrops.canvas import Canvas, wave
from sketch.colour import Array


def sky(canvas: Canvas, *, clouds: int = 3) -> None:
    """Draw a sky over the whole picture: stars at night, sometimes a sun or moon, and ``clouds`` clouds or none."""
    above, low = canvas.tones[0], canvas.tones[1]
    canvas.rgb[:] = canvas.between(above, low, (canvas.y / max(0.2, canvas.horizon)) ** 1.2)
    night = canvas.setting.time == "night"
    side = 0.2 if canvas.setting.light < 0 else 0.8
    if night:
        for _ in range(int(canvas.chance.integers(14, 34))):
            x, y = canvas.any(0, 1), canvas.any(0, max(0.1, canvas.horizon - 0.08))
            canvas.fill(np.array([1, 0.97, 0.85], np.float32), canvas.disc(x, y, canvas.any(0.003, 0.008)), 0.8)
    shows = canvas.chance.random() < (0.75 if night or canvas.setting.time == "dusk" else 0.35)
    x = side + canvas.any(-0.12, 0.12)
    y = canvas.horizon * (canvas.any(0.55, 0.95) if canvas.setting.time == "dusk" else canvas.any(0.18, 0.4))
    radius = canvas.any(0.045, 0.09)
    if shows and not canvas.setting.weather:
        light = np.array([0.98, 0.95, 0.82] if night else [1.0, 0.88, 0.55], np.float32)
        halo = np.exp(-((np.hypot(canvas.x - x, canvas.y - y) / (radius * 2.6)) ** 2)).astype(np.float32)
        canvas.lay(light, 0.35 * halo)
        canvas.fill(light, canvas.disc(x, y, radius))
        if night and canvas.chance.random() < 0.6:
            bite = canvas.inside(canvas.disc(x + 0.45 * radius, y - 0.2 * radius, radius * 0.9))
            canvas.fill(above, canvas.disc(x, y, radius), bite)
    pale = 0.5 * low + 0.5 if not night else 0.7 * above + 0.3 * low
    for _ in range(clouds if canvas.chance.random() < 0.75 else 0):
        _cloud(
            canvas, pale.astype(np.float32), canvas.any(0.05, 0.95), canvas.any(0.06, max(0.12, canvas.horizon * 0.62))
        )


def _cloud(canvas: Canvas, tone: Array, x: float, y: float) -> None:
    """Draw one cloud: a flat base and three to five round heaps on it."""
    wide = canvas.any(0.07, 0.16)
    distance = np.full_like(canvas.x, -1.0)
    for _ in range(int(canvas.chance.integers(3, 6))):
        at = x + canvas.any(-1, 1) * wide
        heap = canvas.disc(at, y, wide * canvas.any(0.3, 0.55) * (1 - 0.4 * abs(at - x) / wide))
        distance = np.maximum(distance, heap)
    distance = np.minimum(distance, y + 0.012 - canvas.y)
    canvas.fill(tone, distance, 0.85)


def hills(canvas: Canvas) -> None:
    """Draw a sky over one to three rows of hills, and the ground in front of them."""
    sky(canvas)
    rows = int(canvas.chance.integers(1, 4))
    for row in range(rows):
        near = (row + 1) / (rows + 1)
        tone = canvas.tones[1] * (1 - near) * 0.7 + canvas.tones[2] * (0.3 + 0.7 * near)
        height = canvas.horizon - 0.16 * (1 - near) - canvas.any(0.0, 0.04)
        land = canvas.ridge(height, canvas.any(0.02, 0.06) * (1.2 - near), canvas.any(0.25, 0.6))
        canvas.fill(tone.astype(np.float32), canvas.y - land)
    _ground(canvas, canvas.ridge(canvas.horizon, 0.012, 0.6))


def _ground(canvas: Canvas, edge: Array) -> None:
    """Draw the ground below the skyline ``edge`` (size, size), sometimes with a path or a field."""
    below = canvas.y - edge
    canvas.fill(canvas.between(canvas.tones[3], canvas.tones[3] * 0.82, below / 0.5), below)
    kind = canvas.chance.random()
    if kind < 0.3:
        bend = canvas.any(-0.25, 0.25)
        depth = np.clip(below / (1 - canvas.horizon + 1e-3), 0, 1)
        road = (0.02 + 0.16 * depth) - np.abs(canvas.x - 0.5 - bend * (1 - depth) ** 2 + canvas.any(-0.2, 0.2) * depth)
        trodden = 0.55 if canvas.setting.modelling else 1.0
        tone = canvas.tones[3] + trodden * (canvas.tones[4] - canvas.tones[3])
        canvas.fill(tone, np.minimum(road, below))
    elif kind < 0.6:
        band = canvas.ridge(canvas.horizon + canvas.any(0.12, 0.25), 0.02, 0.5)
        canvas.fill(canvas.tones[4] * 0.5 + canvas.tones[3] * 0.5, canvas.y - band)


def forest(canvas: Canvas) -> None:
    """Draw a row of pointed or round trees, the ground in front of them, and nearer trunks at the sides."""
    sky(canvas, clouds=1)
    pointed = canvas.chance.random() < 0.6
    for row in range(2):
        tone = canvas.tones[2] * (0.75 + 0.25 * row) + canvas.tones[1] * (0.25 - 0.25 * row)
        for _ in range(9):
            x, wide, high = canvas.any(-0.05, 1.05), canvas.any(0.05, 0.1), canvas.any(0.14, 0.3)
            foot = canvas.horizon + 0.01
            if pointed:
                share = (canvas.y - (foot - high)) / high
                tree = np.minimum(wide * share - np.abs(canvas.x - x), foot - canvas.y)
            else:
                crown = canvas.disc(x, foot - high * 0.65, wide)
                trunk = np.minimum(
                    0.012 - np.abs(canvas.x - x), np.minimum(foot - canvas.y, canvas.y - foot + high * 0.65)
                )
                tree = np.maximum(crown, trunk)
            canvas.fill(tone.astype(np.float32), tree)
    _ground(canvas, canvas.ridge(canvas.horizon, 0.01, 0.6))


def desert(canvas: Canvas) -> None:
    """Draw a sky over dunes, each lit from one side."""
    sky(canvas, clouds=0)
    for row in range(3):
        land = canvas.ridge(canvas.horizon + 0.13 * row - 0.05, 0.035, 0.6)
        tone = canvas.tones[2] + (canvas.tones[3] - canvas.tones[2]) * (row / 2)
        canvas.fill(tone.astype(np.float32), canvas.y - land)
        shade = np.gradient(land[0]) / canvas.pixel * (-1 if canvas.setting.light < 0 else 1)
        slope = np.clip(-shade * 2.5, 0, 0.6)[None, :] * np.exp(-np.clip(canvas.y - land, 0, 1) / 0.1)
        canvas.lay(canvas.tones[4], (slope * canvas.inside(canvas.y - land)))


def sea(canvas: Canvas) -> None:
    """Draw a sky, a straight horizon, sometimes a distant coast, and water with bands of light."""
    sky(canvas)
    if canvas.chance.random() < 0.55:
        x, wide = canvas.any(0, 1), canvas.any(0.12, 0.35)
        coast = (canvas.any(0.05, 0.12) * (1 - ((canvas.x - x) / wide) ** 2)) - (canvas.horizon - canvas.y)
        canvas.fill(canvas.tones[2], coast)
    below = canvas.y - canvas.horizon
    water = canvas.between(canvas.tones[3], canvas.tones[3] * 0.7, below / (1.02 - canvas.horizon))
    canvas.fill(water, below)
    depth = np.clip(below / (1.02 - canvas.horizon), 0, 1)
    for _ in range(int(canvas.chance.integers(4, 10))):
        level = canvas.any(0.05, 1.0)
        x, wide = canvas.any(0, 1), canvas.any(0.08, 0.3) * (0.4 + level)
        swell = 0.006 * np.sin(canvas.x * canvas.any(14, 26) + canvas.any(0, 6)) * (0.4 + level)
        band = (0.008 * (0.5 + level)) * (1 - ((canvas.x - x) / wide) ** 2) - np.abs(depth - level + swell) * (
            1.02 - canvas.horizon
        )
        canvas.fill(canvas.tones[4], band, 0.8)


def underwater(canvas: Canvas) -> None:
    """Draw water that darkens downwards, rays from above, a bed of sand, weeds and bubbles."""
    canvas.rgb[:] = canvas.between(canvas.tones[1], canvas.tones[0], canvas.y)
    for _ in range(3):
        x, lean = canvas.any(0, 1), canvas.any(-0.3, 0.3)
        ray = (0.03 + 0.09 * canvas.y) - np.abs(canvas.x - x - lean * canvas.y)
        canvas.lay(canvas.tones[1] * 0.6 + 0.4, 0.25 * canvas.inside(ray) * (1 - canvas.y))
    bed = canvas.ridge(max(canvas.horizon, 0.78), 0.02, 0.5)
    for _ in range(int(canvas.chance.integers(2, 6))):
        x, high = canvas.any(0, 1), canvas.any(0.12, 0.35)
        sway = 0.025 * np.sin(canvas.y * canvas.any(14, 24) + canvas.any(0, 6))
        up = (canvas.y - (1 - high)) / high
        weed = np.minimum(0.018 * np.clip(up, 0, 1) ** 0.4 - np.abs(canvas.x - x - sway), canvas.y - (1 - high))
        canvas.fill(canvas.tones[2], weed)
    canvas.fill(canvas.tones[3], canvas.y - bed)
    for _ in range(int(canvas.chance.integers(3, 9))):
        canvas.fill(canvas.tones[4], canvas.disc(canvas.any(0, 1), canvas.any(0, 0.8), canvas.any(0.008, 0.022)), 0.6)


def open_sky(canvas: Canvas) -> None:
    """Draw only sky, sometimes with land far below."""
    horizon, canvas.horizon = canvas.horizon, 1.0
    sky(canvas, clouds=6)
    if horizon < 0.97:
        canvas.fill(canvas.tones[3], canvas.y - canvas.ridge(max(0.86, horizon), 0.02, 0.4))


def street(canvas: Canvas) -> None:
    """Draw a row of houses with windows, a pavement and a road."""
    sky(canvas, clouds=2)
    x, night = canvas.any(-0.1, 0.0), canvas.setting.time == "night"
    lit = np.array([1.0, 0.86, 0.5], np.float32)
    while x < 1.0:
        wide, high = canvas.any(0.14, 0.26), canvas.any(0.22, 0.42)
        tone = (
            (canvas.tones[2] * canvas.any(0.75, 1.15) + canvas.tones[1] * canvas.any(0, 0.2))
            .clip(0, 1)
            .astype(np.float32)
        )
        foot = canvas.horizon + 0.01
        canvas.fill(tone, canvas.box(x, foot - high, x + wide, foot))
        if canvas.chance.random() < 0.5:  # a gable
            roof = np.minimum(
                (canvas.y - (foot - high - 0.08)) / 0.08 * (wide / 2) - np.abs(canvas.x - x - wide / 2),
                foot - high - canvas.y + 0.001,
            )
            canvas.fill(canvas.tones[4], roof)
        rows, columns = max(1, int(high / 0.11)), 2 if wide < 0.2 else 3
        for row in range(rows):
            for column in range(columns):
                at_x = x + wide * (column + 0.5) / columns
                at_y = foot - high + 0.065 + row * 0.11
                window = canvas.box(at_x - 0.02, at_y - 0.026, at_x + 0.02, at_y + 0.026)
                glass = lit if night and canvas.chance.random() < 0.6 else tone * 0.55
                canvas.fill(glass.astype(np.float32), window)
        x += wide + 0.004
    below = canvas.y - canvas.horizon
    canvas.fill(canvas.between(canvas.tones[3], canvas.tones[3] * 0.8, below / 0.4), below)
    canvas.fill(canvas.tones[3] * 0.5 + 0.4, 0.02 - np.abs(below - 0.02))
    if canvas.chance.random() < 0.5:
        dashes = np.minimum(0.012 - np.abs(below - 0.6 * (1 - canvas.horizon)), wave(canvas.x, 0.24) * 0.06)
        canvas.fill(canvas.tones[4], dashes)


def space(canvas: Canvas) -> None:
    """Draw a night sky without ground: stars, a nebula, sometimes a planet."""
    veil = np.clip(0.5 + 0.35 * canvas.cloud(0.5) - np.abs(canvas.y - canvas.x * canvas.setting.light - 0.4), 0, 1)
    canvas.rgb[:] = canvas.between(canvas.tones[0], canvas.tones[1], veil)
    for _ in range(int(canvas.chance.integers(24, 50))):
        star = canvas.disc(canvas.any(0, 1), canvas.any(0, 1), canvas.any(0.003, 0.009))
        canvas.fill(np.array([1, 0.97, 0.88], np.float32), star, 0.9)
    if canvas.chance.random() < 0.6:
        x, y, radius = canvas.any(0, 1), canvas.any(0.7, 1.1), canvas.any(0.15, 0.4)
        canvas.fill(canvas.tones[3], canvas.disc(x, y, radius))
        shade = canvas.inside(canvas.disc(x, y, radius)) * canvas.inside(
            -canvas.disc(x + 0.3 * radius * canvas.setting.light, y - 0.3 * radius, radius)
        )
        canvas.lay(canvas.tones[3] * 0.6, shade)
