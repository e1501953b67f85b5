"""Stops as diffusers' own call of a pipeline makes them, to compare the engine's with."""

import functools
import inspect
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
from numpy.typing import NDArray

from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import Rendering, StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

OWN_SOLVERS = {"lcm": "LCMScheduler", "turbo": "EulerAncestralDiscreteScheduler"}


def exact(painter: WalkPipeline, **changes: Any) -> Rendering:
    """Return settings under which two ways of painting can be compared."""
    rendering = painter.rendering(steps=4, guidance=1.0 if painter.name == "turbo" else 3.0)
    solver = OWN_SOLVERS.get(painter.name, rendering.scheduler)
    settings = {"precision": "float32", "memory_format": "contiguous", "threads": 1, "scheduler": solver} | changes
    return replace(rendering, **settings)


def shown(
    painter: WalkPipeline, prepared: PreparedWalk, positions: list[float], **options: Any
) -> list[NDArray[np.uint8]]:
    """Paint one batch and return its pictures."""
    painted = painter.paint(prepared, positions, **options)
    assert [one.position for one in painted] == positions
    return [one.picture for one in painted if one.picture is not None]


def usual(
    folder: Path, stop: StopInput, rendering: Rendering, scheduler: Any = None, *, output: str = "pil"
) -> NDArray[Any]:
    """Paint one stop by the pipeline's own call, all its noise drawn from the stop's seed.

    `scheduler` is, by default, the rendering's with the folder's settings. `output` "latent" leaves out decoding.
    """
    torch.set_num_threads(rendering.threads)
    pipe = pipeline(folder)
    named = getattr(diffusers, rendering.scheduler)
    pipe.scheduler = scheduler or named.from_pretrained(folder, subfolder="scheduler")
    nothing = getattr(pipe.config, "force_zeros_for_empty_prompt", False)
    words = {"negative_prompt": stop.negative_prompt or (None if nothing else "")}
    noise = torch.Generator().manual_seed(stop.seed)
    picture = pipe(
        stop.prompt,
        **_without_a_sketch(pipe, noise),
        **words if "negative_prompt" in inspect.signature(pipe.__call__).parameters else {},
        generator=noise,
        num_inference_steps=rendering.steps,
        guidance_scale=rendering.guidance,
        height=rendering.height,
        width=rendering.width,
        output_type=output,
    ).images[0]
    return np.asarray(picture)


def _without_a_sketch(pipe: Any, noise: torch.Generator) -> dict[str, Any]:
    """Show no sketches to a network that they lead, and name what it begins with; do nothing for any other."""
    seen, channels = pipe.unet.config.in_channels, pipe.unet.config.out_channels
    if seen == channels:
        return {}
    forward, side = type(pipe.unet).forward, pipe.unet.config.sample_size

    def blank(sample: torch.Tensor, *others: Any, **named: Any) -> Any:
        nothing = sample.new_zeros(len(sample), seen - channels, *sample.shape[2:])
        return forward(pipe.unet, torch.cat([sample, nothing], 1), *others, **named)

    pipe.unet.forward = blank
    return {"latents": torch.randn((1, channels, side, side), generator=noise)}


@functools.cache
def pipeline(folder: Path) -> Any:
    """Load a folder as its index says, in float32 on the CPU; it is loaded once.

    Parts that the index leaves out are named: diffusers asks for Stable Diffusion 3's third encoder otherwise.
    """
    index = json.loads((folder / "model_index.json").read_text())
    absent = {name: None for name, value in index.items() if value == [None, None]}
    pipe = diffusers.DiffusionPipeline.from_pretrained(folder, local_files_only=True, **absent)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def change(file: Path, **values: object) -> None:
    """Set values in a model's configuration."""
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def is_same(found: Sequence[NDArray[np.uint8]], expected: Sequence[NDArray[np.uint8]]) -> bool:
    """Return whether pictures are the same but for rounding: at most one value of a thousand, by one level of 255.

    A tiled decoder takes one picture at a time, and some processors then add up in another order than in a batch.
    """
    apart = np.abs(np.asarray(found, int) - np.asarray(expected, int))
    return bool(apart.max() <= 1 and np.mean(apart > 0) <= 0.001)


def difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> int:
    return int(np.abs(a.astype(int) - b.astype(int)).max())


def decibels(picture: NDArray[Any], other: NDArray[Any]) -> float:
    """Measure how near two pictures are; 99 where they are the same."""
    error = float(((picture.astype(np.float64) - other) ** 2).mean())
    return 10 * math.log10(255**2 / error) if error else 99.0
