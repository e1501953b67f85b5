"""A walk ready to be rendered: texts, noise and conditioning of its stops, as one model needs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from worker.diffusion.families.words import Texts
from worker.diffusion.inversion import InvertedPhoto
from worker.diffusion.rendering import Rendering
from worker.diffusion.sketches import WalkSketches
from worker.networks.adapters import AdapterFile, Weights
from worker.planning import frame_schedule, interpolation


@dataclass(frozen=True, slots=True)
class PreparedWalk:
    """A walk ready to be rendered: arrays with one row per stop, all float32, and notes on the prompts.

    `prompts` and `negatives` are text states: one array or, where texts have different lengths, one for each stop;
    `negatives` is None where the model's family has no negative prompts. `noises` is the starting noise, unscaled.
    `notes` are joined by `app.core.text.stop_notes`. `pooled` are the pooled vectors of prompts and negatives, for
    models that have them; `added_noises` the noises that the solver adds at its steps, for solvers that add some. In a
    closed walk a last leg leads from the last stop back to the first. `sketches` are for sketch-conditioned models,
    `photos` the corrections towards photos for others, `adapters` the weights of each stop's adapters: learnt styles
    and LoRA files.
    """

    rendering: Rendering
    prompts: Texts  # (stops, tokens, width)
    negatives: Texts | None  # (stops, tokens, width)
    noises: NDArray[np.float32]  # (stops, channels, latent height, latent width)
    notes: tuple[str, ...]
    pooled: tuple[NDArray[np.float32], NDArray[np.float32] | None] | None = None  # each (stops, width)
    added_noises: NDArray[np.float32] | None = None  # (stops, noises, channels, latent height, latent width)
    closed: bool = False
    sketches: WalkSketches | None = None
    photos: tuple[InvertedPhoto | None, ...] = ()
    adapters: tuple[Weights, ...] = ()


def noise_at(prepared: PreparedWalk, noises: NDArray[np.float32], position: float) -> NDArray[np.floating]:
    """Return the noise at a position, by spherical interpolation; between two equal noises it is exactly theirs.

    In a closed walk of one prompt and two noises, the second leg takes the other half of the circle, so that frames do
    not repeat in reverse.
    """
    i, t = frame_schedule.leg(position, len(noises), closed=prepared.closed)
    a: NDArray[np.float32] = noises[i]
    b: NDArray[np.float32] = noises[(i + 1) % len(noises)]
    if np.array_equal(a, b):
        return a
    return interpolation.long_way(b, a, t) if i == 1 and _is_breath(prepared) else interpolation.slerp(a, b, t)


def _is_breath(prepared: PreparedWalk) -> bool:
    """Return whether a walk is closed and its two stops differ in their noise alone."""
    texts = [each for each in (prepared.prompts, prepared.negatives) if each is not None]
    if prepared.sketches is not None and len(set(prepared.sketches.scenes)) > 1:
        return False
    return prepared.closed and len(prepared.noises) == 2 and all(np.array_equal(*pair) for pair in texts)


def adapter_shares(
    of_stops: Sequence[Weights], positions: Sequence[float], *, closed: bool
) -> dict[AdapterFile, list[float]]:
    """Return the weight of each adapter at the positions, interpolated linearly between stops; zeros are left out."""
    shares: dict[AdapterFile, list[float]] = {}
    if not any(of_stops):
        return shares
    for row, position in enumerate(positions):
        i, t = frame_schedule.leg(position, len(of_stops), closed=closed)
        first, last = of_stops[i], of_stops[(i + 1) % len(of_stops)]
        for adapter in dict.fromkeys((*first, *last)):
            first_weight, last_weight = first.get(adapter, 0.0), last.get(adapter, 0.0)
            weight = first_weight if first_weight == last_weight else (1 - t) * first_weight + t * last_weight
            if weight:
                shares.setdefault(adapter, [0.0] * len(positions))[row] = float(weight)
    return shares


def draw_noises(seed: int, count: int, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """Return noises (count x *shape) drawn one after the other on the CPU, as a pipeline draws them from this seed."""
    generator = torch.Generator("cpu").manual_seed(seed)
    return torch.stack([torch.randn(shape, generator=generator) for _ in range(count)]).numpy()
