"""The solvers (diffusers' schedulers), which turn a network's predictions into a picture step by step.

Two of them add noise at every step. Here the caller draws it, from the seed that the recipe records, so that a frame is
the same in every batch, and its noise can be interpolated between two stops.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from app.core.models.errors import ModelError
from app.core.models.folder import CONFIGS, FLOW_SCHEDULERS, PREDICTIONS, read_json
from app.core.models.kinds import FLOW_SOLVER
from worker.stand_ins import diffusers

SOLVER = "DPMSolverMultistepScheduler"

NOISY = frozenset({"EulerAncestralDiscreteScheduler", "LCMScheduler"})
"""The solvers that add noise after each step but the last, for distilled models (Turbo and LCM)."""

SOLVERS = NOISY | {
    SOLVER,
    "DDIMScheduler",
    "DEISMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "EulerDiscreteScheduler",
    "HeunDiscreteScheduler",
    "PNDMScheduler",
    "TCDScheduler",
    "UniPCMultistepScheduler",
}
"""The solvers whose pictures a recipe reproduces, for networks that were trained on noise levels."""

ALL = SOLVERS | {FLOW_SOLVER}

FLOWING = SOLVERS & set(FLOW_SCHEDULERS)
"""The solvers for networks of rectified flow."""

WITHOUT_ZERO_SNR = frozenset(
    {"DEISMultistepScheduler", "DPMSolverSinglestepScheduler", "HeunDiscreteScheduler", "PNDMScheduler"}
)
"""The solvers that would start below the noise that a network of zero terminal SNR was trained from."""

WITHOUT_SAMPLE = frozenset({"EulerAncestralDiscreteScheduler", "PNDMScheduler"})
"""The solvers that do not support networks which predict the picture itself."""

STAND_INS = {"DPMSolverSDEScheduler": "KDPM2DiscreteScheduler"}
"""Schedulers that need a further package (torchsde), each with one of the same settings that needs none."""

TRAINED = ("num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas", "prediction_type")
"""The settings of a scheduler that belong to the network: another solver must use them, given or by default."""


class FlowSolver(diffusers.FlowMatchEulerDiscreteScheduler):  # type: ignore[misc]  # diffusers has no types
    """diffusers' solver of a flow, with the attributes and methods that the other solvers have."""

    init_noise_sigma = 1.0

    def scale_model_input(self, latents: torch.Tensor, _t: torch.Tensor) -> torch.Tensor:
        """Return the latents unchanged."""
        return latents

    def expected(self, prediction: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
        """Return the clean latents that the last step, taken from `latents`, pointed to."""
        sigma = self.sigmas[self.step_index - 1].to(latents.device)
        clean: torch.Tensor = latents - sigma * prediction
        return clean


ALGORITHMS = ("dpmsolver", "dpmsolver++")
"""The algorithms that several solvers have; others belong to one solver alone."""


def make_stand_in(folder: Path) -> Any | None:
    """Return the scheduler that replaces a model's own, made from its JSON; None where diffusers has its own."""
    named = read_json(folder / "model_index.json").get("scheduler")
    if not isinstance(named, list) or named[-1] not in STAND_INS:
        return None
    config = read_json(folder / "scheduler" / CONFIGS["scheduler"])
    return _made(STAND_INS[named[-1]], config)


def of_folder(folder: Path) -> Any:
    """Return a model's own scheduler, or the one that replaces it, made from its JSON."""
    return make_from_config(read_json(folder / "scheduler" / CONFIGS["scheduler"]))


def make_from_config(config: Mapping[str, Any]) -> Any:
    """Return the scheduler that settings name, made from them."""
    name = str(config["_class_name"])
    return _made(STAND_INS.get(name, name), config)


def make(scheduler: str, config: Mapping[str, Any], steps: int, device: torch.device, **timestep_options: Any) -> Any:
    """Return a new solver of this class with its time steps; it holds the history of one batch.

    `config` is that of the model's own scheduler; `timestep_options` is what a family's pipeline sets the time steps
    by, where that is more than their number.

    :raises ModelError: when the solver has no schedule of so many steps, or does not support what the network predicts.
    """
    _check(scheduler, config)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        solver = _made(scheduler, _carried(scheduler, config))
        try:
            count = {} if "sigmas" in timestep_options else {"num_inference_steps": steps}
            solver.set_timesteps(**count, **timestep_options, device=device)
        except ValueError as error:
            raise ModelError(f"the {scheduler} takes no {steps} steps with this model") from error
    return solver


def _made(scheduler: str, config: Mapping[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # NumPy's, about how diffusers' solvers make arrays
        return (FlowSolver if scheduler == FLOW_SOLVER else getattr(diffusers, scheduler)).from_config(config)


def _check(scheduler: str, config: Mapping[str, Any]) -> None:
    """Check that a solver supports the network's prediction and noise.

    :raises ModelError: naming the solvers that do.
    """
    if (config.get("_class_name") == FLOW_SOLVER) != (scheduler == FLOW_SOLVER):
        ours = FLOW_SOLVER if scheduler != FLOW_SOLVER else ", ".join(sorted(SOLVERS))
        raise ModelError(f"the {scheduler} does not suit this model; with it paint {ours}")
    if config.get("use_flow_sigmas") and scheduler not in FLOWING:
        raise ModelError(f"the {scheduler} knows no flow; with this model paint {', '.join(sorted(FLOWING))}")
    if config.get("rescale_betas_zero_snr") and scheduler in WITHOUT_ZERO_SNR:
        others = ", ".join(sorted(SOLVERS - WITHOUT_ZERO_SNR))
        raise ModelError(f"the {scheduler} knows no zero terminal SNR; with this model paint {others}")
    if config.get("prediction_type") == PREDICTIONS[-1] and scheduler in WITHOUT_SAMPLE:
        others = ", ".join(sorted(SOLVERS - WITHOUT_SAMPLE))
        raise ModelError(f"the {scheduler} takes no network that predicts pictures; with this model paint {others}")


def _carried(scheduler: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a model's own scheduler, adapted to a solver of another class."""
    carried, own = dict(config), str(config.get("_class_name", ""))
    algorithm = str(config.get("algorithm_type", ""))
    if algorithm.startswith("sde-"):
        carried["algorithm_type"] = "dpmsolver++"  # the stochastic form draws noise that recipes do not record
    elif own != scheduler and algorithm not in ALGORITHMS:
        carried.pop("algorithm_type", None)
    if scheduler == "UniPCMultistepScheduler" and own != scheduler:
        carried.pop("lower_order_final", None)  # without it, UniPC cannot take its last step
    carried["_use_default_values"] = [name for name in config.get("_use_default_values", ()) if name not in TRAINED]
    return carried


def count_added_noises(scheduler: str, steps: int) -> int:
    """Return how many noises a frame needs after the one that it starts with."""
    return steps - 1 if scheduler in NOISY else 0


def step(
    solver: Any, prediction: torch.Tensor, t: torch.Tensor, latents: torch.Tensor, noise: torch.Tensor | None = None
) -> torch.Tensor:
    """Take one step, and return the next latents; `noise` is for the solvers that add some.

    Without noise, as in the last step, those solvers add none.
    """
    if isinstance(solver, diffusers.LCMScheduler):
        return _to_lcm(solver, prediction, t, latents, noise)
    if isinstance(solver, diffusers.EulerAncestralDiscreteScheduler):
        return _to_ancestral(solver, prediction, t, latents, noise)
    exactly = {"eta": 0.0} if isinstance(solver, diffusers.TCDScheduler) else {}
    after: torch.Tensor = solver.step(prediction, t, latents, return_dict=False, **exactly)[0]
    return after


def _to_lcm(
    solver: Any, prediction: torch.Tensor, t: torch.Tensor, latents: torch.Tensor, noise: torch.Tensor | None
) -> torch.Tensor:
    """Add noise to the denoised latents (multistep consistency sampling: Luo et al., arXiv 2310.04378)."""
    denoised: torch.Tensor = solver.step(prediction, t, latents, generator=_aside(latents), return_dict=False)[1]
    if solver.step_index == len(solver.timesteps):
        return denoised
    alpha: torch.Tensor = solver.alphas_cumprod[solver.timesteps[solver.step_index]].to(latents.device)
    return alpha.sqrt() * denoised + (1 - alpha).sqrt() * _or_none(noise, latents)


def _to_ancestral(
    solver: Any, prediction: torch.Tensor, t: torch.Tensor, latents: torch.Tensor, noise: torch.Tensor | None
) -> torch.Tensor:
    """Step below the next noise level, then up to it with new noise (ancestral sampling, as in k-diffusion)."""
    denoised: torch.Tensor = solver.step(prediction, t, latents, generator=_aside(latents), return_dict=False)[1]
    sigmas: torch.Tensor = solver.sigmas
    sigma, following = sigmas[solver.step_index - 1], sigmas[solver.step_index]
    up = (following**2 * (sigma**2 - following**2) / sigma**2).sqrt()
    down = (following**2 - up**2).sqrt()
    return denoised + (latents - denoised) * (down / sigma) + up * _or_none(noise, latents)


def _or_none(noise: torch.Tensor | None, latents: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(latents) if noise is None else noise


def _aside(latents: torch.Tensor) -> torch.Generator:
    """Return a generator for noise that a solver draws and that is discarded, so that the process's own is unused."""
    return torch.Generator(latents.device)
