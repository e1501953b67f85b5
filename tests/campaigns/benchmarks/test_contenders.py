"""The contenders paint what they say they do: seen on a tiny model, and counted at its networks."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import contenders
from benchmarks.contenders import Film
from benchmarks.counting import Work, count_work, find_networks
from benchmarks.ours import Ours
from benchmarks.trajectories import Sampler, interpolate
from tests.support.worker_fixtures import HOUSE
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = pytest.mark.slow

STEPS = 10
GUIDED = 2  # UNet passes of a guided step; the built-in model needs no guidance, so one


@pytest.fixture
def painter(painters: dict[str, WalkPipeline]) -> WalkPipeline:
    return painters["bert"]


@pytest.fixture
def sampler(painter: WalkPipeline) -> Sampler:
    made = Ours(painter, HOUSE).sampler(("the sun", "a bear"), steps=STEPS)
    made.batch = 4
    return made


@pytest.fixture
def work(painter: WalkPipeline) -> Iterator[Work]:
    """Count what is painted within the test."""
    with count_work(*find_networks(painter)) as work:
        yield work


def difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> int:
    return int(np.abs(a.astype(int) - b).max())


def test_full_frames_are_those_of_the_painter(painter: WalkPipeline, sampler: Sampler, work: Work) -> None:
    film = contenders.full(sampler, 5)
    assert (work.passes, work.decodes) == (5 * STEPS, 5)
    assert film.positions == [0, 0.25, 0.5, 0.75, 1]
    theirs = [one.picture for one in painter.paint(sampler.prepared, film.positions) if one.picture is not None]
    assert max(map(difference, film.pictures, theirs)) <= 1
    assert difference(theirs[0], theirs[-1]) > 1


def test_guidance_is_on_at_every_step_of_a_model_that_needs_it(sampler: Sampler, work: Work) -> None:
    sampler.rendering = replace(sampler.rendering, guidance=2.0)
    assert len(contenders.full(sampler, 2).pictures) == 2
    assert work.passes == 2 * STEPS * GUIDED


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # how diffusers makes arrays
def test_usual_loop_makes_every_step_twice_for_every_frame_alone(tiny_models: dict[str, Path]) -> None:
    pipe = contenders.usual_pipeline(str(tiny_models["sd1"]))
    batches: list[int] = []
    pipe.unet.register_forward_pre_hook(lambda _unet, given: batches.append(len(given[0])))
    pictures = contenders.usual(pipe, ("the sun", "a bear"), [0.0, 1.0], seed=1, guidance=3.5)
    assert batches == [GUIDED] * 2 * contenders.P0_STEPS
    assert difference(*map(np.asarray, pictures)) > 0


def test_trajectory_that_was_left_and_taken_up_ends_in_the_same_picture(sampler: Sampler) -> None:
    (whole,), _ = sampler.go([sampler.begin(0.3)], [0.3], until=STEPS)
    (left,), _ = sampler.go([sampler.begin(0.3)], [0.3], until=4)
    taken_up, _ = sampler.go([left, left], [0.3, 0.9], until=STEPS)
    same, other = taken_up
    assert np.allclose(same.latents, whole.latents, atol=1e-4)
    assert not np.allclose(other.latents, whole.latents, atol=1e-3)


def test_kept_state_is_the_one_on_the_way(sampler: Sampler) -> None:
    (left,), _ = sampler.go([sampler.begin(0.3)], [0.3], until=4)
    _, (kept,) = sampler.go([sampler.begin(0.3)], [0.3], until=STEPS, keep=[4, STEPS])
    assert sorted(kept) == [4, STEPS]
    assert np.allclose(kept[4].latents, left.latents, atol=1e-5)
    assert np.allclose(interpolate(kept[4], left, 0.5).latents, left.latents, atol=1e-5)


def test_shared_prefix_is_painted_once(sampler: Sampler, work: Work) -> None:
    film = contenders.shared_prefix(sampler, 6)
    assert (work.passes, work.decodes) == (2 + 6 * 8, 6)
    assert film.positions == [0, 0.2, 0.4, 0.6, 0.8, 1]
    in_full = sampler.full([0.0, 0.6])
    assert difference(film.pictures[0], in_full[0]) > 0


def test_branches_of_the_tree_only_make_their_remaining_steps(sampler: Sampler, work: Work) -> None:
    film = contenders.branch_tree(sampler, 12)
    depths, stems = contenders._branching(STEPS, 10)
    assert (depths, sum(stems)) == ([5, 6, 7, 8, 9], 10)
    branches = sum(count * (STEPS - depth) for depth, count in zip(depths, stems, strict=True))
    assert (work.passes, work.decodes) == (2 * STEPS + branches, 12)
    assert len(film.pictures) == len(set(film.positions)) == 12
    ends = sampler.full([0.0, 1.0])
    assert difference(film.pictures[0], ends[0]) <= 1
    assert difference(film.pictures[-1], ends[1]) <= 1


def test_short_tree_has_a_branch_at_each_depth(sampler: Sampler) -> None:
    assert len(contenders.branch_tree(sampler, 4).pictures) == 4


def test_bisection_paints_full_frames_in_the_middle_of_gaps(sampler: Sampler, work: Work) -> None:
    film = contenders.bisection(sampler, 7)
    assert (work.passes, work.decodes) == (7 * STEPS, 7)
    assert film.positions == sorted(film.positions)
    assert {0, 0.5, 1} < set(film.positions)
    assert max(map(difference, film.pictures, sampler.full(film.positions))) <= 1


def test_cross_fade_shows_both_ends_at_once(sampler: Sampler, work: Work) -> None:
    film: Film = contenders.cross_fade(sampler, 5)
    assert (work.passes, work.decodes) == (2 * STEPS, 2)
    ghost = (film.pictures[0].astype(float) + film.pictures[-1]) / 2
    assert np.abs(film.pictures[2] - ghost).max() <= 0.5
