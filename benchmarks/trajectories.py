"""Resumable trajectories from noise to picture, of which the contenders are made.

The benchmark's own loop, not the painter's: the baselines must not change with our code. Guidance is on at every step,
unless the model needs none.
A multistep solver's history travels with its latents, so that a resumed trajectory continues as if it had never been
interrupted.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worker.diffusion import solver_state
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import Rendering
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.planning import frame_schedule, interpolation


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One picture in progress: its position, the solver step reached, its latents (1 x c x h x w), and its solver."""

    position: float
    depth: int
    latents: torch.Tensor
    solver: Any


class Sampler:
    """A painter's model with one contender's settings: stops, rendering settings, and batch size."""

    def __init__(self, painter: WalkPipeline, prepared: PreparedWalk, *, batch: int) -> None:
        self.model = painter.model
        self.prepared = prepared
        self.rendering: Rendering = prepared.rendering
        self.batch = batch
        self._unet, self._vae = self.model.networks(self.rendering.precision, self.rendering.memory_format)

    def begin(self, position: float) -> Trajectory:
        """Return a trajectory at its initial noise."""
        solver = self.model.solver(self.rendering.scheduler, self.rendering.steps)
        if self.rendering.spacing:
            solver_state.space(solver, *self.rendering.spacing)
        i, t = frame_schedule.leg(position, len(self.prepared.noises))
        left, right = self.prepared.noises[i : i + 2]
        noise = left if np.array_equal(left, right) else interpolation.slerp(left, right, t)
        latents = torch.from_numpy(noise[None]).to(self.model.device) * solver.init_noise_sigma
        return Trajectory(position, 0, latents, solver)

    def go(
        self, starts: Sequence[Trajectory], positions: Sequence[float], *, until: int, keep: Sequence[int] = ()
    ) -> tuple[list[Trajectory], list[dict[int, Trajectory]]]:
        """Advance trajectories of one depth to another, each towards its position's text, in batches.

        Return them, and for each its states at the depths in ``keep``.
        """
        there: list[Trajectory] = []
        kept: list[dict[int, Trajectory]] = []
        for first in range(0, len(starts), self.batch):
            part = slice(first, first + self.batch)
            reached, on_the_way = self._go(starts[part], positions[part], until, keep)
            there += reached
            kept += on_the_way
        return there, kept

    def pictures(self, ends: Sequence[Trajectory]) -> list[NDArray[np.uint8]]:
        """Return the decoded pictures of finished trajectories."""
        latents = torch.cat([end.latents for end in ends])
        with torch.inference_mode():
            decoded = self.model.decode(self._vae, latents, self._guides([end.position for end in ends]))
        return list((decoded * 255).round().astype(np.uint8))

    def full(self, positions: Sequence[float]) -> list[NDArray[np.uint8]]:
        """Return pictures generated in full, from the noise."""
        painted: list[NDArray[np.uint8]] = []
        for first in range(0, len(positions), self.batch):
            part = positions[first : first + self.batch]
            ends, _ = self.go([self.begin(position) for position in part], part, until=self.rendering.steps)
            painted += self.pictures(ends)
        return painted

    @torch.inference_mode()
    def _go(
        self, starts: Sequence[Trajectory], positions: Sequence[float], until: int, keep: Sequence[int]
    ) -> tuple[list[Trajectory], list[dict[int, Trajectory]]]:
        torch.set_num_threads(self.rendering.threads)
        (depth,) = {start.depth for start in starts}
        latents = torch.cat([start.latents for start in starts])
        solver = _join([start.solver for start in starts], torch.cat)
        texts, sketches = self._texts(positions), self._sketches(positions)
        kept: list[dict[int, Trajectory]] = [{} for _ in starts]
        for step in range(depth, until):
            if step in keep:
                _put(kept, step, latents, solver, positions)
            t = solver.timesteps[step]
            given = self.model.with_sketches(solver.scale_model_input(latents, t), sketches)
            given = given.repeat(len(texts) // len(given), 1, 1, 1)
            predicted = self.model.predict(self._unet, given, t, texts, memory_format=self.rendering.memory_format)
            if self._is_guided:
                unguided, conditioned = predicted.chunk(2)
                predicted = torch.add(unguided, conditioned - unguided, alpha=self.rendering.guidance)
            latents = solver.step(predicted, t, latents, return_dict=False)[0]
        if until in keep:
            _put(kept, until, latents, solver, positions)
        return [_row(until, latents, solver, i, position) for i, position in enumerate(positions)], kept

    @property
    def _is_guided(self) -> bool:
        return self.rendering.guidance != 1

    def _sketches(self, positions: Sequence[float]) -> torch.Tensor | None:
        """Return the sketches at some positions, or None for a model that gets none."""
        if self.prepared.sketches is None:
            return None
        return torch.from_numpy(self.prepared.sketches.at(positions)).to(self.model.device)

    def _guides(self, positions: Sequence[float]) -> Any:
        """Return what the decoder is shown of the scenes at some positions; None for a model without scenes."""
        return None if self.prepared.sketches is None else self.prepared.sketches.guides(positions)

    def _texts(self, positions: Sequence[float]) -> torch.Tensor:
        """Return the interpolated text embeddings, the unguided half first, if there is guidance."""
        legs = [frame_schedule.leg(position, len(self.prepared.prompts)) for position in positions]
        kinds = (self.prepared.negatives, self.prepared.prompts) if self._is_guided else (self.prepared.prompts,)
        states = np.stack([interpolation.lerp(kind[i], kind[i + 1], t) for kind in kinds for i, t in legs])
        return torch.from_numpy(states).to(self.model.device, self._unet.dtype)


def interpolate(left: Trajectory, right: Trajectory, t: float) -> Trajectory:
    """Return a blend of two trajectories of one depth: latents by slerp, the solver's history linearly."""
    latents = torch.from_numpy(interpolation.slerp(left.latents.cpu().numpy(), right.latents.cpu().numpy(), t))
    history = _join([left.solver, right.solver], lambda pair: torch.lerp(pair[0], pair[1], t))
    position = left.position + (right.position - left.position) * t
    return Trajectory(position, left.depth, latents.to(left.latents), history)


def _put(
    kept: list[dict[int, Trajectory]], depth: int, latents: torch.Tensor, solver: Any, positions: Sequence[float]
) -> None:
    for i, states in enumerate(kept):
        states[depth] = _row(depth, latents, solver, i, positions[i])


def _row(depth: int, latents: torch.Tensor, solver: Any, i: int, position: float) -> Trajectory:
    return Trajectory(position, depth, latents[i : i + 1], _join([solver], lambda only: only[0][i : i + 1]))


def _join(solvers: Sequence[Any], join: Callable[[list[torch.Tensor]], torch.Tensor]) -> Any:
    """Return a solver with the joined histories of several; everything else is the first one's."""
    joined = copy.copy(solvers[0])
    for name, value in vars(solvers[0]).items():
        values = [vars(solver)[name] for solver in solvers]
        if _is_history(value):
            setattr(joined, name, join(values))
        elif isinstance(value, list):
            columns = zip(*values, strict=True)
            setattr(joined, name, [join(list(each)) if _is_history(each[0]) else each[0] for each in columns])
    return joined


def _is_history(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.ndim == 4
