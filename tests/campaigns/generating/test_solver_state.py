"""Branching: a picture that is left in the middle and taken up again, and steps at noise levels of our own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.support.marks import SLOW_CALLS
from tests.support.own_calls import difference
from worker.diffusion import solver_state
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import GenerationError, StopInput
from worker.diffusion.solvers import SOLVER
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.planning.latent_state import State

pytestmark = SLOW_CALLS

STOPS = [StopInput("a bear", "", 3), StopInput("the sun", "red", 3)]
EXACTLY = {"precision": "float32", "memory_format": "contiguous", "threads": 1}
SAMPLING: dict[str, Any] = {"scheduler": "DPMSolverMultistepScheduler", "steps": 6, "guidance": 3.0}


def prepared(
    painter: WalkPipeline, stops: list[StopInput] = STOPS, *, closed: bool = False, **changes: Any
) -> PreparedWalk:
    rendering = replace(painter.rendering(SAMPLING | changes), **EXACTLY)
    return painter.prepare(stops, rendering, closed=closed)


def picture(painted: list[Any]) -> NDArray[np.uint8]:
    [one] = painted
    assert one.picture is not None
    return np.asarray(one.picture)


@pytest.mark.parametrize("kind", ["sd1", "bert"])
@pytest.mark.parametrize("scheduler", ["DPMSolverMultistepScheduler", "UniPCMultistepScheduler"])
@pytest.mark.parametrize("depth", [1, 3, 5])
def test_picture_taken_up_again_is_the_picture_painted_in_one_go(
    painters: dict[str, WalkPipeline], kind: str, scheduler: str, depth: int
) -> None:
    painter = painters[kind]
    walk = prepared(painter, scheduler=scheduler, spacing=[-5, 3])
    whole = painter.paint(walk, [0.5], keep=(depth,))
    state = whole[0].states[depth]
    assert (state.depth, state.latents.dtype) == (depth, np.float32)
    again = painter.paint(walk, [0.5], start=[(state, state, 0.0)])
    assert difference(picture(whole), picture(again)) <= 1
    forgetful = State(depth, state.latents, tuple(np.zeros_like(part) for part in state.history))
    if depth < 5:  # the last step is of first order and looks at no other
        without = painter.paint(walk, [0.5], start=[(forgetful, forgetful, 0.0)])
        assert not np.array_equal(picture(without), picture(whole))


DISTILLED = {"steps": 4, "guidance": 1.0, "mixing": 2}


@pytest.mark.parametrize(
    ("scheduler", "changes", "depth", "share", "parts"),
    [
        *((name, {}, 3, 0.0, 0) for name in ("DDIMScheduler", "EulerDiscreteScheduler")),  # they have no memory
        *(  # they keep what the network expects, and go on with the noise of their position
            (name, DISTILLED, 2, 0.5, 1) for name in ("EulerAncestralDiscreteScheduler", "LCMScheduler", "TCDScheduler")
        ),
        *(
            (name, {"mixing": 2}, 3, 0.5, None)
            for name in ("DPMSolverMultistepScheduler", "UniPCMultistepScheduler", "DDIMScheduler")
        ),
    ],
)
def test_picture_blended_with_itself_is_taken_up_again_as_it_was(
    sd1: WalkPipeline,
    scheduler: str,
    changes: dict[str, Any],
    depth: int,
    share: float,
    parts: int | None,
) -> None:
    walk = prepared(sd1, scheduler=scheduler, **changes)
    whole = sd1.paint(walk, [0.5], keep=(depth,))
    state = whole[0].states[depth]
    assert parts is None or len(state.history) == parts
    assert difference(picture(whole), picture(sd1.paint(walk, [0.5], start=[(state, state, share)]))) <= 1


def test_blend_of_two_knots_is_nearer_to_the_picture_between_them_than_they_are(
    sd1: WalkPipeline,
) -> None:
    walk = prepared(sd1)
    left, middle, right = sd1.paint(walk, [0.2, 0.4, 0.6], keep=(4,))
    blended = picture(sd1.paint(walk, [0.4], start=[(left.states[4], right.states[4], 0.5)]))

    def distance(other: Any) -> float:
        return float(np.abs(blended.astype(float) - other.picture).mean())

    assert distance(middle) < 0.5 * min(distance(left), distance(right))


def test_knot_is_not_decoded_but_looked_at(bert: WalkPipeline) -> None:
    before = bert.evaluations
    [knot] = bert.paint(prepared(bert), [0.5], until=4, keep=(2, 4), decode=False)
    assert bert.evaluations - before == 8
    assert knot.picture is None
    assert sorted(knot.states) == sorted(knot.thumbnails) == [2, 4]
    assert knot.thumbnails[4].shape == (16, 16, 3)
    assert 0 <= knot.thumbnails[4].min() <= knot.thumbnails[4].max() <= 1


def test_looks_that_place_the_frames_are_what_the_decoder_shows(bert: WalkPipeline) -> None:
    [first] = bert.paint(prepared(bert, ladder=[[2, 3], [4, 6]]), [0.5], until=4, keep=(2, 4))
    assert first.picture is not None
    assert first.thumbnails[2].shape == (16, 16, 3), "through the lens"
    assert first.thumbnails[4].shape == first.picture.shape, "of two pixels to a latent none is averaged"
    assert np.abs(first.thumbnails[4] * 255 - first.picture).max() <= 1


def test_picture_shown_on_the_way_is_what_the_model_expects(bert: WalkPipeline) -> None:
    walk = prepared(bert)
    early, late, final = (picture(bert.paint(walk, [0.5], until=until)).astype(float) for until in (1, 5, 6))
    assert np.abs(late - final).mean() < np.abs(early - final).mean()


def test_second_pass_is_made_within_the_guided_interval_only(bert: WalkPipeline) -> None:
    counts = []
    for guided in (None, [0, 6], [1, 4], [0, 0]):
        before = bert.evaluations
        bert.paint(prepared(bert, guided=guided), [0.2, 0.8])
        counts.append(bert.evaluations - before)
    assert counts == [24, 24, 18, 12]
    never, unguided = prepared(bert, guided=[0, 0]), prepared(bert, guidance=1.0)
    assert difference(picture(bert.paint(never, [0.5])), picture(bert.paint(unguided, [0.5]))) == 0
    every = picture(bert.paint(prepared(bert), [0.5]))
    assert difference(every, picture(bert.paint(prepared(bert, guided=[1, 4]), [0.5]))) > 1


def test_guidance_pushes_harder_by_its_gain_and_never_where_there_is_none(bert: WalkPipeline) -> None:
    sampling = {"scheduler": SOLVER, "steps": 6, "guidance": 3.0, "gain": 1.5}
    assert bert.rendering(sampling).guidance == 4.0
    assert bert.rendering(sampling | {"guidance": 0.5}).guidance == 0.5
    assert bert.rendering({"scheduler": SOLVER, "steps": 6, "guidance": 3.0}).guidance == 3.0


def test_steps_are_spaced_evenly_in_log_snr_within_what_the_model_knows(painters: dict[str, WalkPipeline]) -> None:
    for kind, low, high in (("bert", -5, 3), ("sd1", -2.68, 3)):
        solver = painters[kind].model.solver("DPMSolverMultistepScheduler", 9)
        solver_state.space(solver, -5, 3)
        levels = -np.log(solver.sigmas[:-1].numpy())
        assert np.allclose(np.diff(levels), np.diff(levels)[0], atol=1e-4)
        assert levels[0] == pytest.approx(low, abs=0.02)
        assert levels[-1] == pytest.approx(high, abs=0.02)
        assert (np.diff(solver.timesteps.numpy()) < 0).all()
        assert solver.sigmas[-1] == 0


def test_spaced_steps_paint_what_the_pipeline_paints_with_them(
    painters: dict[str, WalkPipeline], tiny_models: dict[str, Path]
) -> None:
    painter = painters["sd2"]
    pipe = diffusers.StableDiffusionPipeline.from_pretrained(
        tiny_models["sd2"], safety_checker=None, requires_safety_checker=False
    )
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = diffusers.DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
    usual = pipe.scheduler.set_timesteps

    def spaced(steps: int, device: Any = None, **_: Any) -> None:
        usual(steps, device=device)
        solver_state.space(pipe.scheduler, -5, 3)

    pipe.scheduler.set_timesteps = spaced
    walk = prepared(painter, spacing=[-5, 3])
    torch.set_num_threads(1)
    expected = pipe(
        STOPS[0].prompt,
        latents=torch.from_numpy(walk.noises[:1]),
        num_inference_steps=6,
        guidance_scale=3.0,
    ).images[0]
    painted = picture(painter.paint(walk, [0.0]))
    assert difference(painted, np.asarray(expected)) <= 1
    assert difference(painted, picture(painter.paint(prepared(painter), [0.0]))) > 1


def test_states_that_are_no_numbers_are_painted_once_more_and_then_given_up(bert: WalkPipeline) -> None:
    walk = prepared(bert)
    half = replace(walk, rendering=replace(walk.rendering, precision="bfloat16"))
    [knot] = bert.paint(walk, [0.5], until=4, keep=(4,), decode=False)
    broken = replace(knot.states[4], latents=np.full_like(knot.states[4].latents, np.inf))
    steps: list[int] = []
    with pytest.raises(GenerationError, match=r"tiny .* painted no picture"):
        bert.paint(half, [0.5], start=[(broken, broken, 0.0)], on_step=lambda: steps.append(1))
    assert len(steps) == 4


def test_batch_that_is_filled_up_paints_a_stop_bit_for_bit_alike_in_any_walk(bert: WalkPipeline) -> None:
    a, b, c = StopInput("a bear", "", 3), StopInput("the sun", "red", 5), StopInput("a lemon", "", 8)
    ended, goes_on, alone = (prepared(bert, stops) for stops in ([a, b], [b, c], [a, c, b]))
    first, last, third = (
        bert.paint(walk, positions, keep=(4,), pad=2)[-1]
        for walk, positions in ((ended, [0.0, 1.0]), (goes_on, [1.0, 0.0]), (alone, [2.0]))
    )
    for one in (last, third):
        assert np.array_equal(first.picture, one.picture)
        assert np.array_equal(first.states[4].latents, one.states[4].latents)


def test_filled_up_batch_returns_what_was_asked_for(bert: WalkPipeline) -> None:
    assert [one.position for one in bert.paint(prepared(bert), [1.0], pad=2)] == [1.0]


def test_closed_walk_of_one_prompt_breathes_full_circle(sd1: WalkPipeline) -> None:
    breath = prepared(sd1, [StopInput("a bear", "", 3), StopInput("a bear", "", 4)], closed=True)
    positions = [0.0, 0.5, 1.0, 1.25, 1.5, 1.75]
    pictures = [one.picture for one in sd1.paint(breath, positions)]
    for i, one in enumerate(pictures):
        assert all(difference(one, other) > 1 for other in pictures[:i]), "nowhere twice"
    almost = sd1.paint(breath, [2 - 1e-6])
    assert difference(picture(almost), pictures[0]) <= 1


def test_closed_walk_leads_from_its_last_stop_back_to_its_first(bert: WalkPipeline) -> None:
    stops = [StopInput("a bear", "", 3), StopInput("the sun", "", 3), StopInput("a lemon", "", 3)]
    ring, back = prepared(bert, stops, closed=True), prepared(bert, [stops[2], stops[0]])
    assert difference(picture(bert.paint(ring, [2.25])), picture(bert.paint(back, [0.25]))) <= 1
    with pytest.raises(ValueError, match="outside"):
        bert.paint(prepared(bert, stops), [2.25])
