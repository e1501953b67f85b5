"""The style that the site chooses for stops whose prompts name none."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.collection.styles import suiting
from app.core.config import ROOT
from app.offer.generation import offers
from app.reading.reading import Found, Reading
from app.requests.walk_requests import stop_styles
from app.requests.walk_requests.stop_styles import StopFacts
from sketch.arrangement import Wish
from sketch.sketchbook import Drawing, digest_of
from tests.conftest import inside, make_app

PEPPER = Drawing(digest_of("pepper"), "bell pepper", (), "food-vegetable", "flat")


@pytest.mark.parametrize("colour", ["", "green"])
def test_thing_whose_colour_is_named_is_painted_in_a_style_that_has_it(instance: Path, colour: str) -> None:
    shown = Reading((Found(PEPPER, (), "pepper", (0, 6), "name", 1, colour),), Wish(), "pepper")
    with inside(make_app(instance, MODEL=str(ROOT / "models" / "house"))):
        chosen = {
            words
            for seed in range(60)
            for words in stop_styles.choose_styles([StopFacts(shown)], offer=offers.first(), walk_seed=seed)
        }
    assert len(chosen) > 5
    assert bool(chosen & {*suiting.COLOURLESS}) is not bool(colour)
