"""The noise levels that are worked out without a model are those of diffusers' own solvers."""

import math
from typing import Any

import pytest
import torch

from app.core.models import noise_levels
from app.core.models.kinds import FLOW_SOLVER
from worker.diffusion import solver_state, solvers
from worker.diffusion.families.flow import even_sigmas, shift
from worker.diffusion.families.flux2 import compute_empirical_mu

SD = {
    "_class_name": "PNDMScheduler", "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012,
    "beta_schedule": "scaled_linear", "steps_offset": 1, "timestep_spacing": "leading",
}  # fmt: skip
COSINE = SD | {"beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction"}
LINEAR = SD | {"beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02}
TURBO = SD | {"timestep_spacing": "trailing"}
ZERO = SD | {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}


def ratios(solver: Any, steps: int) -> list[float]:
    pairs = [solver_state.level(solver, step) for step in range(steps)]
    return [noise / picture if picture else math.inf for picture, noise in pairs]


@pytest.mark.parametrize("config", [SD, COSINE, LINEAR])
@pytest.mark.parametrize("scheduler", ["DPMSolverMultistepScheduler", "UniPCMultistepScheduler"])
def test_spaced_steps_lie_where_the_solver_has_them(scheduler: str, config: dict[str, Any]) -> None:
    solver = solvers.make(scheduler, config, 10, torch.device("cpu"))
    solver_state.space(solver, -5.0, 3.0)
    found = noise_levels.levels_of_steps(scheduler, config, 10, spacing=(-5.0, 3.0))
    assert found == pytest.approx(ratios(solver, 10), rel=1e-3)


@pytest.mark.parametrize("config", [SD, TURBO, ZERO, SD | {"timestep_spacing": "linspace"}])
@pytest.mark.parametrize("scheduler", ["DDIMScheduler", "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler"])
@pytest.mark.parametrize("steps", [4, 10])
def test_a_models_own_steps_lie_where_the_solver_has_them(scheduler: str, config: dict[str, Any], steps: int) -> None:
    solver = solvers.make(scheduler, config, steps, torch.device("cpu"))
    found = noise_levels.levels_of_steps(scheduler, config, steps)
    there = ratios(solver, steps)
    assert found[1:] == pytest.approx(there[1:], rel=1e-2)
    assert found[0] == pytest.approx(there[0], rel=1e-2) or min(found[0], there[0]) > 1000


@pytest.mark.parametrize("scheduler", ["LCMScheduler", "TCDScheduler"])
@pytest.mark.parametrize("steps", [2, 4, 8])
def test_consistency_models_steps_lie_where_the_solver_has_them(scheduler: str, steps: int) -> None:
    config = SD | {"_class_name": scheduler, "original_inference_steps": 50}
    solver = solvers.make(scheduler, config, steps, torch.device("cpu"))
    assert noise_levels.levels_of_steps(scheduler, config, steps) == pytest.approx(ratios(solver, steps), rel=1e-3)


FLOW = {"_class_name": FLOW_SOLVER, "num_train_timesteps": 1000, "shift": 3.0}
DYNAMIC = FLOW | {"use_dynamic_shifting": True, "base_shift": 0.5, "max_shift": 1.15, "base_image_seq_len": 256}


@pytest.mark.parametrize(
    ("family", "config", "spaced"),
    [
        ("sd3", FLOW, {}),
        ("flux1", FLOW | {"shift": 1.0}, {"sigmas": even_sigmas(8)}),
        ("flux1", DYNAMIC, {"sigmas": even_sigmas(8), "mu": shift(DYNAMIC, 4096)}),
        ("flux2", DYNAMIC, {"sigmas": even_sigmas(8), "mu": compute_empirical_mu(4096, 8)}),
    ],
)
def test_flow_models_steps_are_those_of_pipelines(family: str, config: dict[str, Any], spaced: dict[str, Any]) -> None:
    solver = solvers.make(FLOW_SOLVER, config, 8, torch.device("cpu"), **spaced)
    found = noise_levels.levels_of_steps(FLOW_SOLVER, config, 8, pixels=1024**2, family=family)
    assert found[0] == math.inf
    assert [level / (1 + level) for level in found[1:]] == pytest.approx(solver.sigmas[1:8].tolist(), abs=0.04)


def test_flux2_shifts_large_pictures_whatever_the_steps() -> None:
    found = [noise_levels._flux2_shift(5000, steps) for steps in (4, 50)]
    assert found == pytest.approx([compute_empirical_mu(5000, steps) for steps in (4, 50)])


def test_nearest_level_follows_from_its_ratio_and_is_never_the_first_step() -> None:
    levels = [math.inf, 4.0, 2.2, 1.1, 0.3]
    assert [noise_levels.nearest(levels, wanted) for wanted in (100.0, 3.1, 2.9, 0.5, 0.001)] == [1, 1, 2, 4, 4]


def test_betas_that_a_model_was_trained_on_are_taken_as_they_are() -> None:
    config = {"trained_betas": [0.1, 0.2, 0.3, 0.4], "num_train_timesteps": 4, "timestep_spacing": "trailing"}
    assert noise_levels.levels_of_steps("DDIMScheduler", config, 2) == pytest.approx(
        [((1 - kept) / kept) ** 0.5 for kept in (0.9 * 0.8 * 0.7 * 0.6, 0.9 * 0.8)]
    )


def test_unknown_schedule_is_taken_for_stable_diffusions() -> None:
    found = noise_levels.levels_of_steps("DPMSolverMultistepScheduler", {}, 10, spacing=(-5.0, 3.0))
    assert (found[0], found[-1]) == (pytest.approx(14.6, abs=0.1), pytest.approx(0.05, abs=0.001))
