"""Measure the limits of this machine: the networks' best speed in any batch, and the fastest encoding of files."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.contenders import Picture
from worker.diffusion import tuning as machine
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import encoding, smoothness_measure

BATCHES = (1, 2, 4, 8, 12, 16, 24, 32, 48)
ROUNDS = 5
MATRIX = 2048


@torch.inference_mode()
def measure(painter: WalkPipeline) -> dict[str, Any]:
    """Return the times of UNet and decoder by batch, an evaluation's operations, and the rate of a matrix product."""
    chosen = painter.rendering(steps=2, guidance=1.0)
    torch.set_num_threads(chosen.threads)
    unet, vae = painter.model.networks(chosen.precision, chosen.memory_format)
    one = _passes(painter, unet, chosen.memory_format, 1)
    with FlopCounterMode(display=False) as counter:
        one()
    rows = {size: _passes(painter, unet, chosen.memory_format, size) for size in BATCHES}
    decodes = {size: _decodes(painter, vae, size) for size in BATCHES}
    passes, pictures = _per_sample(rows), _per_sample(decodes)
    peak = _matrix_peak(machine.DTYPES[chosen.precision])
    best = min(passes, key=lambda size: passes[size])
    return {
        "precision": chosen.precision, "memory_format": chosen.memory_format, "threads": chosen.threads,
        "batch": chosen.batch, "best_batch": best, "pass_seconds": passes[best], "pass_seconds_by_batch": passes,
        "decode_seconds": min(pictures.values()), "decode_seconds_by_batch": pictures,
        "pass_gflop": counter.get_total_flops() / 1e9, "matrix_gflops": peak,
        "pass_to_peak": counter.get_total_flops() / 1e9 / passes[best] / peak,
    }  # fmt: skip


def floor(found: dict[str, Any], *, passes: int, decodes: int, encode: float) -> float:
    """Return the least seconds for a film with this many evaluations and decoded images."""
    return float(passes * found["pass_seconds"] + decodes * found["decode_seconds"] + encode)


def write_files(pictures: Sequence[Picture]) -> bytes:
    """Write the files of a film as the worker does, in parallel; return the GIF."""
    about = {"title": "benchmark"}
    with ThreadPoolExecutor(2) as beside:
        others = [beside.submit(encoding.mp4, pictures, 12.5, metadata=about)]
        others += [beside.submit(encoding.webp, pictures, 80, metadata=about)]
        gif = encoding.gif(pictures, 80, comment="benchmark")
        encoding.still(pictures[len(pictures) // 2], metadata=about)
        for other in others:
            other.result()
    return gif


def files(pictures: Sequence[Picture], rounds: int = 3) -> float:
    """Return the shortest time in which a film's frames and files are written, and measured."""

    def write() -> None:
        for picture in pictures:
            encoding.still(picture)
        smoothness_measure.smoothness(smoothness_measure.read_frames(write_files(pictures)))

    return min(_seconds(write) for _ in range(rounds))


def _passes(painter: WalkPipeline, unet: Any, memory_format: str, size: int) -> Callable[[], object]:
    positive, _ = painter.model.encode("", "")
    states = torch.from_numpy(positive.states).to(painter.model.device, unet.dtype).expand(size, -1, -1)
    latents = torch.zeros(size, *painter.model.latent_shape, device=painter.model.device)
    latents = painter.model.with_sketches(latents, None)
    return lambda: painter.model.predict(unet, latents, 500, states, memory_format=memory_format)


def _decodes(painter: WalkPipeline, vae: Any, size: int) -> Callable[[], object]:
    latents = torch.zeros(size, *painter.model.latent_shape, device=painter.model.device)
    guide = np.zeros((4, painter.size[1] // 2, painter.size[0] // 2), np.float32)  # used where scenes are decoded
    return lambda: painter.model.decode(vae, latents, [guide] * size)


def _per_sample(runs: dict[int, Callable[[], object]]) -> dict[int, float]:
    """Return the shortest seconds per row for each batch; batches alternate, so that slow periods affect all alike."""
    times: dict[int, list[float]] = {size: [] for size in runs}
    for _ in range(ROUNDS):
        for size, run in runs.items():
            times[size].append(_seconds(run) / size)
    return {size: min(found) for size, found in times.items()}


def _matrix_peak(dtype: torch.dtype) -> float:
    """Return the rate of a product of two large matrices, in thousand million operations per second."""
    a, b = (torch.randn(MATRIX, MATRIX).to(dtype) for _ in range(2))
    return 2 * MATRIX**3 / min(_seconds(lambda: a @ b) for _ in range(ROUNDS)) / 1e9


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
