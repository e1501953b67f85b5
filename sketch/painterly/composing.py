"""Compose a drawn scene as a painter would: set it in a place, light it from one side, lose and find its edges."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sketch.colour import Array
from sketch.lighting.form import blurred
from sketch.painterly import forms, ground, tones
from sketch.painterly.forms import Form
from sketch.painterly.shadows import thrown, touching
from sketch.rendering import Drawn
from sketch.scene import Setting

AIR = ("sky", "space", "underwater")
WALLS = ("plain", "split", "pattern")
NO_FLOOR = 0.95
HIGH = 0.75
"""How high the light stands, as a slope against its side; as much of it comes from the viewer."""

LIT, SHADED = 0.26, 0.62
"""How far what faces the light goes to its colour, and what is turned away goes into the dark."""

BOUNCED = 0.34
"""How much of what is around shines back into the shade of a thing."""

LOST = 0.62
"""How far an edge in the shade takes the colour of what lies behind it."""

FOUND = 0.16
"""How far the ground goes dark beside a lit edge, and light beside a shaded one."""


@dataclass(frozen=True, slots=True)
class Light:
    """Light from one side, -1…1; its colour (3,), and how deep the shade is."""

    side: float
    tint: Array
    depth: float

    @classmethod
    def of(cls, setting: Setting) -> Light:
        """Return the light of a setting: warm by day, golden at dusk, pale blue at night."""
        tint = {"dusk": (1.0, 0.86, 0.66), "night": (0.80, 0.88, 1.0)}.get(setting.time, (1.0, 0.965, 0.88))
        side = float(np.copysign(max(0.35, abs(setting.light)), setting.light or -1.0))
        return cls(side, np.array(tint, np.float32), 0.9 if setting.time == "night" else 1.0)


def compose(drawn: Drawn, setting: Setting, *, seed: int) -> Drawn:
    """Return a drawn scene as a painter would set it up: same numbers, other pixels.

    The place follows from ``setting`` and ``seed`` alone, and all else from the pixels, without thresholds: a small
    change of what is drawn changes little. ``drawn`` has any side; of a photo's surroundings only the colours change.
    """
    size = drawn.ground.shape[0]
    behind = ground.drawn(setting, size, seed).copy() if ground.is_place(setting) else drawn.ground.copy()
    light = Light.of(setting)
    rgb, alpha = drawn.things[..., :3], drawn.things[..., 3:]
    rgb = tones.without_contours(rgb, alpha[..., 0])
    shapes = list(forms.of(drawn))
    for shape in shapes:
        _darken(behind, shape, light, setting)
    facing, cover = _facing(shapes, light, min(size, forms.COARSE))
    rgb, behind = _lit(rgb, alpha, behind, facing, cover, light)
    key = tones.key(setting)
    rgb, behind = tones.graded(rgb, key, 1.0), tones.graded(behind, key, 0.7)
    things = np.concatenate([rgb, alpha], -1)
    return replace(drawn, things=np.asarray(np.clip(things, 0, 1), np.float32), ground=np.clip(behind, 0, 1))


def _darken(behind: Array, shape: Form, light: Light, setting: Setting) -> None:
    """Let a thing darken the ground, in place: where it touches it, and away from the light."""
    if setting.kind in AIR or not ground.is_place(setting):
        return
    dark = thrown(shape, light.side, _floor(setting)) * light.depth
    dark = np.maximum(dark, touching(shape, light.side, _floor(setting)))
    behind *= 1 - forms.resized(dark, behind.shape[0])[..., None] * _SHADOW


def _floor(setting: Setting) -> float:
    """Return the line, as a share of the side, above which there is no ground to stand on: above 1 for a wall."""
    if setting.kind in WALLS and setting.horizon > NO_FLOOR:
        return 2.0
    return setting.horizon


_SHADOW = np.array([1.0, 0.94, 0.84], np.float32)


def _facing(shapes: list[Form], light: Light, size: int) -> tuple[Array, Array]:
    """Say how far each place of the things faces the light, -1…1, and how far it is covered: coarse."""
    facing, cover = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    length = float(np.sqrt(light.side**2 + HIGH**2 + 1))
    for shape in shapes:
        across, down = forms.slopes(shape)
        steep = np.sqrt(across**2 + down**2 + 1)
        own = (across * light.side - down * HIGH + 1) / steep / length - 1 / length
        # Over the whole of it the light falls off, as over a ball.
        place = (np.arange(size, dtype=np.float32) + 0.5) / size
        reach = max(0.08, 0.5 * shape.side)
        fall = (place[None, :] - shape.middle) * light.side / reach - (
            place[:, None] - shape.foot + reach
        ) * 0.7 / reach
        own = own * 1.5 + 0.24 * np.tanh(fall)
        facing += (own - facing) * shape.cover
        cover += (1 - cover) * shape.cover
    return facing, cover


def _lit(rgb: Array, alpha: Array, behind: Array, facing: Array, cover: Array, light: Light) -> tuple[Array, Array]:
    """Model things by light, core shadow and what shines back; lose their shaded edges in the ground."""
    size = rgb.shape[0]
    around = _around(rgb, alpha, behind)
    shade = np.clip(-facing * 1.7, 0, 1)
    shade = shade * shade * (3 - 2 * shade)
    lit = np.clip(facing * 1.5, 0, 1)
    # The darkest is not the rim, but where light ends: there what is around shines in.
    rim = np.clip(2.2 * (1 - blurred(cover, 0.035 * len(cover))), 0, 1)
    fine = forms.resized(np.stack([shade, lit, rim], -1), size)
    shade, lit, rim = (fine[..., at : at + 1] for at in range(3))
    around = forms.resized(around, size)
    dark = rgb * (1 - SHADED * light.depth * _SHADE * shade)
    bounce = BOUNCED * shade * (0.45 + 0.55 * rim)
    things = dark + (around * (0.45 + 0.55 * rgb) - dark) * bounce
    things = things * (1 + 0.12 * lit) + (light.tint - things) * (LIT * lit)
    edge = 4 * alpha * (1 - alpha)
    near = np.clip(rim * 1.5 - 0.35, 0, 1)
    lost = LOST * np.clip(shade * 1.5 - 0.3, 0, 1) * np.maximum(near**2, edge)
    soft = _widened(behind)
    things = things + (soft - things) * lost
    beside = forms.resized(_beside(facing, cover), size)[..., None]
    behind = behind * (1 - FOUND * np.clip(beside, -1, 1))
    return np.clip(things, 0, 1), np.clip(behind, 0, 1)


_SHADE = np.array([1.0, 0.96, 0.88], np.float32)


def _around(rgb: Array, alpha: Array, behind: Array) -> Array:
    """Return the colours that shine back at each place, coarse: those of ground and neighbours, from below most."""
    whole = forms.coarse(behind + (rgb - behind) * alpha)
    reach = 0.16 * len(whole)
    shift = round(0.1 * len(whole))
    lower = np.concatenate([whole[shift:], np.repeat(whole[-1:], shift, 0)])
    return np.stack([blurred(lower[..., part], reach) for part in range(3)], -1)


def _widened(behind: Array) -> Array:
    """Return the ground without its details: what an edge is lost in."""
    small = forms.coarse(behind)
    wide = np.stack([blurred(small[..., part], 0.03 * len(small)) for part in range(3)], -1)
    return forms.resized(wide, behind.shape[0])


def _beside(facing: Array, cover: Array) -> Array:
    """Say where the ground beside things is to be darker (beside what is lit) or lighter."""
    reach = 0.06 * len(cover)
    total = blurred(cover, reach)
    return np.asarray(blurred(np.clip(facing * 2.4, -1, 1) * cover, reach) / (total + 0.15) * np.clip(total * 3, 0, 1))
