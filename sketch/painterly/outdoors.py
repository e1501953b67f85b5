"""Painterly outdoor places with aerial perspective: meadows, woods, dunes, water, clouds, streets, space."""

from __future__ import annotations

import numpy as np

from sketch.backdrops.canvas import Numbers
from sketch.colour import Array
from sketch.painterly.stage import Stage, interpolate


def sky(stage: Stage, *, clouds: float = 1.0) -> None:
    """Draw a sky that glows near the horizon on the light's side; ``clouds`` is their amount, 0 for none."""
    above, low = stage.tones[0], stage.tones[1]
    up = (stage.y / max(0.25, stage.horizon)) ** 1.1
    glow = np.exp(-(((stage.x - 0.5 - 0.4 * stage.light) / 0.5) ** 2) - ((stage.y - stage.horizon) / 0.4) ** 2)
    stage.rgb[:] = stage.between(above * 0.94, low, up * 0.8 + 0.3 * glow)
    stage.shade(0.18 * glow * (0.4 if stage.night else 1.0))
    if clouds > 0:
        _clouds(stage, clouds)
    if stage.night:
        _stars(stage)


def _clouds(stage: Stage, amount: float) -> None:
    """Draw banks of cloud that flatten towards the horizon: bright where they face the light, grey below."""
    far = np.clip(stage.horizon - stage.y, 0, None) + 0.12
    u, v = (stage.x - 0.5) / far * 0.42 + stage.any(0, 9), np.log(far) * 2.1 + stage.any(0, 9)
    chance = np.random.default_rng((stage.setting.seed, 11))
    grids = [chance.normal(size=(32, 32)).astype(np.float32) for _ in range(3)]
    body, lit = (_sum_octaves(grids, u - du, v - dv) for du, dv in ((0, 0), (0.2 * stage.light, 0.25)))
    cover = stage.soft(body - stage.any(0.1, 0.7) / amount, 0.9) * np.clip(far / 0.2, 0, 1)
    bright = np.clip(0.5 + 0.8 * (body - lit), 0, 1)
    white = stage.tones[1] * 0.35 + np.array([0.64, 0.62, 0.58], np.float32) * (0.55 if stage.night else 1.0)
    grey = stage.tones[0] * 0.55 + stage.tones[2] * 0.3
    stage.lay(stage.between(grey, white, bright), 0.85 * cover)


def _sum_octaves(grids: list[Array], u: Numbers, v: Numbers) -> Array:
    """Return noise at positions u, v: the sum of the tables, each with half the scale and weight of the one before."""
    total = sum(interpolate(grid, u * 2**at, v * 2**at) * 0.5**at for at, grid in enumerate(grids))
    return np.asarray(total, np.float32) * np.float32(1.2)


def _stars(stage: Stage) -> None:
    """Draw five to eleven soft stars above the horizon."""
    for _ in range(int(stage.chance.integers(5, 12))):
        x, y, radius = stage.any(0, 1), stage.any(0, max(0.1, stage.horizon - 0.1)), stage.any(0.008, 0.02)
        star = np.exp(-((np.hypot(stage.x - x, stage.y - y) / radius) ** 2))
        stage.lay(np.array([1, 0.95, 0.78], np.float32), 0.8 * star)


def _haze(stage: Stage, tone: Array, near: float) -> Array:
    """Return a tone (3,) mixed with the colour of the air; ``near`` is 1 close by and 0 in the distance."""
    return np.asarray(stage.tones[1] * (1 - near) + tone * near, np.float32)


def _ground(stage: Stage, top: Numbers, tone: Array) -> Array:
    """Draw land in perspective below the skyline ``top``; return its depth (size, size), 0.02 far away to 1 nearby."""
    depth = np.clip((stage.y - stage.horizon) / max(0.1, 1 - stage.horizon), 0.02, 1).astype(np.float32)
    u, v = (stage.x - 0.5) / (0.25 + depth), -1.5 / (0.3 + depth) + 0.5 * (stage.x - 0.5)
    light, warm = stage.sample(u * 1.8, v * 1.3, 2), stage.sample(u * 1.1 + 5, v * 0.9, 1)
    near = (0.45 + 0.55 * depth)[..., None]
    land = stage.tones[1] * (1 - near) * 0.9 + tone * near
    drift = np.stack([light + 0.9 * warm, light, light - 0.5 * warm], -1)
    land = land * (1 + 0.085 * drift)
    stage.lay(np.clip(land, 0, 1), stage.inside(stage.y - top))
    return depth


def _clumps(stage: Stage, level: float, size: float, tone: Array, near: float, number: int) -> None:
    """Draw a row of trees or bushes with feet at the y ``level``: round crowns in shade, with a lit side.

    ``size`` is about the radius of a crown, as a share of the picture's side; ``near`` is as for :func:`_haze`.
    """
    dark = _haze(stage, tone * 0.62, near)
    light = _haze(stage, tone * 1.02 + 0.04, near)
    wobble = 0.25 * size * stage.noise(size * 0.7, size * 0.7)
    for _ in range(number):
        x, radius = stage.any(-0.05, 1.05), size * stage.any(0.6, 1.2)
        y = level - 0.55 * radius
        away = np.hypot((stage.x - x) / 1.25, stage.y - y)
        cover = stage.soft(radius + wobble - away, 0.015) * stage.soft(level + 0.2 * size - stage.y, 0.02)
        lit = np.clip(0.4 + 0.9 * ((stage.x - x) * stage.light - (stage.y - y)) / radius, 0, 1)
        stage.lay(stage.between(dark, light, lit), cover)


def meadow(stage: Stage) -> None:
    """Draw a wide landscape: sky, hills that pale with distance, trees, a path or furrows, shaded grass in front."""
    sky(stage)
    for number in range(3):
        near = (0.22, 0.42, 0.62)[number]
        level = stage.horizon - 0.085 + 0.035 * number
        skyline = stage.ridge(level, 0.045 - 0.01 * number, 0.45)
        tone = _haze(stage, stage.tones[2] * (0.95 - 0.08 * number), near)
        slope = np.gradient(skyline, stage.pixel, axis=1)
        lit = 1 + 0.35 * np.clip(-slope * stage.light, -0.5, 0.5) + 0.06 * stage.noise(0.1, 0.04)
        stage.lay(np.clip(tone * lit[..., None], 0, 1), stage.inside(stage.y - skyline))
    if stage.chance.random() < 0.7:
        _clumps(stage, stage.horizon + 0.01, stage.any(0.03, 0.06), stage.tones[3], 0.6, int(stage.any(3, 8)))
    top = stage.ridge(stage.horizon, 0.012, 0.5)
    depth = _ground(stage, top, stage.tones[3])
    kind = stage.chance.random()
    if kind < 0.45:
        _path(stage, depth)
    elif kind < 0.7:
        _furrows(stage, depth)
    _near_grass(stage, depth)
    if stage.chance.random() < 0.35:
        _great_tree(stage)


def _path(stage: Stage, depth: Numbers) -> None:
    """Draw a winding path from the lower edge to the horizon."""
    start, bend, end = stage.any(0.1, 0.9), stage.any(-0.5, 0.5), stage.any(0.3, 0.7)
    back = 1 - depth
    middle = start + (end - start) * back + bend * back * depth * 2
    wide = 0.015 + 0.13 * depth**1.4
    away = wide - np.abs(stage.x - middle) + 0.02 * depth * stage.noise(0.1, 0.05)
    tone = stage.tones[4] * 0.45 + stage.tones[3] * 0.3 + 0.16
    stage.lay(np.clip(tone, 0, 1), 0.8 * stage.soft(away, 0.02) * stage.soft(stage.y - stage.horizon - 0.012, 0.02))


def _furrows(stage: Stage, depth: Numbers) -> None:
    """Draw furrows that meet at the horizon."""
    far = (stage.x - stage.any(0.2, 0.8)) / (0.1 + depth)
    rows = np.sin(far * stage.any(7, 11) + 0.4 * stage.noise(0.2, 0.1))
    stage.shade(0.22 * rows * depth * stage.inside(stage.y - stage.horizon - 0.02))


def _near_grass(stage: Stage, depth: Numbers) -> None:
    """Darken the foreground, and draw tufts of grass in it that lean with the light."""
    tufts = stage.sample(stage.x * 16 + 3 * stage.light * (1 - stage.y), stage.y * 3.5, 2)
    stage.shade((0.16 * tufts - 0.38) * stage.soft(depth - 0.72 + 0.06 * tufts, 0.5))


def _great_tree(stage: Stage) -> None:
    """Draw a branch or crown of a near tree in the upper corner on the light's side."""
    side = np.sign(stage.light)
    away = (stage.x - 0.5) * side - 0.34 + 0.5 * (0.3 - stage.y) + 0.06 * stage.noise(0.12, 0.1, 3)
    cover = stage.soft(away, 0.05) * stage.soft(stage.horizon - 0.1 - stage.y, 0.1)
    tone = stage.tones[3] * 0.5 * (1 + 0.2 * stage.noise(0.07, 0.05)[..., None])
    stage.lay(np.clip(tone, 0, 1), 0.9 * cover)


def forest(stage: Stage) -> None:
    """Draw a wood: a bright gap far away, pale distant trunks, dark near ones, and spots of light on the ground."""
    gap = np.exp(-(((stage.x - 0.5 - 0.2 * stage.light) / 0.34) ** 2) - ((stage.y - stage.horizon + 0.2) / 0.36) ** 2)
    stage.rgb[:] = stage.between(stage.tones[3] * 0.5, stage.tones[1] * 0.85 + 0.1, gap * 1.1)
    leaves = stage.noise(0.1, 0.08, 3)
    stage.shade(0.13 * leaves)
    for number in range(3):
        near = (0.35, 0.65, 1.0)[number]
        tone = _haze(stage, stage.tones[2] * 0.4 + stage.tones[4] * 0.12, near)
        for _ in range((6, 4, 2)[number]):
            x, wide = stage.any(-0.02, 1.02), stage.any(0.008, 0.016) * (1 + 1.6 * number)
            if number == 2 and abs(x - 0.5) < 0.3:
                x = 0.5 + np.sign(x - 0.5) * stage.any(0.36, 0.52)
            foot = stage.horizon + 0.02 + 0.07 * number
            bend = x + stage.any(-0.06, 0.06) * (stage.y - foot) + 0.008 * np.sin(stage.y * 9 + x * 7)
            flare = wide * (1 + 0.8 * np.exp((stage.y - foot) / 0.03).clip(0, 1))
            across = (stage.x - bend) / flare
            cover = stage.soft(flare - np.abs(stage.x - bend), 0.008) * stage.soft(foot - stage.y, 0.02)
            stage.lay(np.clip(tone * (1 + 0.4 * across * stage.light)[..., None], 0, 1), cover)
    depth = _ground(stage, stage.ridge(stage.horizon + 0.02, 0.012, 0.4), stage.tones[3] * 0.85)
    spots = stage.sample((stage.x - 0.5) / (0.25 + depth) * 2.2, -3 / (0.3 + depth), 2)
    lit = stage.soft(spots - 0.2, 0.8) * stage.inside(stage.y - stage.horizon - 0.02)
    stage.shade(0.3 * lit - 0.25 * (stage.y > stage.horizon) * (1 - lit))
    crown = stage.soft(0.16 + 0.07 * stage.noise(0.14, 0.1, 3) - stage.y, 0.12)
    stage.lay(np.clip(stage.tones[3] * 0.45 * (1 + 0.25 * leaves[..., None]), 0, 1), 0.85 * crown)


def desert(stage: Stage) -> None:
    """Draw dunes, each with a lit and a shaded flank that meet along its crest."""
    sky(stage, clouds=0.5)
    skyline = stage.ridge(stage.horizon - 0.05, 0.03, 0.3)
    stage.lay(_haze(stage, stage.tones[2], 0.45), stage.inside(stage.y - skyline))
    for number in range(4):
        level = stage.horizon + (1 - stage.horizon) * (0.02, 0.14, 0.36, 0.66)[number]
        crest = stage.ridge(level, 0.025 + 0.012 * number, 0.4)
        near = 0.5 + 0.16 * number
        tone = _haze(stage, stage.tones[3], min(1.0, near))
        slope = np.gradient(crest, stage.pixel, axis=1)
        below = stage.y - crest
        flank = np.clip(0.5 - slope * stage.light * 2.2, 0, 1)
        dune = stage.between(tone * 0.66, np.clip(tone * 1.08, 0, 1), flank + below * 1.8)
        dune = dune * (1 + 0.04 * stage.noise(0.2, 0.03)[..., None])
        stage.lay(np.clip(dune, 0, 1), stage.inside(below))


def sea(stage: Stage) -> None:
    """Draw open water: a hazy horizon, waves, the light's reflection on them, sometimes a coast or a shore."""
    sky(stage, clouds=1.1)
    if stage.chance.random() < 0.5:
        coast = stage.ridge(stage.horizon - 0.03, 0.025, 0.3) + 0.12 * np.clip(stage.light * (stage.x - 0.5), -0.2, 0.5)
        stage.lay(_haze(stage, stage.tones[2], 0.45), stage.inside(stage.y - coast))
    below = stage.y - stage.horizon
    depth = np.clip(below / max(0.1, 1 - stage.horizon), 0.015, 1).astype(np.float32)
    water = stage.between(stage.tones[1] * 0.8 + stage.tones[3] * 0.15, stage.tones[3] * 0.82, depth**0.6)
    u, v = (stage.x - 0.5) / (0.12 + depth), -1.5 / (0.12 + depth)
    swell = stage.sample(u * 0.9, v * 4.0, 2) + 0.6 * stage.sample(u * 2.3, v * 8, 2)
    path = np.exp(-(((stage.x - 0.5 - 0.32 * stage.light) / (0.1 + 0.22 * depth)) ** 2))
    crest = stage.soft(swell - 0.5, 0.9)
    trough = stage.soft(-swell - 0.2, 0.9)
    foam = np.clip(stage.tones[4] * 0.5 + stage.tones[1] * 0.5, 0, 1)
    water = water * (1 - 0.34 * trough * (0.3 + 0.7 * depth))[..., None]
    water = water + (foam - water) * ((0.28 + 0.5 * path) * crest)[..., None]
    stage.lay(np.clip(water, 0, 1), stage.inside(below))
    if stage.chance.random() < 0.3:
        _shore(stage)


def _shore(stage: Stage) -> None:
    """Draw a sandy shore with a line of foam at the lower edge of the picture."""
    edge = stage.y - stage.any(0.86, 0.93) - 0.05 * np.sin(stage.x * 4 + stage.any(0, 6)) * 0.6
    sand = stage.tones[1] * 0.35 + np.array([0.42, 0.37, 0.29], np.float32)
    stage.lay(np.clip(sand * (1 + 0.05 * stage.noise(0.15, 0.05)[..., None]), 0, 1), stage.soft(edge, 0.02))
    stage.lay(np.array([0.92, 0.92, 0.88], np.float32), 0.7 * stage.soft(0.014 - np.abs(edge), 0.02))


def underwater(stage: Stage) -> None:
    """Draw deep water: slanting rays of light from above that fade, rocks and weeds, and a bed of sand."""
    stage.rgb[:] = stage.between(stage.tones[1] * 0.95, stage.tones[0], stage.y * 1.25 + 0.1 * stage.noise(0.4, 0.3))
    lean = stage.x + 0.55 * stage.light * (stage.y + 0.2)
    rays = stage.sample(lean * 7, 0.4 * stage.y, 2)
    stage.shade(0.26 * stage.soft(rays - 0.3, 1.2) * np.exp(-stage.y / 0.5))
    for number in range(2):
        skyline = stage.ridge(0.7 + 0.1 * number, 0.11, 0.35)
        tone = stage.tones[0] * (0.95 - 0.3 * number) + stage.tones[2] * (0.06 + 0.14 * number)
        rock = tone * (1 + 0.16 * stage.noise(0.09, 0.12, 3)[..., None])
        stage.lay(np.clip(rock, 0, 1), 0.9 * stage.soft(stage.y - skyline, 0.03))
    for _ in range(int(stage.any(4, 9))):
        x, high, wide = stage.any(0, 1), stage.any(0.12, 0.4), stage.any(0.01, 0.022)
        if abs(x - 0.5) < 0.22:
            high *= 0.4
        along = np.clip((stage.horizon + 0.04 - stage.y) / high, 0, 1)
        sway = x + 0.035 * np.sin(along * 5 + x * 30) * along
        cover = stage.soft(wide * (1 - along) ** 0.6 - np.abs(stage.x - sway), 0.01) * stage.soft(0.995 - along, 0.02)
        tone = stage.tones[2] * stage.any(0.5, 0.9)
        stage.lay(np.clip(tone, 0, 1), 0.85 * cover)
    sand = stage.soft(stage.y - stage.ridge(stage.horizon, 0.015, 0.3), 0.02)
    tone = stage.tones[3] * 0.62 + stage.tones[0] * 0.25
    stage.lay(np.clip(tone * (1 + 0.09 * stage.noise(0.18, 0.03)[..., None]), 0, 1), sand)
    stage.shade(-0.3 * stage.soft(np.hypot(stage.x - 0.5, stage.y - 0.45) - 0.5, 0.5))


def open_sky(stage: Stage) -> None:
    """Draw a high sky: large clouds with light and shade, and land far below at the lower edge."""
    stage.horizon = 1.05
    sky(stage, clouds=1.6)
    for _ in range(int(stage.any(2, 5))):
        _cumulus(stage, stage.any(-0.05, 1.05), stage.any(0.62, 0.95), stage.any(0.13, 0.24))
    land = stage.ridge(stage.any(0.9, 0.97), 0.015, 0.5)
    stage.lay(_haze(stage, stage.tones[3] * 0.85, 0.62), stage.soft(stage.y - land, 0.02))


def _cumulus(stage: Stage, x: float, y: float, size: float) -> None:
    """Draw a cloud of round heaps about x, y: bright at the top and towards the light, blue-grey below."""
    shape = np.full_like(stage.x, -1.0)
    for _ in range(9):
        dx, radius = stage.any(-1.1, 1.1) * size, size * stage.any(0.3, 0.55)
        dy = -abs(stage.any(0, 0.55)) * size * (1 - abs(dx) / (1.6 * size))
        shape = np.maximum(shape, radius - np.hypot(stage.x - x - dx, (stage.y - y - dy) * 1.15))
    shape += 0.02 * stage.noise(0.07, 0.06, 2)
    cover = stage.soft(shape, 0.035) * stage.soft(y + 0.2 * size - stage.y + 0.02 * stage.noise(0.1, 0.1), 0.09)
    down, across = np.gradient(np.clip(shape, -0.02, 0.12), stage.pixel)
    lit = np.clip(
        0.55 - 0.4 * (across * stage.light - down * 0.8) * 0.35 - 0.55 * (stage.y - y + 0.2 * size) / size, 0, 1
    )
    white = stage.tones[1] * 0.3 + np.array([0.67, 0.65, 0.61], np.float32) * (0.55 if stage.night else 1.0)
    grey = stage.tones[0] * 0.65 + stage.tones[1] * 0.18
    stage.lay(np.clip(stage.between(grey, white, lit), 0, 1), 0.95 * cover)


def street(stage: Stage) -> None:
    """Draw a street that recedes between two rows of houses, one in light and one in shade."""
    sky(stage, clouds=0.8)
    vanish_x, vanish_y = 0.5 + stage.any(-0.16, 0.16), stage.horizon
    bright = -np.sign(stage.light)  # the side that the light falls on
    for side in (-1.0, 1.0):
        away = (stage.x - vanish_x) * side
        far = np.clip(away, 1e-3, None)
        gap = stage.any(0.05, 0.1)
        bay = np.log(far + 0.02) * stage.any(1.4, 1.9)
        number = np.floor(bay)
        chance = np.random.default_rng((stage.setting.seed, int(side) + 5)).uniform(0, 1, 24)
        own = chance[number.astype(int) % 24]
        roof = vanish_y - far * (0.75 + 0.45 * own) - 0.06
        face = np.minimum(away - gap, stage.y - roof)
        tone = stage.between(stage.tones[2], stage.tones[4], own * 0.7)
        near = np.clip(0.4 + far * 1.4, 0, 1)[..., None]
        lit = 1.08 if side == bright else 0.58
        house = stage.tones[1] * (1 - near) + tone * near * lit
        part = bay - number
        level = (stage.y - roof) / (vanish_y + far * 0.4 - roof + 1e-3)
        pane = stage.soft(0.16 - np.abs((part * 2) % 1 - 0.5), 0.08) * stage.soft(
            0.22 - np.abs((level * 3.2) % 1 - 0.5), 0.1
        )
        house = house * (1 - 0.34 * pane * near[..., 0])[..., None]
        house = house * (1 + 0.05 * stage.noise(0.1, 0.14)[..., None])
        foot = vanish_y + far * 0.28
        stage.lay(np.clip(house, 0, 1), stage.inside(face) * stage.inside(foot - stage.y))
    below = stage.y - stage.horizon
    depth = np.clip(below / max(0.1, 1 - stage.horizon), 0.02, 1).astype(np.float32)
    road = stage.inside(np.minimum(below, stage.y - vanish_y - np.abs(stage.x - vanish_x) * 0.28))
    tone = stage.between(stage.tones[1] * 0.9, stage.tones[3] * 0.9, depth**0.5)
    tone = tone * (1 + 0.07 * stage.sample((stage.x - vanish_x) / (0.2 + depth) * 2, -3 / (0.3 + depth), 3)[..., None])
    stage.lay(np.clip(tone, 0, 1), road)
    shaded = stage.soft((stage.x - vanish_x) * stage.light - 0.06 - 0.28 * depth * stage.any(-0.3, 0.5), 0.06)
    stage.shade(-0.36 * shaded * road)


def space(stage: Stage) -> None:
    """Draw deep space: a band of glowing dust, a few large stars, a dim planet at the lower edge."""
    stage.rgb[:] = stage.tones[0] * 0.75
    lean = stage.any(-0.9, 0.9)
    away = (stage.y - 0.45) - lean * (stage.x - 0.5) + 0.12 * stage.noise(0.3, 0.3)
    band = np.exp(-((away / 0.24) ** 2)) * (0.7 + 0.4 * stage.noise(0.18, 0.18, 3))
    stage.rgb[:] = stage.between(stage.rgb, stage.tones[1] * 0.95 + stage.tones[4] * 0.08, np.clip(band, 0, 1))
    stage.lay(stage.tones[2] * 0.9 + stage.tones[4] * 0.15, 0.5 * np.clip(stage.noise(0.25, 0.2, 3) * band, 0, 1))
    for _ in range(int(stage.any(10, 18))):
        star = np.exp(
            -((np.hypot(stage.x - stage.any(0, 1), stage.y - stage.any(0, 1)) / stage.any(0.006, 0.016)) ** 2)
        )
        stage.lay(np.array([1, 0.95, 0.82], np.float32), 0.85 * star)
    if stage.chance.random() < 0.6:
        x, radius = stage.any(0.1, 0.9), stage.any(0.5, 0.9)
        middle = 1 - stage.any(0.03, 0.14) + radius
        away = radius - np.hypot(stage.x - x, stage.y - middle)
        lit = np.clip(0.4 + (stage.x - x) * stage.light * 0.9 - 2.5 * np.clip(away, 0, 1), 0.08, 1)
        world = stage.tones[3] * lit[..., None] * (1 + 0.12 * stage.noise(0.2, 0.05, 3)[..., None])
        stage.lay(np.clip(world, 0, 1), stage.soft(away, 0.012))
