"""A walk's time: more of any option takes longer, and walks of every kind agree on one pace."""

from typing import Any

import pytest

from app.core.models.facts import ModelFacts
from app.offer.generation import duration, presets
from tests.support.house import FACTS

HOUSE = ModelFacts.from_mapping(FACTS | {"scheduler": "DPMSolverMultistepScheduler", "has_sketches": True})
LARGE = ModelFacts(scheduler="DDIMScheduler", size=512)
RECORDED: tuple[tuple[dict[str, Any], float], ...] = (
    ({}, 2.05),
    ({"stops": 5, "preset": "fast"}, 3.30),
    ({"preset": "exact", "closed": True}, 5.16),
    ({"preset": "fast", "size": 512, "aspect": "3:2"}, 4.12),
    ({"frames": 60, "closed": True}, 3.94),
    ({"frames": 8, "preset": "fast"}, 1.14),
    ({"frames": 60, "size": 512, "preset": "exact", "guidance": 3.0}, 52.31),
    ({"aspect": "9:16", "preset": "fast"}, 1.47),
    ({"aspect": "9:16", "closed": True}, 1.83),
    ({"steps": 6}, 2.12),
    ({"steps": 10, "closed": True}, 3.50),
    ({"frames": 120, "preset": "exact", "aspect": "9:16", "stops": 3}, 15.28),
    ({"frames": 120, "size": 512, "stops": 3}, 27.11),
    ({"frames": 120, "size": 512, "stops": 5, "preset": "exact"}, 73.70),
    ({"frames": 120}, 6.23),
    ({"frames": 120, "stops": 5}, 10.39),
    ({"frames": 8, "stops": 5, "closed": True, "aspect": "3:2"}, 1.38),
    ({"guidance": 3.0}, 2.48),
)
"""Seconds of a worker with the built-in model, alone on two cores, for walks of 24 frames, but for what is named."""


def work_of(
    facts: ModelFacts = HOUSE, *, frames: int = 24, stops: int = 2, closed: bool = False, **fields: Any
) -> duration.Work:
    settings = presets.resolve(fields.pop("preset", presets.DEFAULT), facts, **fields)
    return duration.work_of_walk(settings, stops=stops, frames=frames, closed=closed)


def work(facts: ModelFacts = HOUSE, **fields: Any) -> float:
    return work_of(facts, **fields).total


def test_walks_of_every_kind_are_within_half_of_what_was_recorded() -> None:
    walks = [(work_of(**fields), seconds) for fields, seconds in RECORDED]
    pace = duration.seconds_of_work(walks)
    assert pace is not None
    ratios = [walk.seconds(pace) / seconds for walk, seconds in walks]
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
    assert wide.each == pytest.approx(square.each * (512 * 288 / 512**2) ** duration.GROWTH)


def test_walk_of_an_old_recipe_has_no_samples() -> None:
    walk = duration.work_of_walk({"steps": 20, "guidance": 7.5}, stops=2, frames=10)
    assert walk.total == 10 * 40 + 10 * duration.PICTURE


def test_pace_is_the_median_of_the_finished_walks() -> None:
    def pace(*walks: tuple[float, float]) -> float | None:
        fixed = 0.5
        works = [(duration.Work(0, 1.0, units, fixed), fixed + seconds) for units, seconds in walks]
        return duration.seconds_of_work(works)

    assert pace() is None
    assert pace((100.0, 9.0)) == pytest.approx(0.09 / duration.FIRST)
    assert pace((100.0, 9.0), (200.0, 4.0)) == pytest.approx(0.02)
    assert pace((100.0, 2.0), (100.0, 900.0), (50.0, 1.5)) == pytest.approx(0.03)


def test_machine_that_is_quicker_than_the_fixed_seconds_has_a_pace() -> None:
    assert (duration.seconds_of_work([(duration.Work(0, 1.0, 100.0, 0.5), 0.4)]) or 0) > 0


def test_assumed_pace_of_other_models_grows_with_their_pictures() -> None:
    assert duration.default_pace(LARGE) == duration.OTHER_SECONDS
    assert duration.default_pace(ModelFacts(size=1024)) == 4 * duration.OTHER_SECONDS
    assert duration.default_pace(ModelFacts(size=None)) == duration.OTHER_SECONDS
