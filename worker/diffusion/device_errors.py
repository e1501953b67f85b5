"""What goes wrong with the device that is painted on: it has no room left, or its driver is lost to this process."""

from __future__ import annotations

import gc

import torch

OutOfMemory = torch.OutOfMemoryError

Lost = torch.AcceleratorError
"""After such an error every further call fails alike: only another process can use the device again."""


def free_memory() -> None:
    """Give back what nothing holds any more."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
