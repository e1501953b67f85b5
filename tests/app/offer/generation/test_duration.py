"""A walk's time: more of any option takes longer, and walks of every kind agree on one pace."""

from __future__ import annotations

import statistics
from typing import Any

import pytest

from app.core.models.facts import ModelFacts
from app.offer.generation import duration, presets
from tests.support.house import FACTS

HOUSE = ModelFacts.from_mapping(FACTS | {"scheduler": "DPMSolverMultistepScheduler", "has_sketches": True})
LARGE = ModelFacts(scheduler="DDIMScheduler", size=512)
RECORDED: tuple[tuple[dict[str, Any], float], ...] = (
    ({}, 4.66),
    ({"preset": "fast"}, 3.86),
    ({"preset": "exact"}, 14.25),
    ({"size": 512}, 15.69),
    ({"frames": 60}, 7.89),
    ({"frames": 8}, 1.61),
    ({"size": 512, "preset": "exact"}, 47.68),
    ({"aspect": "16:9"}, 3.98),
    ({"steps": 8}, 5.33),
    ({"frames": 60, "preset": "exact"}, 31.65),
    ({"frames": 60, "size": 512}, 30.4),
    ({"stops": 4}, 6.03),
    ({"frames": 120}, 17.16),
    ({"frames": 2}, 0.77),
    ({"frames": 60, "preset": "fast"}, 8.78),
    ({"frames": 2, "size": 512}, 2.28),
    ({"guidance": 3.0}, 6.43),
)
"""Processor seconds of a worker with the built-in model for walks of 24 frames, but for what is named."""


def work(facts: ModelFacts = HOUSE, *, frames: int = 24, stops: int = 2, closed: bool = False, **fields: Any) -> float:
    settings = presets.resolve(fields.pop("preset", presets.DEFAULT), facts, **fields)
    return duration.work_of_walk(settings, stops=stops, frames=frames, closed=closed).total


def test_walks_of_every_kind_are_within_half_of_what_was_recorded() -> None:
    pace = statistics.median(seconds / work(**fields) for fields, seconds in RECORDED)
    ratios = [pace * work(**fields) / seconds for fields, seconds in RECORDED]
    assert 1 / 1.5 < min(ratios) <= max(ratios) < 1.5
    assert 1 / 1.5 < duration.default_pace(HOUSE) / pace < 1.5


@pytest.mark.parametrize("facts", [HOUSE, LARGE], ids=["built-in", "Stable Diffusion"])
@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("frames", (2, 3, 8, 24, 60, 120, 240)),
        ("steps", (4, 5, 8, 20, 50)),
        ("preset", presets.NAMES),
        ("aspect", ("16:9", "3:2", "1:1")),
        ("guidance", (1.0, 3.0)),
        ("closed", (False, True)),
    ],
)
def test_more_of_an_option_takes_longer(facts: ModelFacts, option: str, values: tuple[Any, ...]) -> None:
    works = [work(facts, **{option: value}) for value in values]
    assert works == sorted(set(works))


def test_more_stops_of_a_long_film_take_longer() -> None:
    works = [work(frames=240, stops=stops) for stops in range(2, 9)]  # in short ones, fewer samples pay off
    assert works == sorted(set(works))


def test_twice_the_size_takes_about_four_times_as_long() -> None:
    assert 3 < work(size=512) / work() < 4


def test_finer_decoding_enlarges_the_pictures_but_not_the_evaluations() -> None:
    finer = ModelFacts(scheduler="DDIMScheduler", size=256, sizes=(256, 512), finer=2)
    plain = ModelFacts(scheduler="DDIMScheduler", size=256, sizes=(256, 512))
    small = presets.resolve("balanced", finer)
    settings = presets.resolve("balanced", finer, size=512)
    usual, larger = (duration.work_of_walk(each, stops=2, frames=24) for each in (small, settings))
    assert (larger.evaluations, larger.each) == (usual.evaluations, usual.each)
    assert larger.other > 2 * usual.other
    assert work(finer, size=512) < work(plain, size=512)


def test_wide_picture_is_counted_by_its_pixels() -> None:
    square = duration.work_of_walk(presets.resolve("balanced", LARGE), stops=2, frames=24)
    wide = duration.work_of_walk(presets.resolve("balanced", LARGE, aspect="16:9"), stops=2, frames=24)
    assert wide.each == pytest.approx(square.each * 512 * 288 / 512**2)


def test_walk_of_an_old_recipe_has_no_samples() -> None:
    walk = duration.work_of_walk({"steps": 20, "guidance": 7.5}, stops=2, frames=10)
    assert walk.total == 10 * 40 + 10 * duration.PICTURE + 2 * duration.STOP


def test_pace_is_the_median_of_the_finished_walks() -> None:
    assert duration.seconds_of_work([]) is None
    assert duration.seconds_of_work([(100.0, 9.0), (200.0, 4.0)]) == pytest.approx(0.02)
    assert duration.seconds_of_work([(100.0, 2.0), (100.0, 900.0), (50.0, 1.5)]) == pytest.approx(0.03)


def test_assumed_pace_of_other_models_grows_with_their_pictures() -> None:
    assert duration.default_pace(LARGE) == duration.OTHER_SECONDS
    assert duration.default_pace(ModelFacts(size=1024)) == 4 * duration.OTHER_SECONDS
    assert duration.default_pace(ModelFacts(size=None)) == duration.OTHER_SECONDS
