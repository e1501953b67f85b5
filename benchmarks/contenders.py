"""The contenders: ways to generate the same walk of two stops, from the usual loop to the earlier shortcuts.

P0 is the pipeline's unmodified call, one image at a time and in full. All others use our solver, steps, precision and
best batch, with guidance at every step. P1 and P2 originally ran on large models one image at a time; here each of
their passes is a batch, so that they have no disadvantage.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline
from numpy.typing import NDArray

from benchmarks import measures
from benchmarks.trajectories import Sampler, Trajectory, interpolate
from worker.planning import frame_schedule

Picture = NDArray[np.uint8]

P0_STEPS = 50
PROMPT_STRENGTH = 0.8
"""P1: the share of the steps that each frame takes separately; the steps before go towards the middle prompt."""

BRANCHING_DEPTH = 0.5
"""P2: where the first branches leave, as a share of the steps: latent blending's setting for such models."""


@dataclass(frozen=True, slots=True)
class Film:
    """The frames of a walk of two stops, in order, and their positions between the stops, 0…1."""

    positions: list[float]
    pictures: list[Picture]


def full(sampler: Sampler, frames: int) -> Film:
    """Return the film of P0b: every frame in full, at uniform positions."""
    positions = _uniform(frames)
    return Film(positions, sampler.full(positions))


def shared_prefix(sampler: Sampler, frames: int) -> Film:
    """Return the film of P1: one trajectory to the middle prompt, which frames leave after a fifth of the steps.

    A widely used animation of hosted Stable Diffusion did so, with its prompt strength of 0.8.
    """
    positions = _uniform(frames)
    steps = sampler.rendering.steps
    leave = steps - round(steps * PROMPT_STRENGTH)
    (prefix,), _ = sampler.go([sampler.begin(0.5)], [0.5], until=leave)
    return Film(positions, _finish(sampler, [prefix] * frames, positions))


def branch_tree(sampler: Sampler, frames: int) -> Film:
    """Return the film of P2: a tree of branches as in latent blending (Stegmaier, 2022).

    Both ends in full; then branches that leave later and later, always in the widest gap between images, from the
    spherical interpolation of their parents' latents. The optional crossfeed and the weaker guidance in the middle are
    left out.
    """
    steps = sampler.rendering.steps
    depths, stems = _branching(steps, frames - 2)
    ends, kept = sampler.go([sampler.begin(0.0), sampler.begin(1.0)], [0.0, 1.0], until=steps, keep=depths)
    # A branch may start only from parents that left earlier than it does.
    there = dict(zip((0.0, 1.0), kept, strict=True))
    pictures = dict(zip((0.0, 1.0), sampler.pictures(ends), strict=True))
    for depth, count in zip(depths, stems, strict=True):
        parents = {position: states[depth] for position, states in there.items()}
        for positions in _bisect(pictures, count, sampler.batch, measures.rms):
            starts = [_blend(parents, position) for position in positions]
            ends, kept = sampler.go(starts, positions, until=steps, keep=[later for later in depths if later > depth])
            there |= dict(zip(positions, kept, strict=True))
            pictures |= dict(zip(positions, sampler.pictures(ends), strict=True))
        there = {position: states for position, states in there.items() if any(later > depth for later in states)}
    return _in_order(pictures)


def bisection(sampler: Sampler, frames: int) -> Film:
    """Return the film of P3: every frame in full, always in the middle of the gap whose ends differ most by SSIM."""
    pictures = dict(zip((0.0, 1.0), sampler.full([0.0, 1.0]), strict=True))
    for positions in _bisect(pictures, frames - 2, sampler.batch, lambda a, b: 1 - measures.ssim(a, b)):
        pictures |= dict(zip(positions, sampler.full(positions), strict=True))
    return _in_order(pictures)


def cross_fade(sampler: Sampler, frames: int) -> Film:
    """Return the film of P4: both ends in full, and a cross-fade of their pixels between them."""
    positions = _uniform(frames)
    first, last = sampler.full([0.0, 1.0])
    return Film(positions, fade(first, last, positions))


def fade(first: Picture, last: Picture, positions: Sequence[float]) -> list[Picture]:
    """Return cross-fades of two pictures at some positions, 0…1."""
    a, b = first.astype(np.float32), last.astype(np.float32)
    return [((1 - t) * a + t * b).round().astype(np.uint8) for t in positions]


CONTENDERS: dict[str, Callable[[Sampler, int], Film]] = {
    "P0b": full, "P1": shared_prefix, "P2": branch_tree, "P3": bisection, "P4": cross_fade,
}  # fmt: skip


def usual_pipeline(folder: str, *, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu") -> Any:
    """Return the pipeline as a video notebook loads it; by default on a CPU in float32."""
    pipe = StableDiffusionPipeline.from_pretrained(
        folder, safety_checker=None, requires_safety_checker=False, dtype=dtype, local_files_only=True
    ).to(device)
    pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def usual(pipe: Any, pair: tuple[str, str], positions: Sequence[float], *, seed: int, guidance: float) -> list[Any]:
    """Return the images of P0: the pipeline's own call for each frame, one at a time, in 50 guided steps."""
    a, b = (pipe.encode_prompt(prompt, pipe.device, 1, True, "") for prompt in pair)
    return [
        pipe(
            prompt_embeds=torch.lerp(a[0], b[0], t),
            negative_prompt_embeds=torch.lerp(a[1], b[1], t),
            num_inference_steps=P0_STEPS,
            guidance_scale=guidance,
            generator=torch.Generator("cpu").manual_seed(seed),
        ).images[0]
        for t in positions
    ]


def _uniform(frames: int) -> list[float]:
    return list(frame_schedule.positions(2, frames))


def _finish(sampler: Sampler, starts: Sequence[Trajectory], positions: Sequence[float]) -> list[Picture]:
    """Return the pictures of trajectories, run to their end and decoded batch by batch."""
    painted: list[Picture] = []
    for first in range(0, len(starts), sampler.batch):
        part = slice(first, first + sampler.batch)
        ends, _ = sampler.go(starts[part], positions[part], until=sampler.rendering.steps)
        painted += sampler.pictures(ends)
    return painted


def _branching(steps: int, branches: int) -> tuple[list[int], list[int]]:
    """Return depths and the number of branches at each, by latent blending's rule."""
    depths = list(range(math.floor(steps * BRANCHING_DEPTH), steps, math.ceil(steps / 10)))
    if branches < len(depths):
        return depths[:branches], [1] * branches
    stems = [1] * len(depths)
    while sum(stems) < branches:
        behind = [i for i in range(len(stems) - 1) if stems[i + 1] >= stems[i]]
        stems[behind[0] if behind else -1] += 1
    return depths, stems


def _bisect(
    pictures: dict[float, Picture], count: int, batch: int, distance: Callable[[Picture, Picture], float]
) -> Any:
    """Yield batches of positions, always the middles of the widest gaps; pictures are compared before each batch."""
    while count > 0:
        positions = sorted(pictures)
        widths = [distance(pictures[a], pictures[b]) for a, b in itertools.pairwise(positions)]
        # No more at once than there are gaps: a gap is halved again only when its new picture exists.
        widest = sorted(range(len(widths)), key=lambda i: -widths[i])[: min(count, batch)]
        count -= len(widest)
        yield sorted((positions[i] + positions[i + 1]) / 2 for i in widest)


def _blend(parents: dict[float, Trajectory], position: float) -> Trajectory:
    """Return the start of a branch between the nearest parents on either side."""
    left = max(parent for parent in parents if parent <= position)
    right = min(parent for parent in parents if parent >= position)
    return interpolate(parents[left], parents[right], (position - left) / (right - left))


def _in_order(pictures: dict[float, Picture]) -> Film:
    positions = sorted(pictures)
    return Film(positions, [pictures[position] for position in positions])
