"""What is read of a device. There is none here: torch's answers are fakes, and nothing was run on a Mac."""

import pytest
import torch

from worker.diffusion import device_errors
from worker.diffusion.fitting import devices

CUDA, MPS, CPU = (torch.device(kind) for kind in ("cuda", "mps", "cpu"))
GB = 2**30


@pytest.mark.parametrize(
    ("capability", "halves"),
    [((7, 5), ("float16",)), ((8, 0), ("bfloat16", "float16")), ((9, 0), ("bfloat16", "float16"))],
)
def test_gpu_without_bfloat16_computes_in_float16(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], halves: tuple[str, ...]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    assert devices.halves(CUDA) == halves


def test_cpu_has_no_half_precision_and_no_memory_of_its_own() -> None:
    assert devices.halves(CPU) == ()
    assert devices.memory(CPU) is None
    assert [devices.is_gpu(each) for each in (CPU, CUDA, MPS)] == [False, True, True]


def test_free_memory_of_a_gpu_counts_what_torch_keeps_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (3 * GB, 8 * GB))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 2 * GB)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: GB)
    assert devices.memory(CUDA) == (4 * GB, 8 * GB)


def test_free_memory_of_a_mac_is_what_it_recommends_less_what_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 12 * GB)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 5 * GB)
    assert devices.memory(MPS) == (7 * GB, 12 * GB)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 13 * GB)
    assert devices.memory(MPS) == (0, 12 * GB)


def test_macs_gpu_has_a_name_and_says_when_its_memory_is_full() -> None:
    assert devices.name(MPS).startswith("Apple GPU")
    error = RuntimeError("MPS backend out of memory (MPS allocated: 5.00 GB, max allowed: 6.00 GB)")
    assert device_errors.verdict(error) == device_errors.OUT_OF_MEMORY
