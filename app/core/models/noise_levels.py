"""The noise level at each step of a solver, by which a walk's branching depth is chosen.

A level is the ratio of noise to picture in the latents, sigma over alpha: 1 is half and half, infinity pure noise. It
is comparable between schedules, while step numbers are not. The levels are computed from a model's scheduler
configuration, as diffusers 0.42 does, without loading the model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.models.facts import CONSISTENT, DISTILLED_STEPS
from app.core.models.kinds import FLOW_SOLVER

Floats = NDArray[np.float64]

COUNT = 1000  # training steps, the default of diffusers' schedulers
STABLE_DIFFUSION: Mapping[str, Any] = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
"""The schedule that is assumed when a model's is unknown."""

PATCH = 16
"""How many pixels a side one token of a flow model stands for, in all supported families."""


def levels_of_steps(
    scheduler: str,
    config: Mapping[str, Any],
    steps: int,
    *,
    spacing: Sequence[float] | None = None,
    pixels: int = 1024**2,
    family: str = "",
) -> list[float]:
    """Return the noise level before each step of a solver, in falling order.

    `config` is the model's scheduler configuration. `spacing` is an interval of half log-SNR over which the steps are
    spaced evenly, if given. `pixels` (width times height) and `family` (as in `app.core.models.kinds`) shift the levels
    of flow models.
    """
    if scheduler == FLOW_SOLVER:
        return _flow_levels(config, steps, pixels, family)
    known = _training_levels(config)
    if spacing:
        low, high = max(spacing[0], -math.log(known[-1])), min(spacing[1], -math.log(known[0]))
        return [math.exp(-each) for each in (np.linspace(low, high, steps) if steps > 1 else [low])]
    return [float(known[time]) for time in _times(scheduler, config, steps, len(known))]


def nearest(levels: Sequence[float], wanted: float) -> int:
    """Return the number of the step, at least 1, whose level is nearest to ``wanted`` on a logarithmic scale."""
    there = [min(max(level, 1e-9), 1e9) for level in levels]
    return min(range(1, len(there)), key=lambda step: abs(math.log(there[step] / wanted)))


def _training_levels(config: Mapping[str, Any]) -> Floats:
    """Return the levels of all training steps, in rising order."""
    count = int(config.get("num_train_timesteps") or COUNT)
    kept = np.cumprod(1 - _betas(config, count))
    if config.get("rescale_betas_zero_snr"):
        roots = np.sqrt(kept)
        kept = ((roots - roots[-1]) * roots[0] / (roots[0] - roots[-1])) ** 2
    kept = np.clip(kept, 2**-24, None)  # as in diffusers' schedulers, which divide by it
    levels: Floats = np.sqrt((1 - kept) / kept)
    return levels


def _betas(config: Mapping[str, Any], count: int) -> Floats:
    if config.get("trained_betas"):
        return np.asarray(config["trained_betas"], np.float64)
    if config.get("beta_schedule") not in ("linear", "scaled_linear", "squaredcos_cap_v2"):
        config = STABLE_DIFFUSION
    if config["beta_schedule"] == "squaredcos_cap_v2":
        curve = np.cos((np.arange(count + 1) / count + 0.008) / 1.008 * math.pi / 2) ** 2
        return np.asarray(np.minimum(1 - curve[1:] / curve[:-1], 0.999))
    first, last = float(config.get("beta_start", 0.0001)), float(config.get("beta_end", 0.02))
    if config["beta_schedule"] == "scaled_linear":
        return np.asarray(np.linspace(first**0.5, last**0.5, count) ** 2)
    return np.linspace(first, last, count)


def _times(scheduler: str, config: Mapping[str, Any], steps: int, count: int) -> list[int]:
    """Return the training step at which each step of the solver begins."""
    if scheduler in CONSISTENT:
        learned = int(config.get("original_inference_steps") or DISTILLED_STEPS)
        trained = (np.arange(1, learned + 1) * (count // learned) - 1)[::-1]
        return [int(trained[i]) for i in np.floor(np.linspace(0, len(trained), steps, endpoint=False)).astype(int)]
    spaced = config.get("timestep_spacing", "leading")
    if spaced == "trailing":
        starts = np.arange(count, 0, -count / steps).round() - 1
    elif spaced == "linspace":
        starts = np.linspace(0, count - 1, steps)[::-1].round()
    else:
        starts = (np.arange(steps) * (count // steps))[::-1] + int(config.get("steps_offset", 0))
    return [int(each) for each in np.clip(starts, 0, count - 1)[:steps]]


def _flow_levels(config: Mapping[str, Any], steps: int, pixels: int, family: str) -> list[float]:
    """Return the levels of a flow: s / (1 - s), where s is the flow's own noise level."""
    even = np.linspace(1, 1 / steps, steps)
    if family == "flux2" or config.get("use_dynamic_shifting"):
        tokens = pixels / PATCH**2
        factor = math.exp(_flux2_shift(tokens, steps) if family == "flux2" else _shift(config, tokens))
    else:
        factor = float(config.get("shift") or 1.0)
    if family == "sd3":  # its scheduler spaces the steps, down to the lowest level of training
        least = 1 / int(config.get("num_train_timesteps") or COUNT)
        even = np.linspace(1, _shift_level(least, factor) if not config.get("use_dynamic_shifting") else least, steps)
    return [level / (1 - level) if level < 1 else math.inf for level in (_shift_level(each, factor) for each in even)]


def _shift_level(level: float, factor: float) -> float:
    return float(factor * level / (1 + (factor - 1) * level))


def _shift(config: Mapping[str, Any], tokens: float) -> float:
    """Return the exponent of the shift of FLUX.1, SD3 and Z-Image for a picture with so many tokens."""
    few, many = float(config.get("base_image_seq_len", 256)), float(config.get("max_image_seq_len", 4096))
    least, most = float(config.get("base_shift", 0.5)), float(config.get("max_shift", 1.15))
    return least + (most - least) * (tokens - few) / (many - few)


def _flux2_shift(tokens: float, steps: int) -> float:
    """Return FLUX.2's exponent: interpolated between its authors' fits for 10 and 200 steps."""
    of_many = 0.00016927 * tokens + 0.45666666
    if tokens > 4300:
        return of_many
    of_few = 8.73809524e-05 * tokens + 1.89833333
    return of_many + (of_few - of_many) * (200 - steps) / 190
