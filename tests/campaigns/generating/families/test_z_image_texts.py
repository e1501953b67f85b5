"""Z-Image's texts are as long as their prompts: between two lengths they are blended, in one pass."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.support import flow_calls, text_blends
from tests.support.marks import SLOW_CALLS
from worker.diffusion import solvers
from worker.diffusion.families.words import Texts
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.planning import interpolation
from worker.planning.latent_state import GeneratedFrame

pytestmark = SLOW_CALLS

STEPS = 4
SEED = 3
PROMPTS = ("a bear", "the sun over a red lemon", "a lemon!")
LEFT_OUT = ("red", "a house in the rain", "")
ALIKE = ("red", "red", "red")

Latents = NDArray[np.float32]


@pytest.fixture
def painter(flow_painters: dict[str, WalkPipeline]) -> WalkPipeline:
    return flow_painters["z-image"]


@pytest.fixture
def folder(flow_models: dict[str, Path]) -> Path:
    return flow_models["z-image"]


def prepared(
    painter: WalkPipeline, guidance: float, left_out: tuple[str, ...] = ALIKE, *, seeds: tuple[int, ...] = (SEED,) * 3
) -> PreparedWalk:
    sampling = {"scheduler": solvers.FLOW_SOLVER, "steps": STEPS, "guidance": guidance}
    stops = [StopInput(*stop) for stop in zip(PROMPTS, left_out, seeds, strict=True)]
    return painter.prepare(stops, painter.rendering(sampling))


def paint(painter: WalkPipeline, walk: PreparedWalk, *positions: float) -> list[Latents]:
    painted: list[GeneratedFrame] = painter.paint(walk, positions, keep=(STEPS,))
    return [one.states[STEPS].latents for one in painted]


@torch.no_grad()
def blended(
    painter: WalkPipeline, folder: Path, walk: PreparedWalk, share: float, *, guidance: float, seeds: tuple[int, int]
) -> Latents:
    """Paint between the first two stops by the pipeline's network, its texts blended as measured, and Euler's steps."""
    torch.set_num_threads(1)
    flow_calls.own_call(folder, "a bear", seed=SEED, steps=STEPS, guidance=0.0)  # sets the steps of its solver
    pipe = flow_calls.pipeline(folder)
    latents = torch.from_numpy(
        np.asarray(interpolation.slerp(*(flow_calls.noise(folder, seed).numpy() for seed in seeds), share), np.float32)
    )

    def velocity(t: torch.Tensor, texts: Texts) -> torch.Tensor:
        first, last = (torch.from_numpy(text) for text in texts[:2])
        time = (1000 - t)[None] / 1000
        if first.shape == last.shape:
            return -text_blends.plain(pipe.transformer, latents, time, [torch.lerp(first, last, share)])
        return -text_blends.blended(pipe.transformer, latents, time, [(first, last)], [share])

    for t, sigma, following in zip(
        pipe.scheduler.timesteps, pipe.scheduler.sigmas, pipe.scheduler.sigmas[1:], strict=False
    ):
        predicted = velocity(t, walk.prompts)
        if guidance:
            assert walk.negatives is not None
            predicted = predicted + guidance * (predicted - velocity(t, walk.negatives))
        latents = latents + (following - sigma) * predicted
    return latents[0].numpy()


def test_texts_of_these_prompts_have_different_lengths(painter: WalkPipeline) -> None:
    walk = prepared(painter, 3.0, LEFT_OUT)
    assert walk.negatives is not None
    assert len({len(states) for states in walk.prompts}) == 3
    assert len({len(states) for states in walk.negatives}) == 3


@pytest.mark.parametrize("left_out", [ALIKE, LEFT_OUT])
@pytest.mark.parametrize("guidance", [0.0, 3.0])
def test_stops_are_what_the_pipeline_itself_paints(
    painter: WalkPipeline, folder: Path, guidance: float, left_out: tuple[str, ...]
) -> None:
    walk = prepared(painter, guidance, left_out)
    for stop, (prompt, words) in enumerate(zip(PROMPTS, left_out, strict=True)):
        expected = flow_calls.own_call(
            folder, prompt, seed=SEED, steps=STEPS, guidance=guidance, negative_prompt=words, output="latent"
        )
        [found] = paint(painter, walk, float(stop))
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("left_out", [ALIKE, LEFT_OUT])
@pytest.mark.parametrize("guidance", [0.0, 3.0])
@pytest.mark.parametrize("seeds", [(3, 3, 3), (3, 4, 5)])
def test_frame_between_lengths_is_painted_with_the_blended_text(
    painter: WalkPipeline, folder: Path, guidance: float, left_out: tuple[str, ...], seeds: tuple[int, int, int]
) -> None:
    walk = prepared(painter, guidance, left_out, seeds=seeds)
    for share in (0.25, 0.5):
        expected = blended(painter, folder, walk, share, guidance=guidance, seeds=seeds[:2])
        [found] = paint(painter, walk, share)
        assert np.abs(found - expected).max() <= 1e-3, np.abs(found - expected).max()
        other = blended(painter, folder, walk, share + 0.1, guidance=guidance, seeds=seeds[:2])
        assert np.abs(other - expected).max() > 0.02, "the share counts"


@pytest.mark.parametrize(("position", "guidance", "rows"), [(0.0, 0.0, 1), (0.5, 0.0, 1), (0.0, 3.0, 2), (0.5, 3.0, 2)])
def test_frame_between_lengths_takes_no_more_passes_than_a_stop(
    painter: WalkPipeline, position: float, guidance: float, rows: int
) -> None:
    walk = prepared(painter, guidance, LEFT_OUT)
    before = painter.evaluations
    paint(painter, walk, position)
    assert painter.evaluations - before == rows * STEPS


@pytest.mark.parametrize("left_out", [ALIKE, LEFT_OUT])
@pytest.mark.parametrize("guidance", [0.0, 3.0])
def test_batch_of_stops_and_frames_holds_what_each_is_alone(
    painter: WalkPipeline, guidance: float, left_out: tuple[str, ...]
) -> None:
    walk = prepared(painter, guidance, left_out, seeds=(3, 4, 5))
    positions = (0.0, 0.3, 1.0, 1.6)
    together = paint(painter, walk, *positions)
    for position, row in zip(positions, together, strict=True):
        [alone] = paint(painter, walk, position)
        assert np.abs(row - alone).max() <= 1e-3, np.abs(row - alone).max()
    assert min(np.abs(row - together[0]).max() for row in together[1:]) > 0.5
