"""The coarse form of a thing: what is soft is worked out on it."""

import numpy as np
import pytest

from sketch.lighting.form import Form, blur


def test_form_is_coarse_and_tells_where_a_thing_ends() -> None:
    alpha = np.zeros((100, 60), np.float32)
    alpha[10:81, 20:40] = 1
    form = Form(alpha, 40, 30, 256)
    assert form.cover.shape == (64, 64) and form.cover.sum() * 16 == pytest.approx(alpha.sum(), rel=1e-3)
    assert (form.head, form.foot, form.high, form.lowest) == (50, 120, 71, 120 / 256)
    assert form.within == (slice(40, 140), slice(30, 90))
    back = form.fine(form.cover, *form.within)
    assert back.shape == alpha.shape and np.abs(back - alpha).mean() < 0.08
    nothing = Form(alpha * 0, 40, 30, 256)
    assert (nothing.high, nothing.lowest) == (0, 0.0)


@pytest.mark.parametrize("radius", [0.2, 3, 40])
def test_blur_keeps_the_mean_and_spreads(radius: float) -> None:
    dot = np.zeros((101, 101), np.float32)
    dot[50, 50] = 1
    soft = blur(dot, radius)
    reach = max(1, round(radius))
    assert soft.max() == soft[50, 50] == pytest.approx((2 * reach + 1) ** -2.0)
    assert np.allclose(blur(np.full((20, 30), 0.4, np.float32), radius), 0.4)
    assert (soft > 0)[50].sum() == min(101, 4 * reach + 1)
