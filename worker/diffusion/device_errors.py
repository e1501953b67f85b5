"""Errors of the device that computes: it is out of memory, or its driver has failed for this process."""

from __future__ import annotations

import gc
import re

import torch

OUT_OF_MEMORY, LOST = "out of memory", "lost"
"""What :func:`verdict` returns. After an error that is LOST, every further call on the device fails in this process."""

NO_ROOM = re.compile(r"out of memory|(CUBLAS|CUDNN|HIPBLAS|MIOPEN)_STATUS_ALLOC_FAILED", re.IGNORECASE)
OF_THE_DRIVER = re.compile(r"(CUDA|HIP|cuDNN|cuBLAS) error|(CUBLAS|CUDNN|CUFFT|HIPBLAS|MIOPEN)_STATUS_", re.IGNORECASE)


def verdict(error: BaseException) -> str | None:
    """Return :data:`OUT_OF_MEMORY` or :data:`LOST` for an error of the device, None for any other error.

    The libraries beneath torch raise plain RuntimeErrors, which only their messages identify.
    """
    if isinstance(error, torch.OutOfMemoryError):
        return OUT_OF_MEMORY
    if not isinstance(error, RuntimeError):
        return None
    if NO_ROOM.search(str(error)):
        return OUT_OF_MEMORY
    return LOST if isinstance(error, torch.AcceleratorError) or OF_THE_DRIVER.search(str(error)) else None


def free_memory() -> None:
    """Collect garbage, and return unused memory to the device."""
    gc.collect()
    empty_cache()


def empty_cache() -> None:
    """Return the memory that torch caches to the device."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()
