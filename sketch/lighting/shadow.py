"""Shadows of things: at the foot, on the ground, on a wall; and the contrast of the ground around a thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sketch.colour import Array
from sketch.layers import channels
from sketch.lighting.form import SEEN, Form, blur, transform
from sketch.lighting.light import HIGH, Light, mean
from sketch.scene import WALLS, Setting
from sketch.surroundings import PHOTO

CAST = 0.42
"""The darkness of a cast shadow."""

LEAVING = 0.04
"""The height above the horizon, as a share of the picture's side, from which on a thing flies and casts no shadow."""

LONG, FLAT = 0.5, 0.3
"""How far a shadow reaches sideways at most, in heights of its thing, and its height on the ground, in heights of its
thing."""

END = 1.12
"""The radius of the shadow at a foot at which it has faded out, relative to its half-axes."""

COOL = np.array([1.0, 0.95, 0.86], np.float32)
"""How much of each colour channel a full shadow takes away, 0…1: less blue than red, so that shadows are bluish."""

HALO = 0.5
"""How strongly the ground around a thing contrasts with its light and shade."""

AIR = ("sky", "space", "underwater", PHOTO)


@dataclass(frozen=True, slots=True)
class Shadow:
    """How dark a thing's shadows are, 0…1: a round one at its foot, one ``thrown`` on the ground, one on a ``wall``.

    The shadow on the ground ends at the y ``horizon``, a share of the picture's side.
    """

    at_foot: float
    thrown: float = 0.0
    wall: float = 0.0
    horizon: float = 0.0

    @classmethod
    def from_setting(cls, setting: Setting, foot: float) -> Shadow:
        """Return the shadows of a thing with the lower end at y ``foot``, a share of the side; none without ground."""
        amount = setting.modelling
        if setting.kind in AIR or (setting.kind == "pattern" and not amount):
            return cls(0.0)
        if setting.kind in WALLS and (not amount or setting.kind != "plain" or setting.is_wall):
            return cls(CAST * (1 - amount), wall=CAST * amount)
        in_the_air = 0.0 if setting.kind in WALLS else (setting.horizon - foot) / LEAVING
        share = CAST * min(1.0, max(0.0, 1 - in_the_air))
        return cls(share, share * amount, horizon=setting.horizon)

    def mix(self, other: Shadow, t: float, growth: float) -> Shadow:
        """Return the shadows at ``t``, 0…1, of a transition to others, times ``growth``, how far it has grown, 0…1."""
        mixed = mean(((self, 1 - t), (other, t)))
        return Shadow(growth * mixed.at_foot, growth * mixed.thrown, growth * mixed.wall, mixed.horizon)


def cast(grounds: Sequence[Array], form: Form, *, light: Light, shadow: Shadow) -> None:
    """Darken grounds (n, n, 3) in place with a thing's shadows; the first also gets contrast around the thing."""
    if not form.high:
        return
    if light.modelling > 0:
        dark = np.zeros_like(form.cover)
        if shadow.wall > 0:
            dark += shadow.wall * _on_wall(form, light)
        if shadow.thrown > 0:
            dark += shadow.thrown * _thrown(form, light, shadow)
        whole = slice(0, form.size), slice(0, form.size)
        shade = form.fine(dark, *whole)
        for part in range(3):
            kept = 1 - shade * COOL[part]
            for ground in grounds:
                ground[..., part] *= kept
        channels.scale(grounds[0], form.fine(_set_off(form, light), *whole))
        np.clip(grounds[0], 0, 1, out=grounds[0])
    if shadow.at_foot > 0:
        _at_foot(grounds, form, light, shadow.at_foot)


def _set_off(form: Form, light: Light) -> Array:
    """Return factors (m, m), 0.5…1.5, that darken the ground at a thing's lit side and brighten it at the shaded."""
    reach = 0.22 * float(np.sqrt(form.cover.sum()))
    slope = np.gradient(blur(form.cover, reach))
    towards = reach * (slope[1] * light.side - slope[0] * HIGH)
    return np.asarray(np.clip(1 + light.modelling * HALO * towards, 0.5, 1.5), np.float32)


def _on_wall(form: Form, light: Light) -> Array:
    """Return how dark the shadow is, 0…1 (m, m), that a thing casts on a wall behind it."""
    high = (form.foot - form.head) * len(form.cover) / form.size
    moved = transform(form.cover, (1, 0, 0.07 * high * light.side, 0, 1, -0.05 * high))
    return blur(moved, 0.03 * high)


def _thrown(form: Form, light: Light, shadow: Shadow) -> Array:
    """Return how dark the shadow is, 0…1 (m, m), that a standing thing casts on the ground, away from the light."""
    size = len(form.cover)
    head, foot = form.head * size / form.size, form.foot * size / form.size
    # A point at height h above the foot throws its shadow FLAT * h above the foot, and LONG * h to the side.
    slant = -light.side * LONG / FLAT
    how = (1, slant, -slant * foot, 0, 1 / FLAT, foot - foot / FLAT)
    rows = np.arange(size, dtype=np.float32) + 0.5
    up = (foot - rows) / FLAT
    paler = np.clip(1 - 0.6 * up / max(1.0, foot - head), 0, 1) * np.clip((rows / size - shadow.horizon) / 0.02, 0, 1)
    soft = blur(transform(form.cover, how) * (up >= -1)[:, None], 0.014 * size)
    return np.asarray(soft * paler[:, None], np.float32)


def _at_foot(grounds: Sequence[Array], form: Form, light: Light, share: float) -> None:
    """Darken grounds (n, n, 3) in place by a soft round shadow of darkness ``share`` under a thing's lowest part."""
    last = form.foot - form.top
    low = form.alpha[max(0, last - max(2, form.high // 4)) : last + 1].max(0)
    stands = np.flatnonzero(low > SEEN)
    if not len(stands):
        return
    size = form.size
    middle, half = form.left + (stands[0] + stands[-1]) / 2, max(2.0, (stands[-1] - stands[0]) / 2)
    flat = (half * 0.24 + 0.012 * size) * (1 - 0.45 * light.modelling)
    # Light from the left casts the shadow to the right.
    x, y, wide = middle - light.side * half * 0.3, form.foot - flat * 0.25, half * 1.18
    rows, columns = (
        slice(max(0, int(at - END * reach)), min(size, int(at + END * reach) + 2))
        for at, reach in ((y, flat), (x, wide))
    )
    across = (np.arange(columns.start, columns.stop, dtype=np.float32) - x) / wide
    down = (np.arange(rows.start, rows.stop, dtype=np.float32) - y) / flat
    soft = np.clip((END - np.hypot(across[None, :], down[:, None])) / 0.3, 0, 1)
    shade = 1 - share * soft * soft * (3 - 2 * soft)
    for ground in grounds:
        channels.scale(ground[rows, columns], shade)
