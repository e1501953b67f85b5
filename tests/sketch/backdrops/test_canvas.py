"""The canvas of a backdrop: soft edges, lit walls, waves."""

import numpy as np
import pytest

from sketch.backdrops.canvas import Canvas, light_wall, wave
from sketch.scene import Setting


def test_wall_is_brighter_on_the_side_of_the_light() -> None:
    for light in (-0.8, 0.8):
        canvas = Canvas(Setting(light=light), 32)
        canvas.rgb[:] = 0.5
        light_wall(canvas)
        left, right = canvas.rgb[:, :8].mean(), canvas.rgb[:, -8:].mean()
        assert (left > right) == (light < 0) and abs(left - right) > 0.05


def test_edge_of_a_shape_is_one_soft_pixel() -> None:
    canvas = Canvas(Setting(), 64)
    cover = canvas.inside(canvas.disc(0.5, 0.5, 0.25))
    assert cover[32, 32] == 1 and cover[0, 0] == 0
    assert cover.mean() == pytest.approx(np.pi * 0.25**2, rel=0.01)
    assert 0 < ((cover > 0) & (cover < 1)).sum() < 4 * 64


def test_wave_covers_half_of_each_pitch() -> None:
    at = np.linspace(0, 3, 3001, dtype=np.float32)[:-1]
    assert (wave(at, 0.5) > 0).mean() == pytest.approx(0.5, abs=0.01)
    assert np.allclose(wave(at, 0.5), wave(at + 0.5, 0.5), atol=1e-4)
