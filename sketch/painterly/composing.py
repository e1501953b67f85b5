"""Redraw a scene in the painterly setup: a place, light from one side, lost and found edges.

An edge is lost where a thing takes the colour behind it, and found where the ground beside it contrasts with it. Arrays
(n, n) have the picture's size, arrays (m, m) the coarse size of :mod:`sketch.painterly.forms`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sketch.colour import Array
from sketch.layers.drawn import Drawn
from sketch.lighting.form import COARSE, blur
from sketch.lighting.light import mean
from sketch.marks.field import step
from sketch.painterly import forms, ground, reflections, tones
from sketch.painterly.forms import Form
from sketch.painterly.shadows import cast_shadow, contact_shadow
from sketch.scene import Setting

AIR = ("sky", "space", "underwater")
HIGH = 0.75
"""The upward component of the direction to the light; the component towards the viewer is 1."""

LIT, SHADED = 0.20, 0.46
"""How far lit parts are lightened to the light's colour, and how far shaded parts are darkened, 0…1."""

TINTED = 0.6
"""How far things take on the light's colour and, at night, its darkness, 0…1."""

BOUNCED = 0.34
"""How much light from the surroundings is reflected into a thing's shade, 0…1."""

SET_APART = 0.2
"""The most by which the ground is darkened or lightened where things have nearly the same lightness, 0…1."""

LOST = 0.62
"""How far a shaded edge takes the colour of what lies behind it, 0…1."""

FOUND = 0.16
"""How far the ground is darkened beside a lit edge, and lightened beside a shaded one, 0…1."""


@dataclass(frozen=True, slots=True)
class Light:
    """Light from one side.

    ``side`` is its direction, -1 (left) to 1 (right); ``tint`` (3,) its colour, sRGB 0…1; ``depth``, 0…1, scales its
    brightness and the darkness of its shade.
    """

    side: float
    tint: Array
    depth: float

    @classmethod
    def from_setting(cls, setting: Setting) -> Light:
        """Return the light of a setting: warm by day, golden at dusk, pale blue at night, and always from one side."""
        tint = {"dusk": (1.0, 0.86, 0.66), "night": (0.80, 0.88, 1.0)}.get(setting.time, (1.0, 0.965, 0.88))
        side = float(np.copysign(max(0.35, abs(setting.light)), setting.light or -1.0))
        return cls(side, np.array(tint, np.float32), 0.9 if setting.time == "night" else 1.0)


def compose(drawn: Drawn, ends: Sequence[tuple[Setting, int, float]], *, requested: Array | None = None) -> Drawn:
    """Return a drawn scene redrawn in the painterly setup: other colours, the same ``numbers`` of things.

    ``ends`` are the scene's setting, its seed and 1; in a transition, those of both scenes, each with its share: place,
    light and colour key are mixed, at the cost of rendering one picture. The place in the background depends only on
    setting and seed. All else follows from the pixels without thresholds, so that a small change of the drawing changes
    little. ``drawn`` is a square of any side; of a photo's surroundings only the colours change.
    ``requested`` (n + 1,), 0…1, says how far a colour was requested for each of the n things, which have the indices
    from 1; index 0 is the ground.
    """
    size = drawn.ground.shape[0]
    behind = np.zeros_like(drawn.ground)
    for setting, seed, share in ends:
        place = ground.draw_place(setting, size, seed) if ground.is_place(setting) else drawn.ground
        behind += np.float32(share) * place
    light = mean((Light.from_setting(setting), share) for setting, _, share in ends)
    rgb, alpha = drawn.things[..., :3], drawn.things[..., 3:]
    rgb = tones.remove_contours(rgb, alpha[..., 0])
    rgb = tones.soften_highlights(rgb, alpha[..., 0], light.tint)
    own = None if requested is None else (rgb, requested[drawn.numbers][..., None])
    rgb = rgb * (1 - TINTED * (1 - light.tint * light.depth))
    shapes = list(forms.find_forms(drawn))
    held = forms.coarse(rgb * alpha)
    for shape in shapes:
        for setting, _, share in ends:
            _reflect(behind, shape, held, setting, share)
        dark = np.zeros_like(shape.cover)
        for setting, _, share in ends:
            dark += np.float32(share) * _dark(shape, light, setting)
        behind *= 1 - forms.resize(dark, size)[..., None] * _SHADOW
    behind = _apart(rgb, alpha, behind)
    facing, cover = _facing(shapes, light, min(size, COARSE))
    rgb, behind = _lit(rgb, alpha, behind, facing, cover, light)
    key = mean((tones.key(setting), share) for setting, _, share in ends)
    rgb, behind = tones.grade(rgb, key, 1.0, own=own), tones.grade(behind, key, 0.7)
    things = np.concatenate([rgb, alpha], -1)
    return replace(drawn, things=np.asarray(np.clip(things, 0, 1), np.float32), ground=np.clip(behind, 0, 1))


def _apart(rgb: Array, alpha: Array, behind: Array) -> Array:
    """Return the ground (n, n, 3) darkened if the things are slightly lighter than it, lightened if slightly darker."""
    colours, under, weight = (forms.coarse(each) @ _LUMA for each in (rgb * alpha, behind * alpha, alpha.repeat(3, -1)))
    total = float(weight.sum()) + 1e-3
    away = float(colours.sum() - under.sum()) / total
    push = float(np.tanh(away / 0.16) * np.exp(-((away / 0.22) ** 2))) * min(1.0, total / (0.03 * weight.size))
    if push >= 0:
        return np.asarray(behind * (1 - SET_APART * push), np.float32)
    return np.asarray(behind + (1 - behind) * (-SET_APART * push), np.float32)


def _reflect(behind: Array, shape: Form, shown: Array, setting: Setting, share: float) -> None:
    """Blend a thing's reflection into the ground (n, n, 3) in place, weighted by ``share``; do nothing on dull grounds.

    ``shown`` (m, m, 3) holds the colours of all things at coarse size, multiplied by their coverage.
    """
    if not reflections.reflection_strength(setting) or _floor(setting) > 1:
        return
    size = behind.shape[0]
    colours, seen = reflections.mirror(shape, shown, setting)
    seen = forms.resize(np.asarray(share * seen, np.float32), size)[..., None]
    behind += (forms.resize(colours, size) * 0.85 - behind) * seen


def _dark(shape: Form, light: Light, setting: Setting) -> Array:
    """Return how far a thing's contact and cast shadows darken the ground, 0…1, at coarse size (m, m)."""
    if setting.kind in AIR or not ground.is_place(setting):
        return np.zeros_like(shape.cover)
    floor = _floor(setting)
    away = cast_shadow(shape, light.side, floor) * light.depth
    return np.asarray(np.maximum(away, contact_shadow(shape, floor)), np.float32)


def _floor(setting: Setting) -> float:
    """Return the y, as a share of the picture's side, above which there is no floor; 2 for a wall without a floor."""
    return 2.0 if setting.is_wall else setting.horizon


_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_SHADOW = np.array([1.0, 0.94, 0.84], np.float32)


def _facing(shapes: list[Form], light: Light, size: int) -> tuple[Array, Array]:
    """Return two maps (size, size): how far the things face the light, about -1…1, and their coverage, 0…1."""
    facing, cover = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    length = float(np.sqrt(light.side**2 + HIGH**2 + 1))
    for shape in shapes:
        across, down = forms.slopes(shape)
        steep = np.sqrt(across**2 + down**2 + 1)
        own = (across * light.side - down * HIGH + 1) / steep / length - 1 / length
        # Add a gradient over the whole thing, as the light falls off over a ball.
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
    """Return the things (n, n, 3) with light, shade, reflected light and lost edges, and the ground with found edges.

    ``facing`` and ``cover`` are those of :func:`_facing`.
    """
    size = rgb.shape[0]
    around = _around(rgb, alpha, behind)
    shade = 0.42 * step(-facing, 0.04, 0.16) + 0.58 * step(-facing, 0.30, 0.46)
    lit = 0.5 * step(facing, 0.10, 0.22) + 0.5 * step(facing, 0.34, 0.48)
    # The shade is darkest inside the thing; its rim is lighter, because it reflects the surroundings.
    rim = np.clip(2.2 * (1 - blur(cover, 0.035 * len(cover))), 0, 1)
    fine = forms.resize(np.stack([shade, lit, rim], -1), size)
    shade, lit, rim = (fine[..., at : at + 1] for at in range(3))
    around = forms.resize(around, size)
    dark = rgb * (1 - SHADED * light.depth * _SHADE * shade)
    bounce = BOUNCED * shade * (0.45 + 0.55 * rim)
    things = dark + (around * (0.45 + 0.55 * rgb) - dark) * bounce
    things = things * (1 + 0.12 * lit) + (light.tint - things) * (LIT * lit)
    edge = 4 * alpha * (1 - alpha)
    near = np.clip(rim * 1.5 - 0.35, 0, 1)
    lost = LOST * np.clip(shade * 1.5 - 0.3, 0, 1) * np.maximum(near**2, edge)
    soft = _remove_details(behind)
    things = things + (soft - things) * lost
    beside = forms.resize(_beside(facing, cover), size)[..., None]
    behind = behind * (1 - FOUND * np.clip(beside, -1, 1))
    return np.clip(things, 0, 1), np.clip(behind, 0, 1)


_SHADE = np.array([1.0, 0.96, 0.88], np.float32)


def _around(rgb: Array, alpha: Array, behind: Array) -> Array:
    """Return the colours that each place reflects, at coarse size (m, m, 3): the blurred picture, mostly from below."""
    whole = forms.coarse(behind + (rgb - behind) * alpha)
    reach = 0.16 * len(whole)
    shift = round(0.1 * len(whole))
    lower = np.concatenate([whole[shift:], np.repeat(whole[-1:], shift, 0)])
    return np.stack([blur(lower[..., part], reach) for part in range(3)], -1)


def _remove_details(behind: Array) -> Array:
    """Return the ground (n, n, 3) without details: the colours that lost edges take."""
    small = forms.coarse(behind)
    wide = np.stack([blur(small[..., part], 0.03 * len(small)) for part in range(3)], -1)
    return forms.resize(wide, behind.shape[0])


def _beside(facing: Array, cover: Array) -> Array:
    """Return where the ground is darkened next to lit parts (0…1) or lightened next to shaded ones (-1…0), (m, m)."""
    reach = 0.06 * len(cover)
    total = blur(cover, reach)
    return np.asarray(blur(np.clip(facing * 2.4, -1, 1) * cover, reach) / (total + 0.15) * np.clip(total * 3, 0, 1))
