"""A walk ready to be painted: all that its stops come to for a model."""

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
    """A walk ready to be painted: arrays with one row per stop, and a note on each prompt.

    `prompts` and `negatives` are text states (stops x tokens x width), one array or, where texts have different
    lengths, one for each stop; no `negatives` where the model's family leaves nothing out. `noises` is the starting
    noise (stops x channels x height x width, unscaled). All are float32. A note is "", "unknown words" or "cut".
    `pooled` are the pooled vectors of prompts and negatives, for models that have them; `fresh` the noises that the
    solver adds on its way (stops x noises x channels x height x width), for solvers that add some. In a closed walk a
    last leg leads from the last stop back to the first. `sketches` lead a model that is led by some; `photos` are what
    holds one that is led by words to the photos of its stops, `adapters` the weights of the adapters of each stop:
    styles that it learned, and LoRA files.
    """

    rendering: Rendering
    prompts: Texts
    negatives: Texts | None
    noises: NDArray[np.float32]
    notes: tuple[str, ...]
    pooled: tuple[NDArray[np.float32], NDArray[np.float32] | None] | None = None
    added_noises: NDArray[np.float32] | None = None
    closed: bool = False
    sketches: WalkSketches | None = None
    photos: tuple[InvertedPhoto | None, ...] = ()
    adapters: tuple[Weights, ...] = ()


def noise_at(prepared: PreparedWalk, noises: NDArray[np.float32], position: float) -> NDArray[np.floating]:
    """Interpolate noises, on the arc; where both ends have the very same, it stays so bit for bit.

    One prompt between two noises and back goes full circle, so that it breathes and does not only retrace its steps.
    """
    i, t = frame_schedule.leg(position, len(noises), closed=prepared.closed)
    a: NDArray[np.float32] = noises[i]
    b: NDArray[np.float32] = noises[(i + 1) % len(noises)]
    if np.array_equal(a, b):
        return a
    return interpolation.long_way(b, a, t) if i == 1 and _is_breath(prepared) else interpolation.slerp(a, b, t)


def _is_breath(prepared: PreparedWalk) -> bool:
    """Tell a closed walk that differs in its noise alone."""
    texts = [each for each in (prepared.prompts, prepared.negatives) if each is not None]
    if prepared.sketches is not None and len(set(prepared.sketches.scenes)) > 1:
        return False
    return prepared.closed and len(prepared.noises) == 2 and all(np.array_equal(*pair) for pair in texts)


def adapter_shares(
    of_stops: Sequence[Weights], positions: Sequence[float], *, closed: bool
) -> dict[AdapterFile, list[float]]:
    """Return the weight of each adapter at the positions: that of a stop whole, on the way from one to the other's."""
    found: dict[AdapterFile, list[float]] = {}
    if not any(of_stops):
        return found
    for row, position in enumerate(positions):
        i, t = frame_schedule.leg(position, len(of_stops), closed=closed)
        first, last = of_stops[i], of_stops[(i + 1) % len(of_stops)]
        for adapter in dict.fromkeys((*first, *last)):
            begins, ends = first.get(adapter, 0.0), last.get(adapter, 0.0)
            weight = begins if begins == ends else (1 - t) * begins + t * ends
            if weight:
                found.setdefault(adapter, [0.0] * len(positions))[row] = float(weight)
    return found


def draw_noises(seed: int, count: int, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """Draw noises one after the other on the CPU, as a pipeline does that is given this seed."""
    generator = torch.Generator("cpu").manual_seed(seed)
    return torch.stack([torch.randn(shape, generator=generator) for _ in range(count)]).numpy()
