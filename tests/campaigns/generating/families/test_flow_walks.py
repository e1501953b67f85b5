"""Whole walks of the rectified-flow families, in the presets that a site gives them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.core.models import facts
from app.offer.generation import presets
from tests.support.own_calls import decibels
from tests.support.whole_walk import WholeWalk
from worker.diffusion import solvers
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import smoothness_measure
from worker.planning.pass_plan import Pass

pytestmark = pytest.mark.slow

EVERY = ("schnell", "dev", "sd3", "sd3-no-t5", "z-image", "klein", "klein-base")
ONE_OF_EACH = ("dev", "sd3", "z-image", "klein")
STOPS = [StopInput("a bear", "", 3), StopInput("the sun over a lemon", "red", 4), StopInput("rain", "", 3)]
STEPS = 4
FRAMES = 9


class WalkMaker:
    """Makes walks of a model in its own presets, whose steps are few."""

    def __init__(self, painter: WalkPipeline, folder: Path) -> None:
        self.painter = painter
        self.facts = facts.load_facts(str(folder))

    def sampling(self, preset: str) -> dict[str, Any]:
        """Return what a site records for a walk in this preset."""
        return presets.resolve(preset, self.facts, steps=None if self.facts.few_step else STEPS)

    def walk(self, preset: str = "balanced", *, stops: int = 2, closed: bool = False) -> WholeWalk:
        """Prepare a walk."""
        sampling = self.sampling(preset)
        prepared = self.painter.prepare(STOPS[:stops], self.painter.rendering(sampling), closed=closed)
        return WholeWalk(self.painter, prepared, sampling)


@pytest.fixture(params=ONE_OF_EACH)
def maker(
    request: pytest.FixtureRequest, flow_painters: dict[str, WalkPipeline], flow_models: dict[str, Path]
) -> WalkMaker:
    return WalkMaker(flow_painters[request.param], flow_models[request.param])


def film(walk: WholeWalk) -> list[NDArray[np.uint8]]:
    return list(walk.pictures.values())


@pytest.mark.parametrize("maker", EVERY, indirect=True)
@pytest.mark.parametrize("preset", presets.NAMES)
def test_every_preset_paints_a_film_that_moves_and_begins_and_ends_at_its_stops(maker: WalkMaker, preset: str) -> None:
    walk = maker.walk(preset, stops=3)
    assert walk.prepared.rendering.scheduler == solvers.FLOW_SOLVER
    walk.paint(frames=FRAMES, easing=True)
    pictures = film(walk)
    assert len(pictures) == FRAMES
    assert all(step > 0 for step in smoothness_measure.smoothness(pictures).steps)
    assert [level.kind for level in walk.levels[:2]] == ["stops", "knots"]
    for stop in range(3):
        [alone] = maker.painter.paint(walk.prepared, [float(stop)])
        assert alone.picture is not None
        assert decibels(walk.pictures[float(stop)], alone.picture) >= 50


def test_recorded_levels_paint_the_same_bytes_again(maker: WalkMaker) -> None:
    walk = maker.walk()
    walk.paint(frames=FRAMES, easing=True)
    again = maker.walk()
    for level in json.loads(json.dumps([level.to_json() for level in walk.levels])):
        again.repaint(Pass.from_json(level), frames=FRAMES)
    assert list(again.pictures) == list(walk.pictures)
    assert all(map(np.array_equal, film(again), film(walk)))


def test_levels_in_other_batches_paint_nearly_the_same(maker: WalkMaker) -> None:
    walk = maker.walk(stops=3)
    walk.paint(frames=FRAMES, easing=True)
    other = maker.walk(stops=3)
    for level in walk.levels:
        positions = range(len(level.positions))
        other.repaint(replace(level, batches=tuple((i,) for i in reversed(positions)), pad=1), frames=FRAMES)
    assert min(map(decibels, film(other), film(walk))) >= 40


def test_level_that_another_worker_goes_on_with_is_painted_the_same(maker: WalkMaker) -> None:
    """Its states travel as bytes, and it lays its batches out as the first had."""
    walk = maker.walk("fast")
    for level in walk.steps(frames=FRAMES):
        if level.kind == "knots":
            break
    other = maker.walk("fast")
    other.levels, other.painted = list(walk.levels), [dict(painted) for painted in walk.painted]
    walk.paint(frames=FRAMES)
    other.paint(frames=FRAMES)
    assert [level.batches for level in other.levels] == [level.batches for level in walk.levels]
    assert len(film(walk)) == FRAMES
    assert all(map(np.array_equal, film(other), film(walk)))


def test_walk_that_three_workers_share_is_nearly_that_of_one(maker: WalkMaker) -> None:
    alone, shared = maker.walk(), maker.walk()
    alone.paint(frames=FRAMES)
    shared.paint(frames=FRAMES, workers=3)
    assert [level.batches for level in shared.levels] != [level.batches for level in alone.levels]
    assert np.allclose(list(shared.pictures), list(alone.pictures), atol=1e-3)
    assert min(map(decibels, film(shared), film(alone))) >= 40


def test_closed_walk_closes_without_a_seam(maker: WalkMaker) -> None:
    ring = maker.walk(closed=True)
    ring.paint(frames=16)
    pictures = film(ring)
    assert len(pictures) == 16 and max(ring.pictures) > 1
    steps = smoothness_measure.smoothness([*pictures, pictures[0]]).steps
    assert 0 < steps[-1] < 3 * float(np.median(steps))
