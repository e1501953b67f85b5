"""Shadows on the ground of a painterly scene: dark at the contact, longer and softer away from the light."""

from __future__ import annotations

import numpy as np
from PIL import Image

from sketch.colour import Array
from sketch.lighting.form import blur
from sketch.painterly.forms import Form

LONG, FLAT = 0.95, 0.34
"""The sideways reach of a shadow, in heights of its thing, and its flattening on the ground."""

DARK = 0.95
CONTACT = 0.9
LEAVING = 0.05


def cast_shadow(form: Form, side: float, floor: float) -> Array:
    """Return the darkness of a thing's cast shadow (m, m); without a floor, it falls on a wall behind the thing.

    ``side`` is where the light comes from, ``floor`` the height, as a share, of the ground's far end.
    """
    size = len(form.cover)
    if floor > 1:
        return DARK * 0.7 * _on_wall(form, side)
    foot = form.foot * size
    slant = -side * LONG / FLAT
    how = (1, slant, -slant * foot, 0, 1 / FLAT, foot - foot / FLAT)
    image = Image.fromarray(np.ascontiguousarray(form.cover))
    laid = np.asarray(image.transform(image.size, Image.Transform.AFFINE, how, Image.Resampling.BILINEAR), np.float32)
    rows = np.arange(size, dtype=np.float32) + 0.5
    up = np.clip(foot + 1 - rows, 0, None) / (FLAT * max(1.0, form.side * size))
    paler = np.clip(1 - 0.55 * up, 0.2, 1) * np.clip((rows / size - floor) / 0.05, 0, 1)
    paler = paler * np.clip((foot + 1.5 - rows) / 1.5, 0, 1)
    soft = blur(laid, 0.014 * size)
    return np.asarray(DARK * soft * paler[:, None] * standing_share(form, floor), np.float32)


def contact_shadow(form: Form, floor: float) -> Array:
    """Return the darkness of the narrow contact shadow under a thing (m, m)."""
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
    """Return how far a thing stands on the ground and does not fly, 0…1."""
    return min(1.0, max(0.0, 1 + (form.foot - floor) / LEAVING))


def _smooth(row: Array, reach: int) -> Array:
    kernel = np.ones(2 * reach + 1, np.float32) / (2 * reach + 1)
    return np.convolve(np.pad(row, reach, mode="edge"), kernel, mode="valid").astype(np.float32)


def _on_wall(form: Form, side: float) -> Array:
    size = len(form.cover)
    how = (1, 0, 0.09 * side * form.side * size, 0, 1, -0.08 * form.side * size)
    image = Image.fromarray(np.ascontiguousarray(form.cover))
    moved = np.asarray(image.transform(image.size, Image.Transform.AFFINE, how, Image.Resampling.BILINEAR), np.float32)
    return blur(moved, 0.03 * size)
