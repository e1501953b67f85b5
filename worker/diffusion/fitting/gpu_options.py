"""GPU options that may be faster than the defaults, measured once for each GPU, driver and model.

They are how many pixels are decoded in one batch, whether cuDNN benchmarks its algorithms, and whether float32 matrices
are multiplied in TF32. Each may change a picture's last bits, so a new walk records them, and is rendered again with
what it records.
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
"""The numbers of pictures in one decoding batch that are tried."""

EVALUATIONS = 8
"""The UNet evaluations of a batch for each decoding of it, as weights: about those of a frame of a walk."""

TRIES = 3
"""How often each candidate is timed, after one warm-up; the shortest time counts."""

ROOM = 0.5
"""The share of the free memory that decoding several pictures may need at most: a walk needs memory as well."""


@contextmanager
def applied(options: GpuOptions, device: torch.device) -> Iterator[None]:
    """Set the process's switches of torch while the block runs, on a GPU that has them."""
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
    """Return whether a device is a GPU with cuDNN and TF32, or their equivalents in ROCm."""
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
    """Return the options with which a batch is rendered fastest; options that fail are not chosen.

    `run` makes a UNet evaluation under a setting. `decode` takes a number of pictures, and the number of pixels to
    decode in one batch. A picture has `pixels`, `decoder` is the decoder's precision. A decoder that works in `tiles`
    is short of memory, and decodes one picture at a time.
    """
    if not has_options(device):
        return DEFAULT
    batch = setting.batch

    def seconds(options: GpuOptions, *, with_evaluations: bool) -> float:
        with applied(options, device):
            decoding = _shortest(lambda: decode(batch, options.decoded_pixels), device, clock)
            return decoding + (
                EVALUATIONS * _shortest(lambda: run(setting), device, clock) if with_evaluations else 0.0
            )

    best = DEFAULT
    if not tiles:
        sizes = [replace(best, decoded_pixels=count * pixels) for count in _counts(batch, pixels, decoder, device)]
        best = _fastest([best, *sizes], lambda options: seconds(options, with_evaluations=False))
    for switch in (BENCHMARK, TF32) if "float32" in (decoder, setting.precision) else (BENCHMARK,):
        candidates = [best, replace(best, switches=(*best.switches, switch))]
        best = _fastest(candidates, lambda options: seconds(options, with_evaluations=True))
    log.info("GPU options: %s", best)
    return best


def _counts(batch: int, pixels: int, decoder: str, device: torch.device) -> list[int]:
    """Return the numbers of pictures to try in one decoding batch: up to a batch, within the free memory."""
    wide = machine.DTYPES[decoder].itemsize / placement.HALF_BYTES
    free, _ = devices.memory(device) or (0, 0)
    a_picture = pixels * placement.DECODE_BYTES * wide
    return [count for count in AT_ONCE if count <= batch and count * a_picture < ROOM * free]


def _fastest(candidates: list[GpuOptions], seconds: Callable[[GpuOptions], float]) -> GpuOptions:
    """Return the first candidate that does not fail and is nearly as fast as the fastest."""
    times: dict[GpuOptions, float] = {}
    for candidate in candidates:
        try:
            times[candidate] = seconds(candidate)
        except machine.FAILURES as error:
            if device_errors.verdict(error) == device_errors.LOST:
                raise
            log.info("GPU options %s cannot be used: %s", candidate, error)
            error.__traceback__ = None  # the traceback holds tensors
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
