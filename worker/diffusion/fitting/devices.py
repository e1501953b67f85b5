"""Properties of a device: its precisions, its free memory, its name and driver, and whether its work is done."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import torch

CGROUP = Path("/sys/fs/cgroup")
"""The folder where Linux states a container's memory limit and use."""


def is_gpu(device: torch.device) -> bool:
    """Return whether a device is a GPU, of any vendor."""
    return device.type != "cpu"


def halves(device: torch.device) -> tuple[str, ...]:
    """Return the half precisions that a device computes in, the one to try first first; none for a CPU.

    bfloat16 has the range of float32, so it comes first where a GPU supports it. A Mac's GPU supports it since macOS
    14.
    """
    if device.type == "cuda":
        has_bf16 = torch.cuda.is_available() and torch.cuda.get_device_capability(device) >= (8, 0)
        return ("bfloat16", "float16") if has_bf16 else ("float16",)
    return ("float16", "bfloat16") if device.type == "mps" else ()


def memory(device: torch.device) -> tuple[int, int] | None:
    """Return a device's free and total memory in bytes; None for a CPU."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return free + cached, total
    if device.type == "mps":
        total = torch.mps.recommended_max_memory()
        return max(0, total - torch.mps.driver_allocated_memory()), total
    return None


def host_memory() -> int:
    """Return the machine's free memory in bytes, within the limit of a container."""
    free = int(psutil.virtual_memory().available)
    try:
        limit = (CGROUP / "memory.max").read_text().strip()
        used = int((CGROUP / "memory.current").read_text())
    except OSError:
        return free
    return free if limit == "max" else min(free, max(0, int(limit) - used))


def synchronize(device: torch.device) -> None:
    """Wait until a GPU has finished all its work; do nothing on a CPU."""
    if device.type == "cuda" and torch.cuda.is_available():
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def name(device: torch.device) -> str:
    """Return the name of a GPU, with the versions of its drivers."""
    if device.type == "mps":
        return f"Apple GPU, {sys.platform}"
    driver = getattr(torch._C, "_cuda_getDriverVersion", int)()
    cudnn = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    versions = f"CUDA {torch.version.cuda}, driver {driver}, cuDNN {cudnn}"
    return f"{torch.cuda.get_device_name(device)}, {versions}"
