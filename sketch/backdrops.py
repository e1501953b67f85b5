"""What stands behind the things of a scene: skies, hills, water, rooms, tables, streets; drawn flat, from a setting.

A backdrop is large shapes in few colours, which a hand then paints in its own manner. Every number follows from the
setting alone, so that training, painting and previews see the same one.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sketch import colour
from sketch.colour import Array
from sketch.scene import Setting

LIGHT = np.float32(0.14)
"""How much brighter a wall is on the side where the light comes from."""


class _Canvas:
    """A picture in the making: places 0…1, the tones of the setting, and chance that follows from its seed."""

    def __init__(self, setting: Setting, size: int) -> None:
        at = (np.arange(size, dtype=np.float32) + 0.5) / size
        self.x, self.y = np.meshgrid(at, at)
        self.pixel = 1 / size
        self.size = size
        self.setting = setting
        self.tones = np.stack([colour.parsed(tone) for tone in setting.tones])
        self.horizon = setting.horizon
        self.chance = np.random.default_rng(setting.seed)
        self.rgb = np.empty((size, size, 3), np.float32)

    def inside(self, distance: Array) -> Array:
        """Return how far each pixel is covered by what lies where ``distance`` (in shares of the side) is positive."""
        return np.clip(distance / self.pixel + 0.5, 0, 1).astype(np.float32)

    def lay(self, tone: Array, cover: Array) -> None:
        """Lay a tone over what is there."""
        self.rgb += (tone - self.rgb) * cover[..., None]

    def between(self, above: Array, below: Array, share: Array) -> Array:
        """Mix two tones by a share for each pixel."""
        return above + (below - above) * np.clip(share, 0, 1)[..., None]

    def ridge(self, height: float, swing: float, cell: float) -> Array:
        """Draw a skyline (size, size): the height y at which it stands over each x."""
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
        """Draw soft noise (size, size) of about ``cell``, mean 0, deviation about 1."""
        count = max(2, round(1 / cell)) + 2
        drawn = Image.fromarray(self.chance.normal(size=(count, count)).astype(np.float32))
        return np.asarray(drawn.resize((self.size, self.size), Image.Resampling.BICUBIC), np.float32) * 1.3

    def disc(self, x: float, y: float, radius: float) -> Array:
        """Return the distance to the edge of a disc, positive inside."""
        return np.asarray(radius - np.hypot(self.x - x, self.y - y), np.float32)

    def box(self, left: float, top: float, right: float, bottom: float) -> Array:
        """Return how far inside a box each place lies."""
        across = np.minimum(self.x - left, right - self.x)
        return np.asarray(np.minimum(across, np.minimum(self.y - top, bottom - self.y)), np.float32)

    def any(self, low: float, high: float) -> float:
        """Draw a number."""
        return float(self.chance.uniform(low, high))


def draw(setting: Setting, size: int) -> Array:
    """Draw a setting: (size, size, 3), sRGB 0…1."""
    canvas = _Canvas(setting, size)
    _DRAWN[setting.kind](canvas)
    _weather(canvas)
    return np.clip(canvas.rgb, 0, 1)


def _sky(canvas: _Canvas, *, clouds: int = 3, lamp: bool = True) -> None:
    """Draw a sky down to the horizon and below, with the sun or moon, stars and clouds of its time."""
    above, low = canvas.tones[0], canvas.tones[1]
    canvas.rgb[:] = canvas.between(above, low, (canvas.y / max(0.2, canvas.horizon)) ** 1.2)
    night = canvas.setting.time == "night"
    side = 0.2 if canvas.setting.light < 0 else 0.8
    if night:
        for _ in range(int(canvas.chance.integers(14, 34))):
            x, y = canvas.any(0, 1), canvas.any(0, max(0.1, canvas.horizon - 0.08))
            canvas.lay(
                np.array([1, 0.97, 0.85], np.float32), 0.8 * canvas.inside(canvas.disc(x, y, canvas.any(0.003, 0.008)))
            )
    shows = canvas.chance.random() < (0.75 if night or canvas.setting.time == "dusk" else 0.35)
    x = side + canvas.any(-0.12, 0.12)
    y = canvas.horizon * (canvas.any(0.55, 0.95) if canvas.setting.time == "dusk" else canvas.any(0.18, 0.4))
    radius = canvas.any(0.045, 0.09)
    if lamp and shows and not canvas.setting.weather:
        light = np.array([0.98, 0.95, 0.82] if night else [1.0, 0.88, 0.55], np.float32)
        halo = np.exp(-((np.hypot(canvas.x - x, canvas.y - y) / (radius * 2.6)) ** 2)).astype(np.float32)
        canvas.lay(light, 0.35 * halo)
        canvas.lay(light, canvas.inside(canvas.disc(x, y, radius)))
        if night and canvas.chance.random() < 0.6:
            bite = canvas.inside(canvas.disc(x + 0.45 * radius, y - 0.2 * radius, radius * 0.9))
            canvas.lay(above, bite * canvas.inside(canvas.disc(x, y, radius)))
    pale = 0.5 * low + 0.5 if not night else 0.7 * above + 0.3 * low
    for _ in range(clouds if canvas.chance.random() < 0.75 else 0):
        _cloud(
            canvas, pale.astype(np.float32), canvas.any(0.05, 0.95), canvas.any(0.06, max(0.12, canvas.horizon * 0.62))
        )


def _cloud(canvas: _Canvas, tone: Array, x: float, y: float) -> None:
    """Draw one cloud: a flat foot, and three to five heaps on it."""
    wide = canvas.any(0.07, 0.16)
    distance = np.full_like(canvas.x, -1.0)
    for _ in range(int(canvas.chance.integers(3, 6))):
        at = x + canvas.any(-1, 1) * wide
        heap = canvas.disc(at, y, wide * canvas.any(0.3, 0.55) * (1 - 0.4 * abs(at - x) / wide))
        distance = np.maximum(distance, heap)
    distance = np.minimum(distance, y + 0.012 - canvas.y)
    canvas.lay(tone, 0.85 * canvas.inside(distance))


def _plain(canvas: _Canvas) -> None:
    """Draw a wall of two tones that drift into each other, lit from one side, and a hint of a floor."""
    drift = 0.25 * canvas.cloud(0.6) + canvas.y
    canvas.rgb[:] = canvas.between(canvas.tones[0], canvas.tones[1], drift)
    _lit(canvas)
    if canvas.horizon < 0.95:
        floor = canvas.between(canvas.tones[3], canvas.tones[4], (canvas.y - canvas.horizon) / 0.5)
        soft = np.clip((canvas.y - canvas.horizon) / 0.02 + 0.5, 0, 1).astype(np.float32)
        canvas.lay(floor, soft)


def _split(canvas: _Canvas) -> None:
    """Part the picture in two or three flat fields by straight cuts."""
    canvas.rgb[:] = canvas.tones[0]
    for tone in (canvas.tones[3], canvas.tones[1])[: int(canvas.chance.integers(1, 3))]:
        angle = canvas.any(-0.5, 0.5) + (math.pi / 2 if canvas.chance.random() < 0.7 else 0)
        away = (canvas.x - 0.5) * math.cos(angle) + (canvas.y - canvas.horizon - canvas.any(-0.1, 0.1)) * math.sin(
            angle
        )
        canvas.lay(tone, canvas.inside(away.astype(np.float32)))


def _pattern(canvas: _Canvas) -> None:
    """Cover the picture evenly: stripes, checks, dots, rays or bands."""
    canvas.rgb[:] = canvas.tones[0]
    kind, pitch = int(canvas.chance.integers(0, 5)), canvas.any(0.1, 0.2)
    lean = canvas.any(-0.8, 0.8)
    u = canvas.x * math.cos(lean) + canvas.y * math.sin(lean)
    v = canvas.y * math.cos(lean) - canvas.x * math.sin(lean)
    if kind == 0:
        cover = canvas.inside((_wave(u, pitch) * pitch / 2).astype(np.float32))
    elif kind == 1:
        cover = canvas.inside((_wave(canvas.x, 2 * pitch) * _wave(canvas.y, 2 * pitch) * pitch / 2).astype(np.float32))
    elif kind == 2:
        at_u, at_v = (u / pitch) % 1 - 0.5, (v / pitch) % 1 - 0.5
        cover = canvas.inside(((0.27 - np.hypot(at_u, at_v)) * pitch).astype(np.float32))
    elif kind == 3:
        angle = np.arctan2(canvas.y - canvas.horizon, canvas.x - 0.5)
        away = np.hypot(canvas.y - canvas.horizon, canvas.x - 0.5)
        cover = canvas.inside((np.sin(angle * int(canvas.chance.integers(6, 12))) * away * 0.12).astype(np.float32))
    else:
        cover = canvas.inside((_wave(canvas.y + 0.03 * np.sin(canvas.x * 9), 2 * pitch) * pitch / 2).astype(np.float32))
    canvas.lay(canvas.tones[1], cover)


def _wave(at: NDArray[np.floating], pitch: float) -> NDArray[np.floating]:
    """Return a triangle wave, positive over half of each ``pitch``: its slope there is that of the place itself."""
    return np.asarray(1 - 2 * np.abs(2 * ((at / pitch) % 1) - 1), np.float32)


def _lit(canvas: _Canvas) -> None:
    """Brighten the side that the light comes from, and darken the other."""
    side = (canvas.x - 0.5) * canvas.setting.light + (canvas.y - 0.5) * 0.5
    canvas.rgb *= (1 - LIGHT * 2 * side)[..., None]


def _table(canvas: _Canvas) -> None:
    """Draw a wall and a table before it, of wood or with a cloth: plain, striped or checked."""
    canvas.rgb[:] = canvas.between(
        canvas.tones[0], canvas.tones[1], canvas.x if canvas.setting.light < 0 else 1 - canvas.x
    )
    _lit(canvas)
    if canvas.chance.random() < 0.3:  # a curtain, or a field of another tone on the wall
        left = canvas.any(-0.1, 0.75)
        canvas.lay(canvas.tones[2], canvas.inside(canvas.box(left, -0.1, left + canvas.any(0.2, 0.4), canvas.horizon)))
    slope = canvas.any(-0.05, 0.05)
    edge = canvas.horizon + slope * (canvas.x - 0.5)
    depth = np.clip((canvas.y - edge) / (1.02 - canvas.horizon), 0, 1).astype(np.float32)
    top = canvas.between(canvas.tones[3], canvas.tones[3] * 0.88, depth)
    kind = canvas.chance.random()
    # Stripes run to a far point, so that the cloth lies down.
    far = (canvas.x - 0.5) / (0.6 + depth) + canvas.any(-0.2, 0.2)
    pitch = canvas.any(0.12, 0.22)
    if kind < 0.35:
        stripes = canvas.inside((_wave(far, pitch) * pitch / 2).astype(np.float32))
        top = top + (canvas.tones[4] - top) * stripes[..., None]
    elif kind < 0.55:
        rows = _wave(np.sqrt(depth + 0.05), 0.24)
        checks = canvas.inside((_wave(far, 2 * pitch) * rows * pitch / 2).astype(np.float32))
        top = top + (canvas.tones[4] - top) * checks[..., None]
    canvas.lay(top, canvas.inside((canvas.y - edge).astype(np.float32)))
    rim = canvas.inside((0.012 - np.abs(canvas.y - edge)).astype(np.float32))
    canvas.lay(canvas.tones[3] * 0.7, 0.6 * rim)
    if canvas.chance.random() < 0.35 and canvas.horizon < 0.75:  # the front edge of the table
        front = canvas.any(0.9, 0.97)
        canvas.lay(canvas.tones[2] * 0.6, canvas.inside((canvas.y - front).astype(np.float32)))


def _room(canvas: _Canvas) -> None:
    """Draw a wall with a skirting, a floor of boards or a carpet, and perhaps a picture on the wall."""
    canvas.rgb[:] = canvas.between(canvas.tones[0], canvas.tones[1], canvas.y / max(0.3, canvas.horizon))
    _lit(canvas)
    if canvas.chance.random() < 0.5:
        left, top = canvas.any(0.05, 0.7), canvas.any(0.05, 0.18)
        wide, high = canvas.any(0.16, 0.26), canvas.any(0.14, 0.22)
        canvas.lay(canvas.tones[4], canvas.inside(canvas.box(left, top, left + wide, top + high)))
        canvas.lay(
            canvas.tones[2], canvas.inside(canvas.box(left + 0.02, top + 0.02, left + wide - 0.02, top + high - 0.02))
        )
    below = canvas.y - canvas.horizon
    floor = canvas.between(canvas.tones[3], canvas.tones[3] * 0.85, below / 0.5)
    if canvas.chance.random() < 0.6:
        boards = _wave((canvas.x - 0.5) / (0.35 + np.clip(below, 0, 1) * 1.6), 0.34)
        floor = floor * (1 - 0.12 * canvas.inside(((0.12 - np.abs(boards)) * 0.05).astype(np.float32)))[..., None]
    canvas.lay(floor, canvas.inside(below))
    canvas.lay(canvas.tones[1] * 0.7 + 0.25, canvas.inside((0.014 - np.abs(below + 0.014)).astype(np.float32)))
    if canvas.chance.random() < 0.45:
        rug = 1 - np.hypot(
            (canvas.x - 0.5) / 0.42, (canvas.y - (canvas.horizon + 1) / 2) / (0.36 * (1 - canvas.horizon))
        )
        canvas.lay(canvas.tones[4], canvas.inside((rug * 0.1).astype(np.float32)))


def _window(canvas: _Canvas) -> None:
    """Draw a wall with a window, the sky and hills in it, and a sill or a table below."""
    outside = _Canvas(canvas.setting, canvas.size)
    outside.horizon = min(0.5, canvas.horizon * 0.7)
    _sky(outside, clouds=2)
    land = outside.ridge(outside.horizon, 0.03, 0.5)
    outside.lay(canvas.tones[2], outside.inside(outside.y - land))
    canvas.rgb[:] = canvas.tones[3] * 0.55 + 0.35
    _lit(canvas)
    middle, wide = canvas.any(0.42, 0.58), canvas.any(0.26, 0.36)
    top, foot = canvas.any(0.04, 0.1), canvas.horizon - canvas.any(0.0, 0.06)
    frame = canvas.box(middle - wide - 0.03, top - 0.03, middle + wide + 0.03, foot + 0.03)
    canvas.lay(np.array([0.95, 0.93, 0.88], np.float32), canvas.inside(frame))
    pane = canvas.box(middle - wide, top, middle + wide, foot)
    bars = np.minimum(np.abs(canvas.x - middle), np.abs(canvas.y - (top + foot) / 2)) - 0.011
    canvas.rgb += (outside.rgb - canvas.rgb) * canvas.inside(np.minimum(pane, bars).astype(np.float32))[..., None]
    below = canvas.y - canvas.horizon
    canvas.lay(canvas.between(canvas.tones[3], canvas.tones[3] * 0.8, below / 0.4), canvas.inside(below))
    canvas.lay(canvas.tones[4], canvas.inside((0.01 - np.abs(below)).astype(np.float32)))


def _hills(canvas: _Canvas) -> None:
    """Draw a sky over two or three rows of hills, and the ground before them."""
    _sky(canvas)
    rows = int(canvas.chance.integers(1, 4))
    for row in range(rows):
        near = (row + 1) / (rows + 1)
        tone = canvas.tones[1] * (1 - near) * 0.7 + canvas.tones[2] * (0.3 + 0.7 * near)
        height = canvas.horizon - 0.16 * (1 - near) - canvas.any(0.0, 0.04)
        land = canvas.ridge(height, canvas.any(0.02, 0.06) * (1.2 - near), canvas.any(0.25, 0.6))
        canvas.lay(tone.astype(np.float32), canvas.inside(canvas.y - land))
    _ground(canvas, canvas.ridge(canvas.horizon, 0.012, 0.6))


def _ground(canvas: _Canvas, edge: Array) -> None:
    """Lay the ground from an edge down to the frame, with a path or a field on it now and then."""
    below = canvas.y - edge
    canvas.lay(canvas.between(canvas.tones[3], canvas.tones[3] * 0.82, below / 0.5), canvas.inside(below))
    kind = canvas.chance.random()
    if kind < 0.3:
        bend = canvas.any(-0.25, 0.25)
        depth = np.clip(below / (1 - canvas.horizon + 1e-3), 0, 1)
        way = (0.02 + 0.16 * depth) - np.abs(canvas.x - 0.5 - bend * (1 - depth) ** 2 + canvas.any(-0.2, 0.2) * depth)
        canvas.lay(canvas.tones[4], canvas.inside(np.minimum(way, below).astype(np.float32)))
    elif kind < 0.6:
        band = canvas.ridge(canvas.horizon + canvas.any(0.12, 0.25), 0.02, 0.5)
        canvas.lay(canvas.tones[4] * 0.5 + canvas.tones[3] * 0.5, canvas.inside(canvas.y - band))


def _forest(canvas: _Canvas) -> None:
    """Draw a row of trees, pointed or round, and ground before them; trunks nearer by at the sides."""
    _sky(canvas, clouds=1)
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
            canvas.lay(tone.astype(np.float32), canvas.inside(tree.astype(np.float32)))
    _ground(canvas, canvas.ridge(canvas.horizon, 0.01, 0.6))


def _desert(canvas: _Canvas) -> None:
    """Draw a sky over dunes, each lit on one side."""
    _sky(canvas, clouds=0)
    for row in range(3):
        land = canvas.ridge(canvas.horizon + 0.13 * row - 0.05, 0.035, 0.6)
        tone = canvas.tones[2] + (canvas.tones[3] - canvas.tones[2]) * (row / 2)
        canvas.lay(tone.astype(np.float32), canvas.inside(canvas.y - land))
        shade = np.gradient(land[0]) / canvas.pixel * (1 if canvas.setting.light < 0 else -1)
        slope = np.clip(-shade * 2.5, 0, 0.6)[None, :] * np.exp(-np.clip(canvas.y - land, 0, 1) / 0.1)
        canvas.lay(canvas.tones[4], (slope * canvas.inside(canvas.y - land)).astype(np.float32))


def _sea(canvas: _Canvas) -> None:
    """Draw a sky, a straight horizon, perhaps a coast far off, and water with bands of light."""
    _sky(canvas)
    if canvas.chance.random() < 0.55:
        x, wide = canvas.any(0, 1), canvas.any(0.12, 0.35)
        coast = (canvas.any(0.05, 0.12) * (1 - ((canvas.x - x) / wide) ** 2)) - (canvas.horizon - canvas.y)
        canvas.lay(canvas.tones[2], canvas.inside(coast.astype(np.float32)))
    below = canvas.y - canvas.horizon
    water = canvas.between(canvas.tones[3], canvas.tones[3] * 0.7, below / (1.02 - canvas.horizon))
    canvas.lay(water, canvas.inside(below))
    depth = np.clip(below / (1.02 - canvas.horizon), 0, 1)
    for _ in range(int(canvas.chance.integers(4, 10))):
        level = canvas.any(0.05, 1.0)
        x, wide = canvas.any(0, 1), canvas.any(0.08, 0.3) * (0.4 + level)
        swell = 0.006 * np.sin(canvas.x * canvas.any(14, 26) + canvas.any(0, 6)) * (0.4 + level)
        band = (0.008 * (0.5 + level)) * (1 - ((canvas.x - x) / wide) ** 2) - np.abs(depth - level + swell) * (
            1.02 - canvas.horizon
        )
        canvas.lay(canvas.tones[4], 0.8 * canvas.inside(band.astype(np.float32)))


def _underwater(canvas: _Canvas) -> None:
    """Draw water that darkens downward, rays from above, a bed of sand, weeds and bubbles."""
    canvas.rgb[:] = canvas.between(canvas.tones[1], canvas.tones[0], canvas.y)
    for _ in range(3):
        x, lean = canvas.any(0, 1), canvas.any(-0.3, 0.3)
        ray = (0.03 + 0.09 * canvas.y) - np.abs(canvas.x - x - lean * canvas.y)
        canvas.lay(canvas.tones[1] * 0.6 + 0.4, 0.25 * canvas.inside(ray.astype(np.float32)) * (1 - canvas.y))
    bed = canvas.ridge(max(canvas.horizon, 0.78), 0.02, 0.5)
    for _ in range(int(canvas.chance.integers(2, 6))):
        x, high = canvas.any(0, 1), canvas.any(0.12, 0.35)
        sway = 0.025 * np.sin(canvas.y * canvas.any(14, 24) + canvas.any(0, 6))
        up = (canvas.y - (1 - high)) / high
        weed = np.minimum(0.018 * np.clip(up, 0, 1) ** 0.4 - np.abs(canvas.x - x - sway), canvas.y - (1 - high))
        canvas.lay(canvas.tones[2], canvas.inside(weed.astype(np.float32)))
    canvas.lay(canvas.tones[3], canvas.inside(canvas.y - bed))
    for _ in range(int(canvas.chance.integers(3, 9))):
        canvas.lay(
            canvas.tones[4],
            0.6 * canvas.inside(canvas.disc(canvas.any(0, 1), canvas.any(0, 0.8), canvas.any(0.008, 0.022))),
        )


def _open_sky(canvas: _Canvas) -> None:
    """Draw nothing but sky, and perhaps land far below."""
    horizon, canvas.horizon = canvas.horizon, 1.0
    _sky(canvas, clouds=6)
    if horizon < 0.97:
        canvas.lay(canvas.tones[3], canvas.inside(canvas.y - canvas.ridge(max(0.86, horizon), 0.02, 0.4)))


def _street(canvas: _Canvas) -> None:
    """Draw a row of houses with windows, a pavement and a road."""
    _sky(canvas, clouds=2)
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
        canvas.lay(tone, canvas.inside(canvas.box(x, foot - high, x + wide, foot)))
        if canvas.chance.random() < 0.5:  # a gable
            roof = np.minimum(
                (canvas.y - (foot - high - 0.08)) / 0.08 * (wide / 2) - np.abs(canvas.x - x - wide / 2),
                foot - high - canvas.y + 0.001,
            )
            canvas.lay(canvas.tones[4], canvas.inside(roof.astype(np.float32)))
        rows, columns = max(1, int(high / 0.11)), 2 if wide < 0.2 else 3
        for row in range(rows):
            for column in range(columns):
                at_x = x + wide * (column + 0.5) / columns
                at_y = foot - high + 0.065 + row * 0.11
                window = canvas.box(at_x - 0.02, at_y - 0.026, at_x + 0.02, at_y + 0.026)
                glass = lit if night and canvas.chance.random() < 0.6 else tone * 0.55
                canvas.lay(glass.astype(np.float32), canvas.inside(window))
        x += wide + 0.004
    below = canvas.y - canvas.horizon
    canvas.lay(canvas.between(canvas.tones[3], canvas.tones[3] * 0.8, below / 0.4), canvas.inside(below))
    canvas.lay(canvas.tones[3] * 0.5 + 0.4, canvas.inside((0.02 - np.abs(below - 0.02)).astype(np.float32)))
    if canvas.chance.random() < 0.5:
        dashes = np.minimum(0.012 - np.abs(below - 0.6 * (1 - canvas.horizon)), _wave(canvas.x, 0.24) * 0.06)
        canvas.lay(canvas.tones[4], canvas.inside(dashes.astype(np.float32)))


def _space(canvas: _Canvas) -> None:
    """Draw a night without ground: stars, a veil, a planet."""
    veil = np.clip(0.5 + 0.35 * canvas.cloud(0.5) - np.abs(canvas.y - canvas.x * canvas.setting.light - 0.4), 0, 1)
    canvas.rgb[:] = canvas.between(canvas.tones[0], canvas.tones[1], veil)
    for _ in range(int(canvas.chance.integers(24, 50))):
        star = canvas.disc(canvas.any(0, 1), canvas.any(0, 1), canvas.any(0.003, 0.009))
        canvas.lay(np.array([1, 0.97, 0.88], np.float32), 0.9 * canvas.inside(star))
    if canvas.chance.random() < 0.6:
        x, y, radius = canvas.any(0, 1), canvas.any(0.7, 1.1), canvas.any(0.15, 0.4)
        canvas.lay(canvas.tones[3], canvas.inside(canvas.disc(x, y, radius)))
        shade = canvas.inside(canvas.disc(x, y, radius)) * canvas.inside(
            -canvas.disc(x + 0.3 * radius * canvas.setting.light, y - 0.3 * radius, radius)
        )
        canvas.lay(canvas.tones[3] * 0.6, shade)


def _weather(canvas: _Canvas) -> None:
    """Let rain or snow fall over all that was drawn."""
    if canvas.setting.weather == "rain":
        lean = canvas.any(-0.35, 0.35)
        for _ in range(38):
            x, y, long = canvas.any(-0.1, 1.1), canvas.any(-0.05, 1), canvas.any(0.05, 0.1)
            along = canvas.y - y
            drop = np.minimum(0.004 - np.abs(canvas.x - x - lean * along), np.minimum(along, long - along))
            canvas.lay(canvas.tones[1] * 0.5 + 0.5, 0.7 * canvas.inside(drop.astype(np.float32)))
    elif canvas.setting.weather == "snow":
        for _ in range(44):
            flake = canvas.disc(canvas.any(0, 1), canvas.any(0, 1), canvas.any(0.006, 0.015))
            canvas.lay(np.array([1, 1, 1], np.float32), 0.9 * canvas.inside(flake))


_DRAWN: dict[str, Callable[[_Canvas], None]] = {
    "plain": _plain, "split": _split, "pattern": _pattern, "table": _table, "room": _room, "window": _window,
    "hills": _hills, "forest": _forest, "desert": _desert, "sea": _sea, "underwater": _underwater, "sky": _open_sky,
    "street": _street, "space": _space,
}  # fmt: skip
