"""What goes wrong with the device that is painted on: it has no room left, or its driver is lost to this process."""

from __future__ import annotations

import gc
import re

import torch

OUT_OF_MEMORY, LOST = "out of memory", "lost"
"""What an error says of the device. After one by which it is lost every further call of this process fails alike."""

NO_ROOM = re.compile(r"out of memory|(CUBLAS|CUDNN|HIPBLAS|MIOPEN)_STATUS_ALLOC_FAILED", re.IGNORECASE)
OF_THE_DRIVER = re.compile(r"(CUDA|HIP|cuDNN|cuBLAS) error|(CUBLAS|CUDNN|CUFFT|HIPBLAS|MIOPEN)_STATUS_", re.IGNORECASE)


def verdict(error: BaseException) -> str | None:
    """Tell :data:`OUT_OF_MEMORY` and :data:`LOST` from an error of the code or the picture, which is ``None``.

    The libraries beneath torch report theirs as plain RuntimeErrors, which can be told by their words alone.
    """
    if isinstance(error, torch.OutOfMemoryError):
        return OUT_OF_MEMORY
    if not isinstance(error, RuntimeError):
        return None
    if NO_ROOM.search(str(error)):
        return OUT_OF_MEMORY
    return LOST if isinstance(error, torch.AcceleratorError) or OF_THE_DRIVER.search(str(error)) else None


def free_memory() -> None:
    """Give back what nothing holds any more."""
    gc.collect()
    empty_cache()


def empty_cache() -> None:
    """Give the device back what torch keeps of it for later."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()
