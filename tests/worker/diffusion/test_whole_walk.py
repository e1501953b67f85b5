"""A whole walk in one process: the same recipe paints the same film."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.core.models.facts import ModelFacts
from app.offer.generation import presets
from tests.support.own_calls import decibels
from tests.support.whole_walk import WholeWalk
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import smoothness_measure
from worker.planning.pass_plan import Pass

pytestmark = pytest.mark.slow

STOPS = [StopInput("a bear", "", 3), StopInput("the sun", "red", 3)]
SAMPLING = presets.resolve("balanced", ModelFacts(), steps=5)

DISTILLED = {"lcm": "LCMScheduler", "turbo": "EulerAncestralDiscreteScheduler"}


def prepare(
    painter: WalkPipeline, sampling: dict[str, Any] = SAMPLING, *, closed: bool = False, batch: int = 4
) -> WholeWalk:
    rendering = replace(
        painter.rendering(sampling), precision="float32", memory_format="contiguous", threads=1, batch=batch
    )
    return WholeWalk(painter, painter.prepare(STOPS, rendering, closed=closed), sampling)


def film(walk: WholeWalk) -> list[NDArray[np.uint8]]:
    return list(walk.pictures.values())


@pytest.fixture(scope="module")
def painted(painters: dict[str, WalkPipeline]) -> WholeWalk:
    whole = prepare(painters["bert"])
    whole.paint(frames=9)
    return whole


def test_film_has_all_its_frames_and_each_differs_from_its_neighbours(painted: WholeWalk) -> None:
    pictures = film(painted)
    assert len(pictures) == 9
    assert all(step > 0 for step in smoothness_measure.smoothness(pictures).steps)


def test_recorded_levels_paint_the_same_bytes_again(painted: WholeWalk) -> None:
    recorded = json.loads(json.dumps([level.to_json() for level in painted.levels]))
    again = prepare(painted.painter)
    for level in recorded:
        again.repaint(Pass.from_json(level), frames=len(painted.pictures))
    assert list(again.pictures) == list(painted.pictures)
    assert all(map(np.array_equal, film(again), film(painted)))


def test_other_batches_paint_nearly_the_same(painted: WholeWalk) -> None:
    other = prepare(painted.painter)
    for level in painted.levels:
        positions = range(len(level.positions))
        other.repaint(replace(level, batches=tuple((i,) for i in reversed(positions)), pad=1), frames=9)
    assert min(map(decibels, film(other), film(painted))) >= 40


def test_branched_film_is_made_with_fewer_passes_than_one_in_full(bert: WalkPipeline) -> None:
    spent = []
    for branches in (True, False):
        before = bert.evaluations
        prepare(bert, SAMPLING | {"branches": branches}).paint(frames=24)
        spent.append(bert.evaluations - before)
    assert spent[0] < 0.6 * spent[1]


def test_round_walk_closes_without_a_seam(painters: dict[str, WalkPipeline]) -> None:
    ring = prepare(painters["bert"], closed=True)
    ring.paint(frames=16)
    pictures = film(ring)
    steps = smoothness_measure.smoothness([*pictures, pictures[0]]).steps
    assert 0 < steps[-1] < 3 * float(np.median(steps))


@pytest.mark.parametrize("preset", presets.NAMES)
def test_every_preset_paints_with_every_kind_of_model(painters: dict[str, WalkPipeline], preset: str) -> None:
    for kind, painter in painters.items():
        facts = ModelFacts(few_step=kind in DISTILLED, scheduler=DISTILLED.get(kind, ""))
        sampling = presets.resolve(preset, facts, steps=3)
        whole = prepare(painter, sampling)
        whole.paint(frames=4)
        assert len(film(whole)) == 4, kind
