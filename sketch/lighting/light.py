"""Light on things, and the vignette of a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.layers import channels
from sketch.lighting.form import Form, blur
from sketch.scene import Setting
from sketch.surroundings import PHOTO

Mixed = TypeVar("Mixed")

SHADE = 0.2
"""How much darker the shaded side of a thing is than its lit side, 0…1."""

NIGHT = 0.86
"""The share of its brightness that a thing has at night."""

HIGH = 0.55
"""The upward component of the direction to the light that models things; the component towards the viewer is 1."""

ROUNDINGS = ((0.03, 0.3), (0.08, 0.45), (0.2, 0.9))
"""Blur radii, as shares of a thing's side, and weights; the weighted blurs of its coverage add up to a rounded
surface."""

GLOW, GLOOM = 0.36, 0.6
"""How far a thing is lightened where it faces the light, and darkened where it faces away."""

RICHER = 0.2
"""How much more saturated modelled colours are; without it modelling would make them grey."""

EXPOSED = 0.08
"""How much brighter modelled things are, to make up for their shade."""

TINGE = 0.15
"""How far the light on a thing has the colour of its surroundings."""

TINTED = 0.3
"""The largest deviation of the light's colour from white; with more, nothing would be red at night."""

REFLECTED, REFLECTING = 0.22, 0.16
"""The strength of the ground's reflection on a thing, and its height as a share of the thing's side."""

DIM = 0.26
"""How much darker a picture's corners are."""


@dataclass(frozen=True, slots=True)
class Light:
    """Light on things.

    ``side`` is its direction, -1 (left) to 1 (right); ``bright`` a share of daylight; ``shade`` how much darker a
    thing's other side is; ``modelling``, 0…1, how far it makes things look round; ``tint`` (3,) its colour.
    """

    side: float
    bright: float
    shade: float
    modelling: float
    tint: Array

    @classmethod
    def from_setting(cls, setting: Setting) -> Light:
        """Return the light of a setting; in a photo it adds no shade, because the picture is lit already."""
        around = np.mean([colour.parse_hex(tone) for tone in setting.tones[:4]], 0)
        tint = np.clip(around / max(float(around.mean()), 1e-3), 1 - TINTED, 1 + TINTED)
        return cls(
            setting.light,
            NIGHT if setting.time == "night" else 1.0,
            0.0 if setting.kind == PHOTO else SHADE,
            0.0 if setting.kind == PHOTO else setting.modelling,
            np.asarray(tint, np.float32),
        )


def mean(parts: Iterable[tuple[Mixed, float]]) -> Mixed:
    """Return the mean of (value, weight) pairs, whose weights add up to 1.

    The values are of one dataclass with slots, whose fields are numbers and arrays.
    """
    values, weights = zip(*parts, strict=True)
    names = type(values[0]).__slots__
    fields = (sum(share * getattr(each, name) for each, share in zip(values, weights, strict=True)) for name in names)
    mixed: Mixed = type(values[0])(*fields)
    return mixed


def fall(light: Light, picture: Array, form: Form, ground: Array, frame: tuple[float, float, float]) -> None:
    """Light a thing's picture (h, w, 3) or (h, w, 4) in place: a gradient over the whole, and shading of its form.

    ``form`` says where the picture lies. ``ground`` (n, n, 3) is the background; ``frame`` the thing's centre (x, y)
    and side, in pixels.
    """
    high, wide = picture.shape[:2]
    x, y, side = frame
    across = ((np.arange(wide, dtype=np.float32) + 0.5 + form.left - x) / (side / 2)).clip(-1, 1)[None, :]
    down = ((np.arange(high, dtype=np.float32) + 0.5 + form.top - y) / (side / 2)).clip(-1, 1)[:, None]
    strength = light.bright * (1 - light.shade * (down - across * light.side) / 2)
    channels.scale(picture[..., :3], strength)
    parts = [picture[..., part] for part in range(3)]
    if light.modelling > 0 and form.high:
        mean = (parts[0] + parts[1] + parts[2]) / 3
        for part, shades in zip(parts, _modelling(light, form, ground, side), strict=True):
            kept, added = (form.fine(each, *form.within) for each in shades)
            part[:] = (part + light.modelling * RICHER * (part - mean)) * kept + added
    for part in parts:
        np.clip(part, 0, 1, out=part)


def _modelling(light: Light, form: Form, ground: Array, side: float) -> Iterator[tuple[Array, Array]]:
    """Yield for each colour channel a factor and an addend (m, m) that make a thing look round.

    The thing is lightened towards the light, darkened away from it, and reflects some of the ground at its lower end.
    ``side`` is its side in pixels.
    """
    unit = len(form.cover) / form.size
    across, down = _slope(form.cover, side * unit)
    length = float(np.sqrt(1 + light.side**2 + HIGH**2))
    facing = (across * light.side - down * HIGH + 1) / np.sqrt(1 + across**2 + down**2) / length - 1 / length
    amount = light.modelling
    glow = amount * GLOW * np.clip(facing * 1.6, 0, 1)
    gloom = amount * light.bright**2 * GLOOM * np.clip(-facing * 1.3, 0, 1)
    rows = np.arange(len(form.cover), dtype=np.float32) + 0.5 - form.foot * unit
    back = amount * REFLECTED * np.clip(rows / (REFLECTING * side * unit) + 1, 0, 1)[:, None]
    around = form.coarse(ground)
    for part, tint in enumerate(light.tint):
        dark = 1 - gloom * (1 - 0.35 * tint / light.tint.max())
        kept = (1 + amount * EXPOSED) * (1 + amount * TINGE * (tint - 1)) * (1 - glow) * dark * (1 - back)
        added = glow * np.minimum(1, tint * 0.98) * (1 - back) + around[..., part] * back
        yield kept.astype(np.float32), added.astype(np.float32)


def _slope(cover: Array, side: float) -> tuple[Array, Array]:
    """Return the slopes (m, m), to the right and downwards, of a surface rounded at the edges of ``cover`` (m, m)."""
    height = np.zeros_like(cover)
    for width, weight in ROUNDINGS:
        height -= weight * 2.5 * width * side * blur(cover, width * side)
    down, across = (np.gradient(height, axis=axis) for axis in (0, 1))
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def gather(light: Light, ground: Array) -> None:
    """Darken a ground (n, n, 3) towards its corners, in place, in proportion to the light's ``modelling``."""
    if light.modelling > 0:
        at = (np.arange(len(ground), dtype=np.float32) + 0.5) / len(ground) - 0.5
        away = np.hypot(at[None, :], at[:, None])
        channels.scale(ground, 1 - light.modelling * DIM * np.clip((away - 0.3) / 0.41, 0, 1) ** 1.5)
