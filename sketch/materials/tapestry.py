"""Tapestry: rows of horizontal threads (weft) in plant dyes, with stepped outlines, and hatching between tones."""

from __future__ import annotations

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks import inking, noise
from sketch.marks.field import Field, Numbers, step

ROW = 5.6
"""The height of a row of weft, and about the distance between warps, in units."""

HUE = 0.3
"""How far dyes are moved to the things' own hues, 0…1."""

INKS = (
    ("e6d8b8", "7b2d26", "23395b", "c9962f", "5f6b3a", "3a2a22", "b8664a", "8a9aa0"),
    ("23324a", "e3d3ae", "a23b2c", "c79a3c", "5d7a6b", "d98e5f", "8b93a8", "1a1a22"),
    ("6e2020", "ead9b5", "1f2f4d", "d2a044", "6f7a4a", "c56a4a", "2a1c1a", "a9b0a0"),
    ("b99b5c", "2f2a2a", "7a2f2a", "efe3c6", "3d5a63", "6b6e3a", "c77b4f", "1f3a4a"),
    ("2f3d2e", "d9c79a", "8c3a2a", "c28a35", "8a9a72", "efe4cb", "4a5f7a", "1d211c"),
    ("d9c9c0", "6a3a4a", "3f5a5f", "b0685a", "c9a25c", "8a8f7a", "2f2a33", "f2e8dc"),
)
LAYOUTS = (("single", 1, 1, 8), ("grid", 2, 2, 0.1), ("pattern", 2, 2, 0.1))


def draw(field: Field) -> Array:
    """Return the field redrawn as a tapestry in all inks: (h, w, 3), sRGB 0…1.

    Things have the inks nearest to their colours; the ground shows a place or bands, which contrast with the things.
    """
    rows = _rows(field)
    each = rows / rows.sum(0)
    body, away, tone = (each.T @ part for part in (field.cut(field.away), field.away, field.tone))
    woven = np.stack([each.T @ field.lab[..., part] for part in range(3)], -1)
    lag = noise.cell_noise(len(tone), 1, field.seed + 3, 1)[..., 0] - 0.5
    lag = lag * 0.5 + np.where(np.arange(len(tone)) % 2 == 0, 0.25, -0.25)[:, None]
    inks = colour.lab(field.inks)
    things = _dye(woven, tone, inks, lag)
    ground = _ground(field, away, woven, inks, lag)
    cloth = ground + (things - ground) * step(body, 0.35, 0.65)[..., None]
    cloth[..., 0] += 0.022 * _abrash(field, len(tone))
    shown = np.stack([rows @ cloth[..., part] for part in range(3)], -1)
    shown[..., 0] *= _weave(field)
    return colour.rgb(shown.astype(np.float32))


def _rows(field: Field) -> Array:
    """Return the share of each of h pixel rows that each of n rows of weft covers (h, n), 0…1."""
    pitch = ROW * field.scale
    high = field.size[0]
    edges = np.arange(int(np.ceil(high / pitch)) + 1) * pitch
    y = field.places[1]
    top, bottom = np.maximum(y - field.pixel / 2, edges[:-1]), np.minimum(y + field.pixel / 2, edges[1:])
    return np.asarray(np.clip(bottom - top, 0, None) / field.pixel, np.float32)


def _dye(woven: Array, tone: Array, inks: Array, lag: Array) -> Array:
    """Return the inks nearest to colours (n, w, 3), in Oklab, for n rows of weft.

    ``woven`` (n, w, 3) are the colours and ``tone`` (n, w) is the wanted tone. ``lag`` (n, 1) shifts the transitions
    between inks differently in each row, which looks like hatching.
    """
    wanted = woven.copy()
    wanted[..., 0] = 0.45 * woven[..., 0] + 0.55 * (0.12 + 0.82 * tone) + 0.14 * lag
    wanted[..., 1:] *= 0.85
    dyed = inking.nearest(wanted, inks, soft=0.0022, weights=(1, 2.2))
    dyed[..., 1:] += HUE * (woven[..., 1:] - dyed[..., 1:])
    return dyed


def _ground(field: Field, away: Array, woven: Array, inks: Array, lag: Array) -> Array:
    """Return the ground (n, w, 3), Oklab: bands with serrated edges around the things or across, or a place.

    ``away`` (n, w) is the signed distance to the things in units; other arguments are as for :func:`_dye`.
    """
    chance = field.chance()
    x = field.places[0]
    row = np.arange(len(away))[:, None]
    lean = float(chance.choice((0.0, 0.09, 0.18, -0.12)))
    tooth = np.abs((x / (float(chance.uniform(26, 48)) * field.scale) + row * lean) % 1 - 0.5) * 2
    width = float(chance.uniform(15, 28))
    near = -away - 5 - 9 * tooth
    if chance.random() < 0.55:
        at = near / width + 0.3 * tooth
    else:
        at = row * ROW * field.scale / (width * 1.5) + 1.1 * tooth * step(away, -60, -4) + 0 * x
    order = chance.permutation(len(inks))
    level = np.clip(at + 0.35 * lag, 0, None)
    low = np.floor(level).astype(int)
    blend = step(level - low, 0.88, 1.0)[..., None]
    bands = inks[order[low % len(order)]] * (1 - blend) + inks[order[(low + 1) % len(order)]] * blend
    apart = inking.opposite(inks, field.mean)
    bands = bands + (apart - bands) * step(near, 2.5, 0)[..., None]
    # In a place, the ground is lighter around dark things and darker around light ones.
    halo = 0.3 * np.tanh(4 * (field.mean[0] - 0.6)) * step(away, -24, -2)
    place = _dye(woven, 1.1 * woven[..., 0] - 0.1 - halo, inks, 0.6 * lag)
    place = place + (apart - place) * step(away, -5.5, -3.5)[..., None] * 0.8
    return np.asarray(bands + (place - bands) * field.is_place, np.float32)


def _abrash(field: Field, rows: int) -> Array:
    """Return random differences in dye between the yarns of ``rows`` rows (rows, w), about -1…1."""
    wide = field.shape[1]
    return np.asarray(
        noise.cloud(rows, wide, 60, field.seed * 64 + 8) * 0.5
        + noise.cell_noise(rows, 1, field.seed + 5, 1)[..., 0]
        - 0.5,
        np.float32,
    )


def _weave(field: Field) -> Numbers:
    """Return the factor of lightness (h, w), about 0.9…1.1, of weft that runs over and under the vertical threads."""
    x, y = field.places
    across, down = x / (ROW * field.scale), y / (ROW * field.scale)
    turn = np.where(np.floor(down) % 2 == 0, 0.0, np.pi)
    return np.asarray(
        0.97 + 0.045 * np.cos(2 * np.pi * across * 0.5 + turn) - 0.05 * np.cos(2 * np.pi * down), np.float32
    )
