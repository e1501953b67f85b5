"""What a GPU may do otherwise than by default, measured once for each GPU, driver and model, and kept where faster.

How many pixels are decoded at once, whether cuDNN times its algorithms, and whether float32 matrices are multiplied in
TF32: each may change a picture's last bits, so a new walk records them, and is painted again under what it records.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch

from worker.diffusion import device_errors
from worker.diffusion import tuning as machine
from worker.diffusion.fitting import devices, placement
from worker.diffusion.rendering import BENCHMARK, DEFAULT, TF32, GpuOptions
from worker.diffusion.tuning import SLIGHTLY, Setting

log = logging.getLogger(__name__)

AT_ONCE = (1, 2, 4, 8, 16)
"""How many pictures are tried to be decoded at once."""

PASSES = 8
"""For how many passes of a batch one decoding of it counts: about what a frame of a walk takes."""

TRIES = 3
"""How often each is timed, after once to warm it up; the shortest time counts."""

ROOM = 0.5
"""The share of the free memory that decoding several pictures may need at most: a walk needs some of it as well."""


@contextmanager
def applied(options: GpuOptions, device: torch.device) -> Iterator[None]:
    """Set the process's switches of torch for the time of the block, on a GPU that has them."""
    if not has_options(device):
        yield
        return
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.benchmark, matmul.allow_tf32
    cudnn.benchmark, matmul.allow_tf32 = BENCHMARK in options.switches, TF32 in options.switches
    try:
        yield
    finally:
        cudnn.benchmark, matmul.allow_tf32 = before


def has_options(device: torch.device) -> bool:
    """Return whether a device is a GPU with cuDNN and TF32, or what stands for them in ROCm."""
    return devices.is_gpu(device) and device.type != "mps"


def measure(
    run: Callable[[Setting], object],
    decode: Callable[[int, int], object],
    setting: Setting,
    device: torch.device,
    *,
    pixels: int,
    decoder: str,
    tiles: bool = False,
    clock: Callable[[], float] = time.perf_counter,
) -> GpuOptions:
    """Return the options under which a batch is painted fastest; those that fail are not chosen.

    `run` makes a pass under a setting, `decode` decodes so many pictures, with as many pixels at once; they have
    `pixels` each. `decoder` is the decoder's precision. A decoder that works in `tiles` is short of memory, and decodes
    one picture at once.
    """
    if not has_options(device):
        return DEFAULT
    batch = setting.batch

    def seconds(options: GpuOptions, *, passes: bool) -> float:
        with applied(options, device):
            decoding = _shortest(lambda: decode(batch, options.decoded_pixels), device, clock)
            return decoding + (PASSES * _shortest(lambda: run(setting), device, clock) if passes else 0.0)

    best = DEFAULT
    if not tiles:
        sizes = [replace(best, decoded_pixels=count * pixels) for count in _counts(batch, pixels, decoder, device)]
        best = _fastest([best, *sizes], lambda options: seconds(options, passes=False))
    for switch in (BENCHMARK, TF32) if "float32" in (decoder, setting.precision) else (BENCHMARK,):
        candidates = [best, replace(best, switches=(*best.switches, switch))]
        best = _fastest(candidates, lambda options: seconds(options, passes=True))
    log.info("the GPU paints with %s", best)
    return best


def _counts(batch: int, pixels: int, decoder: str, device: torch.device) -> list[int]:
    """List how many pictures may be decoded at once: up to a batch, as memory has room for."""
    wide = machine.DTYPES[decoder].itemsize / placement.HALF_BYTES
    free, _ = devices.memory(device) or (0, 0)
    a_picture = pixels * placement.DECODE_BYTES * wide
    return [count for count in AT_ONCE if count <= batch and count * a_picture < ROOM * free]


def _fastest(candidates: list[GpuOptions], seconds: Callable[[GpuOptions], float]) -> GpuOptions:
    """Return the first candidate that is nearly as fast as the fastest, and does not fail."""
    times: dict[GpuOptions, float] = {}
    for candidate in candidates:
        try:
            times[candidate] = seconds(candidate)
        except machine.FAILURES as error:
            if device_errors.verdict(error) == device_errors.LOST:
                raise
            log.info("%s cannot be used here: %s", candidate, error)
            error.__traceback__ = None  # which holds tensors
            device_errors.empty_cache()
    least = min(times.values(), default=0.0)
    return next((each for each, taken in times.items() if taken <= least * SLIGHTLY), candidates[0])


def _shortest(do: Callable[[], object], device: torch.device, clock: Callable[[], float]) -> float:
    taken = []
    for _ in range(1 + TRIES):
        devices.synchronize(device)
        began = clock()
        do()
        devices.synchronize(device)
        taken.append(clock() - began)
    return min(taken[1:])
