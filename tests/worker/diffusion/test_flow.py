"""A model of rectified flow, as the studio publishes one: painted as the pipeline does, spaced, left and taken up."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from worker.diffusion import solver_state, tuning
from worker.diffusion.model import Model
from worker.diffusion.model_folder import ModelError
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # diffusers' own call
]

SAMPLING: dict[str, Any] = {"scheduler": "DPMSolverMultistepScheduler", "steps": 6, "guidance": 1.5}


@pytest.fixture(scope="module")
def folder(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model like the house model, made one of flow."""
    path = tmp_path_factory.mktemp("flow") / "model"
    shutil.copytree(tiny_models["bert"], path)
    diffusers.DPMSolverMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, timestep_spacing="trailing", steps_offset=1
    ).save_pretrained(path / "scheduler")
    return path


@pytest.fixture(scope="module")
def painter(folder: Path) -> WalkPipeline:
    return WalkPipeline(Model.load(str(folder), device="cpu"), tuning.fallback())


def prepared(painter: WalkPipeline, **changes: Any) -> PreparedWalk:
    exactly = {"precision": "float32", "memory_format": "contiguous", "threads": 1}
    return painter.prepare([StopInput("a bear", "", 3)], replace(painter.rendering(SAMPLING | changes), **exactly))


def picture(painted: list[Any]) -> NDArray[np.int64]:
    return np.asarray(painted[0].picture, dtype=int)


@pytest.mark.parametrize("spacing", [None, [-5, 3]])
def test_pipeline_paints_the_same(folder: Path, painter: WalkPipeline, spacing: list[float] | None) -> None:
    pipe = diffusers.StableDiffusionPipeline.from_pretrained(folder, safety_checker=None, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    usual = pipe.scheduler.set_timesteps

    def spaced(steps: int, device: Any = None, **_: Any) -> None:
        usual(steps, device=device)
        if spacing:
            solver_state.space(pipe.scheduler, *spacing)

    pipe.scheduler.set_timesteps = spaced
    walk = prepared(painter, **({"spacing": spacing} if spacing else {}))
    torch.set_num_threads(1)
    expected = pipe(
        painter.prefix + "a bear", latents=torch.from_numpy(walk.noises[:1]), num_inference_steps=6, guidance_scale=1.5
    )
    assert np.abs(picture(painter.paint(walk, [0.0])) - np.asarray(expected.images[0], dtype=int)).max() <= 1


def test_steps_lie_evenly_in_log_snr(painter: WalkPipeline) -> None:
    solver = painter.model.solver("DPMSolverMultistepScheduler", 9)
    solver_state.space(solver, -5, 3)
    times = solver.sigmas[:-1].double().numpy()
    levels = np.log((1 - times) / times)
    assert np.allclose(levels, np.linspace(-5, 3, 9), atol=1e-3) and solver.sigmas[-1] == 0
    assert np.allclose(solver.timesteps.numpy(), times * 1000, atol=1e-2)


@pytest.mark.parametrize("scheduler", ["DPMSolverMultistepScheduler", "UniPCMultistepScheduler"])
def test_picture_taken_up_again_is_the_picture_painted_in_one_go(painter: WalkPipeline, scheduler: str) -> None:
    walk = prepared(painter, scheduler=scheduler, spacing=[-5, 3])
    whole = painter.paint(walk, [0.0], keep=(3,))
    state = whole[0].states[3]
    again = painter.paint(walk, [0.0], start=[(state, state, 0.0)])
    assert np.abs(picture(whole) - picture(again)).max() <= 1


def test_solver_that_knows_no_flow_is_refused_by_name(painter: WalkPipeline) -> None:
    with pytest.raises(ModelError, match="EulerDiscreteScheduler knows no flow"):
        painter.model.solver("EulerDiscreteScheduler", 6)
