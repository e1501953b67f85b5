"""What posters keep: a form that meets a thing changes colours in it."""

import numpy as np
import pytest

from sketch.prints import forms, poster
from tests.support.discs import disc


@pytest.mark.parametrize("seed", range(6))
def test_draw_where_a_form_meets_a_thing_shows_both(seed: int) -> None:
    field = disc(poster.INKS[0], seed=seed, radius=90)
    form = forms.form(field, 2) > 0.5
    inside = field.away > 4
    picture = poster.draw(field)
    if min((form & inside).sum(), (~form & inside).sum()) < 500:
        pytest.skip("the form hardly crosses the disc")
    means = [picture[part & inside].mean(0) for part in (form, ~form)]
    assert np.abs(means[0] - means[1]).max() > 0.05


@pytest.mark.parametrize("kind", ["disc", "ring", "half", "bar", "bars", "wedge", "rays", "square", "cross"])
def test_form_of_each_kind_covers_some_of_the_picture_and_not_all(kind: str) -> None:
    shares = [float(forms.form(disc(poster.INKS[0], seed=seed), 2, (kind,)).mean()) for seed in range(8)]
    assert all(0.02 < share < 0.9 for share in shares)
