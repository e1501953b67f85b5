"""Reflections of things in the ground: strong and rippled in water, faint on a table or a floor."""

from __future__ import annotations

import numpy as np

from sketch.colour import Array
from sketch.lighting.form import blur
from sketch.painterly.forms import Form
from sketch.painterly.shadows import standing_share
from sketch.scene import Setting

SHINE = {"sea": 0.62, "table": 0.2, "room": 0.14, "plain": 0.12, "window": 0.2}
"""The strength of reflections, 0…1, by kind of setting; other kinds have none."""

WET = 0.34
"""The strength of reflections in a street in the rain, 0…1."""

RIPPLE = 0.045
"""The height of a ripple of water, as a share of the picture's side."""


def reflection_strength(setting: Setting) -> float:
    """Return the strength of reflections in a setting's ground, 0…1."""
    if setting.kind == "street" and setting.weather == "rain":
        return WET
    return SHINE.get(setting.kind, 0.0)


def mirror(form: Form, colours: Array, setting: Setting) -> tuple[Array, Array]:
    """Return a thing's reflection below its foot: colours (m, m, 3) and strength (m, m), 0…1.

    ``colours`` (m, m, 3) are those of the things at coarse size, multiplied by their coverage, as are the ones
    returned.
    """
    size = len(form.cover)
    rows = np.arange(size, dtype=np.float32) + 0.5
    below = rows - form.foot * size
    source = np.clip(form.foot * size - below - 0.5, 0, size - 1)
    top = source.astype(np.int32)
    part = (source - top)[:, None]
    upper, lower = top, np.minimum(top + 1, size - 1)
    cover = form.cover[upper] * (1 - part) + form.cover[lower] * part
    reflection = colours[upper] * (1 - part[..., None]) + colours[lower] * part[..., None]
    fade = np.clip(below / 1.5, 0, 1) * np.exp(-np.clip(below, 0, None) / (0.55 * form.side * size + 1))
    if setting.kind == "sea":
        fade = fade * (0.62 + 0.38 * np.cos(2 * np.pi * below / (RIPPLE * size)))
    seen = reflection_strength(setting) * cover * fade[:, None] * standing_share(form, setting.horizon)
    return np.stack([blur(reflection[..., at], 1) for at in range(3)], -1), blur(np.asarray(seen, np.float32), 1)
