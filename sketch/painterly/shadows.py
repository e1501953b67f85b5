"""Shadows on the ground of a painterly scene: dark where a thing touches it, longer and softer away from the light."""

from __future__ import annotations

import numpy as np

from sketch.colour import Array
from sketch.lighting.form import blur, transform
from sketch.painterly.forms import Form

LONG, FLAT = 0.95, 0.34
"""How far a shadow reaches sideways, in heights of its thing, and its height on the ground, in heights of its thing."""

DARK = 0.95
CONTACT = 0.9
LEAVING = 0.05


def cast_shadow(form: Form, side: float, floor: float) -> Array:
    """Return how dark a thing's cast shadow is, 0…1, at coarse size (m, m); without a floor it falls on a wall behind.

    ``side`` is where the light comes from, -1 (left) to 1 (right). ``floor`` is the y of the ground's far end, as a
    share of the picture's side; above 1 there is no floor.
    """
    size = len(form.cover)
    if floor > 1:
        return DARK * 0.7 * _on_wall(form, side)
    foot = form.foot * size
    slant = -side * LONG / FLAT
    how = (1, slant, -slant * foot, 0, 1 / FLAT, foot - foot / FLAT)
    rows = np.arange(size, dtype=np.float32) + 0.5
    up = np.clip(foot + 1 - rows, 0, None) / (FLAT * max(1.0, form.side * size))
    paler = np.clip(1 - 0.55 * up, 0.2, 1) * np.clip((rows / size - floor) / 0.05, 0, 1)
    paler = paler * np.clip((foot + 1.5 - rows) / 1.5, 0, 1)
    soft = blur(transform(form.cover, how), 0.014 * size)
    return np.asarray(DARK * soft * paler[:, None] * standing_share(form, floor), np.float32)


def contact_shadow(form: Form, floor: float) -> Array:
    """Return how dark the narrow shadow right under a thing is, 0…1, at coarse size (m, m); 0 if there is no floor.

    ``floor`` is as for :func:`cast_shadow`.
    """
    if floor > 1:
        return np.zeros_like(form.cover)
    size = len(form.cover)
    rows = np.arange(size, dtype=np.float32) + 0.5
    foot = form.foot * size
    reach = max(1.5, 0.12 * form.side * size)
    near = np.exp(-(((rows - foot) / reach) ** 2))[:, None]
    low = (form.cover * near).sum(0) / reach
    low = np.clip(_smooth(low, max(1, round(0.03 * size))) * 1.3, 0, 1)
    flat = max(1.0, 0.045 * form.side * size)
    lying = np.exp(-(((rows - foot - 0.1 * flat) / flat) ** 2))
    return np.asarray(CONTACT * lying[:, None] * low[None, :] * standing_share(form, floor), np.float32)


def standing_share(form: Form, floor: float) -> float:
    """Return how far a thing stands on the ground, 0…1: 0 if its foot is :data:`LEAVING` above the y ``floor``."""
    return min(1.0, max(0.0, 1 + (form.foot - floor) / LEAVING))


def _smooth(row: Array, reach: int) -> Array:
    """Return a row of values averaged over ``reach`` neighbours on each side."""
    kernel = np.ones(2 * reach + 1, np.float32) / (2 * reach + 1)
    return np.convolve(np.pad(row, reach, mode="edge"), kernel, mode="valid").astype(np.float32)


def _on_wall(form: Form, side: float) -> Array:
    """Return a thing's shadow on a wall behind it, 0…1, at coarse size (m, m): its coverage, moved and blurred."""
    size = len(form.cover)
    how = (1, 0, 0.09 * side * form.side * size, 0, 1, -0.08 * form.side * size)
    return blur(transform(form.cover, how), 0.03 * size)
