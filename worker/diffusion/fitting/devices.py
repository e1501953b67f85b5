"""What a device is and has: its precisions, its free memory, its driver, and when it has done its work."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import torch

CGROUP = Path("/sys/fs/cgroup")
"""Where Linux says how much memory this container may use, and uses."""


def is_gpu(device: torch.device) -> bool:
    """Return whether a device is a GPU, of whatever make."""
    return device.type != "cpu"


def halves(device: torch.device) -> tuple[str, ...]:
    """List the half precisions that a device computes in, the one to try first first; none of a CPU.

    bfloat16 has the range of float32, so it comes first where a GPU has it. A Mac's GPU knows it only since macOS 14.
    """
    if device.type == "cuda":
        has_bf16 = torch.cuda.is_available() and torch.cuda.get_device_capability(device) >= (8, 0)
        return ("bfloat16", "float16") if has_bf16 else ("float16",)
    return ("float16", "bfloat16") if device.type == "mps" else ()


def memory(device: torch.device) -> tuple[int, int] | None:
    """Return how many bytes of a device are free, and how many it has; None for a CPU."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return free + cached, total
    if device.type == "mps":
        total = torch.mps.recommended_max_memory()
        return max(0, total - torch.mps.driver_allocated_memory()), total
    return None


def host_memory() -> int:
    """Return how many bytes of the machine's own memory are free, within the limit of a container."""
    free = int(psutil.virtual_memory().available)
    try:
        limit = (CGROUP / "memory.max").read_text().strip()
        used = int((CGROUP / "memory.current").read_text())
    except OSError:
        return free
    return free if limit == "max" else min(free, max(0, int(limit) - used))


def synchronize(device: torch.device) -> None:
    """Wait until a GPU has done all that it was given."""
    if device.type == "cuda" and torch.cuda.is_available():
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def name(device: torch.device) -> str:
    """Name a GPU, and the versions of what drives it."""
    if device.type == "mps":
        return f"Apple GPU, {sys.platform}"
    driver = getattr(torch._C, "_cuda_getDriverVersion", int)()
    cudnn = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    versions = f"CUDA {torch.version.cuda}, driver {driver}, cuDNN {cudnn}"
    return f"{torch.cuda.get_device_name(device)}, {versions}"
