"""Reflections of things in what they stand on: clear and broken in water, faint on a table or a floor."""

from __future__ import annotations

import numpy as np

from sketch.colour import Array
from sketch.lighting.form import blurred
from sketch.painterly.forms import Form
from sketch.painterly.shadows import standing
from sketch.scene import Setting

SHINE = {"sea": 0.62, "table": 0.2, "room": 0.14, "plain": 0.12, "window": 0.2}
"""How much of a thing is seen in the ground of each kind of setting; in others, nothing."""

WET = 0.34
"""How much of it is seen in a street in the rain."""

RIPPLE = 0.045
"""How high a ripple of water is, as a share of the picture's side."""


def amount(setting: Setting) -> float:
    """Return how far the ground of a setting shines."""
    if setting.kind == "street" and setting.weather == "rain":
        return WET
    return SHINE.get(setting.kind, 0.0)


def mirrored(form: Form, colours: Array, setting: Setting) -> tuple[Array, Array]:
    """Turn a thing over at its foot: colours (m, m, 3), premultiplied as those given, and how much is seen (m, m)."""
    size = len(form.cover)
    rows = np.arange(size, dtype=np.float32) + 0.5
    below = rows - form.foot * size
    source = np.clip(form.foot * size - below - 0.5, 0, size - 1)
    top = source.astype(np.int32)
    part = (source - top)[:, None]
    upper, lower = top, np.minimum(top + 1, size - 1)
    cover = form.cover[upper] * (1 - part) + form.cover[lower] * part
    held = colours[upper] * (1 - part[..., None]) + colours[lower] * part[..., None]
    fade = np.clip(below / 1.5, 0, 1) * np.exp(-np.clip(below, 0, None) / (0.55 * form.side * size + 1))
    if setting.kind == "sea":
        fade = fade * (0.62 + 0.38 * np.cos(2 * np.pi * below / (RIPPLE * size)))
    seen = amount(setting) * cover * fade[:, None] * standing(form, setting.horizon)
    return np.stack([blurred(held[..., at], 1) for at in range(3)], -1), blurred(np.asarray(seen, np.float32), 1)
