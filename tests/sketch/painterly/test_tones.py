"""Tones of a painting: contours give way, eyes stay, colours are quieter and in one key."""

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.painterly import tones
from sketch.scene import Setting


def disc(size: int = 128, *, line: float = 0.012, eye: float = 0.05) -> tuple[Array, Array]:
    """Draw an orange disc with a black contour and a black eye: (n, n, 3) and its cover (n, n)."""
    at = (np.arange(size, dtype=np.float32) + 0.5) / size - 0.5
    away = np.hypot(at[None, :], at[:, None])
    alpha = np.clip((0.4 - away) * size + 0.5, 0, 1).astype(np.float32)
    rgb = np.broadcast_to(np.array([0.9, 0.6, 0.2], np.float32), (size, size, 3)).copy()
    rgb[away > 0.4 - line] = 0.05
    rgb[away < eye] = 0.05
    return rgb, alpha


def test_without_contours_dark_rim_takes_the_colour_beside_it_and_eye_stays() -> None:
    rgb, alpha = disc()
    seen = tones.remove_contours(rgb, alpha)
    rim = np.s_[63:65, 13:14]
    assert rgb[rim].mean() < 0.1 and seen[rim].mean() > 0.3
    assert seen[62:66, 62:66].mean() < 0.12


def test_without_contours_picture_without_lines_is_kept() -> None:
    rgb, alpha = disc(line=0, eye=0)
    inside = alpha > 0.99
    assert np.abs(tones.remove_contours(rgb, alpha) - rgb)[inside].max() < 0.02


def test_graded_loud_colours_come_near_to_a_limit_and_quiet_ones_keep_their_order() -> None:
    loud = colour.rgb(np.array([[[0.65, 0.24, 0.02], [0.65, 0.08, 0.01]]], np.float32))
    key = tones.key(Setting())
    before, after = (
        np.hypot(*np.moveaxis(colour.lab(each)[0, :, 1:], 1, 0)) for each in (loud, tones.grade(loud, key, 1.0))
    )
    assert after[0] < 0.8 * before[0] and after[0] > after[1] + 0.03


def test_graded_lights_and_darks_keep_their_order() -> None:
    steps = np.linspace(0.05, 0.98, 40, dtype=np.float32)
    ramp = colour.rgb(np.stack([steps, np.zeros(40), np.zeros(40)], -1).astype(np.float32))[None]
    light = colour.lab(tones.grade(ramp, tones.key(Setting()), 1.0))[0, :, 0]
    assert (np.diff(light) > 0).all() and light[0] > 0.1
