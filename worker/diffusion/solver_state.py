"""Functions on a solver that diffusers lacks: other noise levels, its history, and resuming in the middle.

To branch, a solver's history of steps is taken from one batch, blended, and set in a new solver for another. A solver
whose history is not known here cannot branch: its frames are rendered in full.
"""

from typing import Any

import numpy as np
import torch

from worker.diffusion.solvers import FlowSolver


def space(solver: Any, low: float, high: float) -> None:
    """Space the solver's steps evenly in half log-SNR (lambda), from `low`, nearly all noise, to `high`.

    DPM-Solver's own choice for few steps (Lu et al., arXiv 2206.00927, section 3.4). Both are limited to the range that
    the model was trained on; times may be fractions. The last step still ends without noise.
    """
    is_flow, count = _is_flow(solver), solver.config.num_train_timesteps
    if is_flow:  # its noise level is its time t, and its lambda is log((1 - t) / t)
        known = np.array([np.log(count - 1), -np.log(count - 1)])
    else:
        alphas = solver.alphas_cumprod.cpu().numpy().astype(np.float64)
        known = np.log(alphas / (1 - alphas)) / 2
    low, high = max(low, float(known[-1])), min(high, float(known[0]))
    levels = np.linspace(low, high, len(solver.timesteps)) if len(solver.timesteps) > 1 else np.array([low])
    sigmas = 1 / (1 + np.exp(levels)) if is_flow else np.exp(-levels)
    times = sigmas * count if is_flow else np.interp(-levels, -known, np.arange(len(known)))
    solver.timesteps = torch.from_numpy(times.astype(np.float32)).to(solver.timesteps.device)
    solver.sigmas = torch.from_numpy(np.append(sigmas, 0).astype(np.float32))


def resume(solver: Any, depth: int, history: tuple[torch.Tensor, ...]) -> None:
    """Make a new solver resume after `depth` steps, with the history that `get_history` returned there."""
    if not hasattr(solver, "set_begin_index"):
        return  # it finds the step by the time alone
    solver.set_begin_index(depth)
    if not history:
        return
    order = solver.config.solver_order
    solver.lower_order_nums = min(depth, order)
    outputs = list(history)
    if hasattr(solver, "last_sample"):
        solver.last_sample = outputs.pop()
        solver.this_order = min(order, depth, len(solver.timesteps) - depth + 1)
        solver.timestep_list = [*[None] * order, *solver.timesteps[:depth]][-order:]
    solver.model_outputs = [*[None] * (order - len(outputs)), *outputs]


def get_history(solver: Any) -> tuple[torch.Tensor, ...]:
    """Return the solver's history: its last clean predictions, and UniPC's last sample."""
    outputs = tuple(output for output in getattr(solver, "model_outputs", ()) if output is not None)
    last = getattr(solver, "last_sample", None)
    return outputs if last is None else (*outputs, last)


def clean(solver: Any, prediction: torch.Tensor, t: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
    """Return the clean latents that the network expects, from its prediction for `latents` at `t`.

    Call it after the step was taken, because some solvers remember these latents.
    """
    if isinstance(solver, FlowSolver):
        return solver.expected(prediction, latents)
    outputs = getattr(solver, "model_outputs", None)
    if outputs:
        remembered: torch.Tensor = outputs[-1]
        return remembered
    alpha = solver.alphas_cumprod.to(latents.device)[t.long()].to(latents.dtype)
    if float(solver.init_noise_sigma) > 1:  # this solver does not scale the latents to unit variance
        latents = latents * alpha.sqrt()
    kind = solver.config.prediction_type
    if kind == "epsilon":
        expected: torch.Tensor = (latents - (1 - alpha).sqrt() * prediction) / alpha.sqrt()
        return expected
    return alpha.sqrt() * latents - (1 - alpha).sqrt() * prediction if kind == "v_prediction" else prediction


def prediction_towards(solver: Any, step: int, latents: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
    """Return what a network would predict for `latents` before step `step` if it expected a photo's latents."""
    of_photo, of_noise = level(solver, step)
    noise = (latents - of_photo * photo) / of_noise
    if _is_flow(solver):
        return noise - photo
    kind = solver.config.prediction_type
    if kind == "epsilon":
        return noise
    alpha, sigma = _level(solver, step)
    return alpha * noise - sigma * photo if kind == "v_prediction" else photo


def level(solver: Any, step: int) -> tuple[float, float]:
    """Return the factors of the picture and of the noise in the latents before step `step`."""
    alpha, sigma = _level(solver, step)
    if not _is_flow(solver) and float(solver.init_noise_sigma) > 1:  # latents are not scaled to unit variance
        return 1.0, sigma / alpha
    return alpha, sigma


def _is_flow(solver: Any) -> bool:
    """Return whether noise and picture are mixed linearly, as in rectified flow."""
    return isinstance(solver, FlowSolver) or bool(solver.config.get("use_flow_sigmas"))


def _level(solver: Any, step: int) -> tuple[float, float]:
    """Return alpha and sigma before step `step`."""
    if _is_flow(solver):
        sigma = float(solver.sigmas[step])
        return 1 - sigma, sigma
    if hasattr(solver, "sigmas"):
        ratio = float(solver.sigmas[step])
        alpha = (1 + ratio**2) ** -0.5
        return alpha, ratio * alpha
    kept = float(solver.alphas_cumprod[solver.timesteps[step].long().cpu()])
    return kept**0.5, (1 - kept) ** 0.5
