"""The presets, painted in process as the workers paint them: all frames, and exactly the passes that are planned."""

from typing import Any

import pytest

from app.offer.generation import presets
from app.offer.generation.cost import planned_passes
from benchmarks.counting import count_work, find_networks
from benchmarks.ours import Ours
from tests.support.worker_fixtures import HOUSE
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = pytest.mark.slow

PAIR = ("the sun", "a bear")


@pytest.fixture
def ours(painters: dict[str, WalkPipeline]) -> Ours:
    return Ours(painters["bert"], HOUSE)


@pytest.mark.parametrize("preset", presets.NAMES)
def test_presets_paint_every_frame_once(ours: Ours, preset: str) -> None:
    ours.film(PAIR, 4, preset)  # the lens is fitted once, with a few decodes of its own
    with count_work(*find_networks(ours.painter)) as work:
        film = ours.film(PAIR, 12, preset)
    assert len(film.pictures) == len(set(film.positions)) == 12
    assert film.positions == sorted(film.positions)
    assert (film.positions[0], film.positions[-1]) == (0, 1)
    assert work.decodes == 12 + looks_decoded(ours.sampling(preset), stops=2, frames=12)


def looks_decoded(sampling: dict[str, Any], *, stops: int, frames: int) -> int:
    """Count the thumbnails that are decoded: at each further rung that is climbed, or the only one, stops and knots."""
    further = sampling["ladder"][1:] or sampling["ladder"]
    depths = [depth for depth, _ in further]
    used = planned_passes(sampling, legs=stops - 1, between=frames - stops)
    return sum(stops + knots for depth, knots in used if depth in depths)


def test_passes_are_those_of_the_settings(ours: Ours) -> None:
    with count_work(*find_networks(ours.painter)) as work:
        ours.film(PAIR, 12, "balanced")
    sampling = ours.sampling("balanced")
    climbed = planned_passes(sampling, legs=1, between=10)
    first, last = sampling["guided"]

    def passes(begin: int, end: int) -> int:
        return sum(2 if first <= step < last else 1 for step in range(begin, end))

    steps = sampling["steps"]
    depths = [0, *(depth for depth, _ in climbed)]
    knots = sum(count * passes(begin, depth) for begin, (depth, count) in zip(depths, climbed, strict=False))
    assert work.passes == 2 * passes(0, steps) + knots + 10 * passes(depths[-1], steps)


def test_other_contenders_have_our_solver_steps_and_guidance(ours: Ours) -> None:
    sampling, rendering = ours.sampling("balanced"), ours.sampler(PAIR).rendering
    assert (rendering.scheduler, rendering.steps) == (sampling["scheduler"], sampling["steps"])
    assert rendering.guided is None
    with count_work(*find_networks(ours.painter)) as work:
        ours.sampler(PAIR).full([0.5])
    assert work.passes == sampling["steps"] and sampling["guidance"] == 1
