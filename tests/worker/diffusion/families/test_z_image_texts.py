"""Z-Image's texts are as long as their prompts: between two lengths the predictions for both are mixed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.support import flow_calls
from worker.diffusion import solvers
from worker.diffusion.painter import Painter
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import StopInput
from worker.planning import interpolation
from worker.planning.latent_state import Painted

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # diffusers' own call
]

STEPS = 4
SEED = 3
PROMPTS = ("a bear", "the sun over a red lemon", "a lemon!")
LEFT_OUT = ("red", "a house in the rain", "")
ALIKE = ("red", "red", "red")

Latents = NDArray[np.float32]


@pytest.fixture
def painter(flow_painters: dict[str, Painter]) -> Painter:
    return flow_painters["z-image"]


@pytest.fixture
def folder(flow_models: dict[str, Path]) -> Path:
    return flow_models["z-image"]


def prepared(
    painter: Painter, guidance: float, left_out: tuple[str, ...] = ALIKE, *, seeds: tuple[int, ...] = (SEED,) * 3
) -> PreparedWalk:
    sampling = {"scheduler": solvers.FLOW_SOLVER, "steps": STEPS, "guidance": guidance}
    stops = [StopInput(*stop) for stop in zip(PROMPTS, left_out, seeds, strict=True)]
    return painter.prepare(stops, painter.rendering(sampling))


def paint(painter: Painter, walk: PreparedWalk, *positions: float) -> list[Latents]:
    painted: list[Painted] = painter.paint(walk, positions, keep=(STEPS,))
    return [one.states[STEPS].latents for one in painted]


@contextmanager
def rows_of_calls(painter: Painter) -> Iterator[list[int]]:
    """List how many rows each call of the network has."""
    rows: list[int] = []
    network, _ = painter.model.networks("float32", "contiguous")
    watched = getattr(network, "unet", network).register_forward_pre_hook(
        lambda _, arguments: rows.append(len(arguments[0]))
    )
    yield rows
    watched.remove()


@torch.no_grad()
def mixed(
    folder: Path, share: float, *, guidance: float, left_out: tuple[str, ...], seeds: tuple[int, int] = (SEED, SEED)
) -> Latents:
    """Paint between the first two stops by the pipeline's network, a call for each text, and Euler's steps."""
    torch.set_num_threads(1)
    flow_calls.own_call(folder, "a bear", seed=SEED, steps=STEPS, guidance=0.0)  # sets the steps of its solver
    pipe = flow_calls.pipeline(folder)
    sides = [
        flow_calls.encode(folder, prompt, negative_prompt=words)
        for prompt, words in zip(PROMPTS[:2], left_out[:2], strict=True)
    ]
    latents = torch.from_numpy(
        np.asarray(interpolation.slerp(*(flow_calls.noise(folder, seed).numpy() for seed in seeds), share), np.float32)
    )

    def velocity(t: torch.Tensor, texts: list[torch.Tensor]) -> torch.Tensor:
        first, last = (
            -pipe.transformer([latents[0].unsqueeze(1)], (1000 - t)[None] / 1000, [text])[0][0][None, :, 0]
            for text in texts
        )
        return (1 - share) * first + share * last

    for t, sigma, following in zip(
        pipe.scheduler.timesteps, pipe.scheduler.sigmas, pipe.scheduler.sigmas[1:], strict=False
    ):
        predicted = velocity(t, [side["prompt_embeds"][0] for side in sides])
        if guidance:
            unguided = velocity(t, [side["negative_prompt_embeds"][0] for side in sides])
            predicted = predicted + guidance * (predicted - unguided)
        latents = latents + (following - sigma) * predicted
    return latents[0].numpy()


def test_texts_of_these_prompts_have_different_lengths(painter: Painter) -> None:
    walk = prepared(painter, 3.0, LEFT_OUT)
    assert walk.negatives is not None
    assert len({len(states) for states in walk.prompts}) == 3
    assert len({len(states) for states in walk.negatives}) == 3


@pytest.mark.parametrize("left_out", [ALIKE, LEFT_OUT])
@pytest.mark.parametrize("guidance", [0.0, 3.0])
def test_stops_are_what_the_pipeline_itself_paints(
    painter: Painter, folder: Path, guidance: float, left_out: tuple[str, ...]
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
def test_frame_between_lengths_is_the_mix_of_both_velocities(
    painter: Painter, folder: Path, guidance: float, left_out: tuple[str, ...], seeds: tuple[int, int, int]
) -> None:
    walk = prepared(painter, guidance, left_out, seeds=seeds)
    for share in (0.25, 0.5):
        expected = mixed(folder, share, guidance=guidance, left_out=left_out, seeds=seeds[:2])
        [found] = paint(painter, walk, share)
        assert np.abs(found - expected).max() <= 1e-3, np.abs(found - expected).max()
        other = mixed(folder, share + 0.1, guidance=guidance, left_out=left_out, seeds=seeds[:2])
        assert np.abs(other - expected).max() > 0.05, "the share counts"


@pytest.mark.parametrize(
    ("position", "guidance", "left_out", "rows"),
    [
        (0.0, 0.0, ALIKE, 1),
        (2.0, 0.0, ALIKE, 1),
        (0.5, 0.0, ALIKE, 2),
        (0.0, 3.0, ALIKE, 2),
        (0.5, 3.0, ALIKE, 3),
        (0.5, 3.0, LEFT_OUT, 4),
    ],
)
def test_passes_for_both_sides_are_counted(
    painter: Painter, position: float, guidance: float, left_out: tuple[str, ...], rows: int
) -> None:
    walk = prepared(painter, guidance, left_out)
    before = painter.passes
    with rows_of_calls(painter) as seen:
        paint(painter, walk, position)
    assert seen == [rows] * STEPS
    assert painter.passes - before == rows * STEPS


@pytest.mark.parametrize("left_out", [ALIKE, LEFT_OUT])
@pytest.mark.parametrize("guidance", [0.0, 3.0])
def test_batch_of_stops_and_frames_holds_what_each_is_alone(
    painter: Painter, guidance: float, left_out: tuple[str, ...]
) -> None:
    walk = prepared(painter, guidance, left_out, seeds=(3, 4, 5))
    positions = (0.0, 0.3, 1.0, 1.6)
    together = paint(painter, walk, *positions)
    for position, row in zip(positions, together, strict=True):
        [alone] = paint(painter, walk, position)
        assert np.abs(row - alone).max() <= 1e-3, np.abs(row - alone).max()
    assert min(np.abs(row - together[0]).max() for row in together[1:]) > 0.5
