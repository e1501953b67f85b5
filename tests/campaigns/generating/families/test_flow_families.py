"""The rectified-flow families against diffusers' own calls, on tiny models of the real classes: the same latents."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.support import flow_calls
from tests.support.marks import SLOW_CALLS
from worker.diffusion import solvers
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.planning import interpolation
from worker.planning.latent_state import GeneratedFrame, State

pytestmark = SLOW_CALLS

STEPS = 4
BEAR, LEMON = "a bear", "a leaf"  # as many tokens of Qwen's, of which each letter is one
SEEDS = (3, 4)

CASES = {
    "schnell": ("schnell", 0.0, ""),
    "dev": ("dev", 3.5, ""),
    "sd3": ("sd3", 4.0, ""),
    "sd3, negative prompt": ("sd3", 4.0, "a red lemon"),
    "sd3-no-t5": ("sd3-no-t5", 4.0, "a red lemon"),
    "z-image": ("z-image", 0.0, ""),
    "z-image, guided": ("z-image", 3.0, ""),
    "z-image, negative prompt": ("z-image", 3.0, "a red lemon"),
    "klein": ("klein", 1.0, ""),
    "klein-base": ("klein-base", 4.0, ""),
}
"""A model, its guidance, and what is to be left out."""

NAMES = ("schnell", "dev", "sd3", "sd3-no-t5", "z-image", "klein", "klein-base")
GUIDANCE = {name: guidance for name, guidance, _ in CASES.values()}
OPTIONS = {"schnell": {"max_sequence_length": 256}}
"""What the pipelines are called with where their model's card says so."""


def prepared(
    painter: WalkPipeline, guidance: float, negative_prompt: str = "", *, seeds: tuple[int, int] = SEEDS
) -> PreparedWalk:
    sampling = {"scheduler": solvers.FLOW_SOLVER, "steps": STEPS, "guidance": guidance}
    stops = [StopInput(prompt, negative_prompt, seed) for prompt, seed in zip((BEAR, LEMON), seeds, strict=True)]
    return painter.prepare(stops, painter.rendering(sampling))


def paint(painter: WalkPipeline, walk: PreparedWalk, *positions: float, **options: Any) -> list[GeneratedFrame]:
    return painter.paint(walk, positions, keep=(walk.rendering.steps,), **options)


def latents(painted: GeneratedFrame) -> NDArray[np.float32]:
    return painted.states[max(painted.states)].latents


def reached(painter: WalkPipeline, painted: GeneratedFrame) -> NDArray[np.float32]:
    """Return the last latents as the pipeline's own call does: klein's are those that its VAE decodes."""
    found = latents(painted)
    if not painter.name.startswith("klein"):
        return found
    with torch.inference_mode():
        return painter.model._family.unscaled(painter.model.vae(), torch.from_numpy(found)[None])[0].numpy()


def is_as_close(name: str, found: NDArray[np.float32], expected: flow_calls.Picture) -> bool:
    """Return whether latents are the same; klein's own call guides by two passes one after the other."""
    if name == "klein-base":
        return np.allclose(found, expected, rtol=0, atol=1e-4)
    return np.array_equal(found, expected)


def levels(painted: GeneratedFrame, expected: flow_calls.Picture) -> int:
    """Return the largest difference of two pictures in levels of 255."""
    assert painted.picture is not None
    return int(np.abs(painted.picture.astype(int) - (expected * 255).round().astype(int)).max())


def between(first: Any, last: Any, t: float) -> Any:
    """Interpolate what `flow_calls.encode` returned of two prompts."""
    if isinstance(first, dict):
        return {name: between(state, last[name], t) for name, state in first.items()}
    if isinstance(first, list):
        return [between(*pair, t) for pair in zip(first, last, strict=True)]
    return torch.from_numpy(np.asarray(interpolation.lerp(first.numpy(), last.numpy(), t), np.float32))


@pytest.mark.parametrize("case", CASES)
def test_stop_is_what_the_pipeline_itself_paints(
    flow_painters: dict[str, WalkPipeline], flow_models: dict[str, Path], case: str
) -> None:
    name, guidance, negative_prompt = CASES[case]
    walk = prepared(flow_painters[name], guidance, negative_prompt, seeds=(3, 3))
    for stop, prompt in enumerate((BEAR, LEMON)):
        settings: dict[str, Any] = {
            "seed": 3, "steps": STEPS, "guidance": guidance, "negative_prompt": negative_prompt,
        } | OPTIONS.get(name, {})  # fmt: skip
        [painted] = paint(flow_painters[name], walk, float(stop))
        expected = flow_calls.own_call(flow_models[name], prompt, output="latent", **settings)
        assert expected.std() > 0.2, "flat latents prove nothing"
        assert is_as_close(name, reached(flow_painters[name], painted), expected)
        assert levels(painted, flow_calls.own_call(flow_models[name], prompt, **settings)) <= 1


@pytest.mark.parametrize("case", CASES)
def test_frame_between_stops_is_what_the_pipeline_paints_from_interpolated_states(
    flow_painters: dict[str, WalkPipeline], flow_models: dict[str, Path], case: str
) -> None:
    name, guidance, negative_prompt = CASES[case]
    folder = flow_models[name]
    words = {"negative_prompt": negative_prompt} | OPTIONS.get(name, {})
    bear, lemon = (flow_calls.encode(folder, prompt, **words) for prompt in (BEAR, LEMON))
    noises = [flow_calls.noise(folder, seed)[0].numpy() for seed in SEEDS]
    walk = prepared(flow_painters[name], guidance, negative_prompt)
    for t in (0.25, 0.5, 1.0):
        [painted] = paint(flow_painters[name], walk, t)
        noise = np.asarray(interpolation.slerp(*noises, t), np.float32)
        settings: dict[str, Any] = {
            "latents": torch.from_numpy(noise)[None], "steps": STEPS, "guidance": guidance, "output": "latent",
        }  # fmt: skip
        expected = flow_calls.own_call_from(folder, between(bear, lemon, t), **settings)
        assert is_as_close(name, reached(flow_painters[name], painted), expected)
        assert not np.array_equal(expected, flow_calls.own_call_from(folder, bear, **settings))


@pytest.mark.parametrize("case", CASES)
def test_rows_of_a_batch_are_the_rows_alone_but_for_the_last_bits(
    flow_painters: dict[str, WalkPipeline], case: str
) -> None:
    name, guidance, negative_prompt = CASES[case]
    walk = prepared(flow_painters[name], guidance, negative_prompt)
    positions = (0.0, 0.25, 0.5, 1.0)
    together = [latents(one) for one in paint(flow_painters[name], walk, *positions)]
    for position, row in zip(positions, together, strict=True):
        alone = latents(paint(flow_painters[name], walk, position)[0])
        apart = np.abs(row - alone).max() / np.abs(alone).max()
        assert apart <= 1e-4, apart  # guidance of 5 strengthens last bits, which are another machine's otherwise
    assert np.abs(together[0] - together[1]).max() > 0.1, "rows that are alike prove nothing"


@pytest.mark.parametrize("name", ["schnell", "dev", "klein"])
def test_models_without_negative_prompts_take_one_pass_a_step(
    flow_painters: dict[str, WalkPipeline], name: str
) -> None:
    painter = flow_painters[name]
    walk = prepared(painter, 5.0, "a red lemon")
    assert walk.negatives is None
    before = painter.evaluations
    [painted] = paint(painter, walk, 0.0)
    assert painter.evaluations - before == STEPS
    [without] = paint(painter, prepared(painter, 5.0), 0.0)
    assert np.array_equal(latents(painted), latents(without))


@pytest.mark.parametrize("name", NAMES)
def test_picture_that_goes_on_from_blended_states_reproduces_both_ends(
    flow_painters: dict[str, WalkPipeline], name: str
) -> None:
    painter = flow_painters[name]
    walk, depth = prepared(painter, GUIDANCE[name]), 2
    first, last = (painter.paint(walk, [position], keep=(depth, STEPS))[0] for position in (0.0, 1.0))
    states: list[State] = [one.states[depth] for one in (first, last)]
    assert not any(state.history for state in states), "Euler's solver has no memory"
    before = painter.evaluations
    for position, end in ((0.0, first), (1.0, last)):
        [again] = paint(painter, walk, position, start=[(states[0], states[1], position)])
        assert np.array_equal(latents(again), latents(end))
        assert np.array_equal(again.picture, end.picture)
    passes = 2 if name in ("sd3", "sd3-no-t5", "z-image", "klein-base") else 1
    assert painter.evaluations - before == 2 * passes * (STEPS - depth)
    [middle] = paint(painter, walk, 0.5, start=[(states[0], states[1], 0.5)])
    assert min(np.abs(latents(middle) - latents(end)).max() for end in (first, last)) > 0.1


@pytest.mark.parametrize("name", NAMES)
def test_expected_picture_is_on_the_straight_way_and_the_last_is_clean(
    flow_painters: dict[str, WalkPipeline], name: str
) -> None:
    painter = flow_painters[name]
    solver = painter.model.solver(solvers.FLOW_SOLVER, STEPS)
    assert len(solver.timesteps) == STEPS
    solver.set_begin_index(0)
    random = torch.Generator().manual_seed(1)
    before = torch.randn(2, *painter.model.latent_shape, generator=random)
    for t, sigma in zip(solver.timesteps, solver.sigmas, strict=False):
        velocity = torch.randn(before.shape, generator=random)
        after = solvers.step(solver, velocity, t, before)
        expected = solver.expected(velocity, before)
        assert torch.allclose(expected, before - sigma * velocity, rtol=0, atol=1e-6)
        assert torch.allclose(t, sigma * 1000)
        before = after
    assert torch.equal(expected, after)


def photo_for(painter: WalkPipeline) -> NDArray[np.uint8]:
    width, height = painter.size
    y, x = np.mgrid[:height, :width] / np.array([height, width]).reshape(2, 1, 1)
    return np.dstack([x * 255, y * 160, 255 * ((x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.09)]).astype(np.uint8)


@pytest.mark.parametrize("name", ["dev", "sd3", "z-image", "klein"])
@torch.no_grad()
def test_photo_is_encoded_to_the_spread_of_noise_and_decoded_as_the_vae_does(
    flow_painters: dict[str, WalkPipeline], flow_models: dict[str, Path], name: str
) -> None:
    model, photo = flow_painters[name].model, photo_for(flow_painters[name])
    encoded = torch.from_numpy(model.encode_picture(photo))[None]
    pipe = flow_calls.pipeline(flow_models[name])
    pixels = pipe.image_processor.preprocess(photo[None] / np.float32(255))
    mode = pipe.vae.encode(pixels).latent_dist.mode()
    if name == "klein":
        normalised = (pipe._patchify_latents(mode) - pipe.vae.bn.running_mean.view(1, -1, 1, 1)) / torch.sqrt(
            pipe.vae.bn.running_var.view(1, -1, 1, 1) + pipe.vae.config.batch_norm_eps
        )
    else:
        normalised = (mode - pipe.vae.config.shift_factor) * pipe.vae.config.scaling_factor
    assert encoded.shape == normalised.shape
    assert torch.allclose(encoded, normalised, rtol=0, atol=1e-5)
    own = (pipe.vae.decode(mode).sample / 2 + 0.5).clamp(0, 1)[0].permute(1, 2, 0).numpy()
    assert own.std() > 0.05
    assert np.abs(model.decode(model.vae(), encoded)[0] - own).max() < 1 / 255


@pytest.mark.parametrize("name", NAMES)
def test_photo_at_a_stop_comes_out_as_its_own_latents(flow_painters: dict[str, WalkPipeline], name: str) -> None:
    painter = flow_painters[name]
    walk = prepared(painter, GUIDANCE[name])
    encoded = painter.model.encode_picture(photo_for(painter))
    assert encoded.shape == painter.model.latent_shape
    [without] = paint(painter, walk, 1.0)
    inverted = painter.invert(walk, 1, encoded)
    held = replace(walk, photos=(None, inverted))
    [there], [other], [first] = (paint(painter, held, position) for position in (1.0, 0.5, 0.0))
    assert np.abs(latents(there) - encoded).max() <= 1e-3, np.abs(latents(there) - encoded).max()
    assert np.abs(latents(without) - encoded).max() > 0.5
    assert np.array_equal(latents(first), latents(paint(painter, walk, 0.0)[0]))
    assert np.abs(latents(other) - encoded).max() > 0.1


@pytest.mark.parametrize("name", NAMES)
def test_previews_are_numbers_of_the_shape_of_the_latents(flow_painters: dict[str, WalkPipeline], name: str) -> None:
    painter = flow_painters[name]
    channels, height, width = painter.model.latent_shape
    assert (channels, height) == ((128, 4) if name.startswith("klein") else (16, 8))
    preview = painter.latent_preview(
        torch.randn(3, channels, height, width, generator=torch.Generator().manual_seed(1))
    )
    assert preview.shape == (3, height, width, 3)
    assert np.isfinite(preview).all()
    assert preview.std() > 0.01
