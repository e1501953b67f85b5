"""Choosing a setting by measuring: passes that take a known time, and passes that fail."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import torch

from worker import device
from worker.device import Setting

CPU = torch.device("cpu")


def passes(cost_ms: Callable[[Setting], float]) -> Callable[[Setting], None]:
    """Make passes that take so long, without loading the processor."""
    return lambda setting: time.sleep(cost_ms(setting) / 1000)


def test_clearly_faster_precision_is_chosen() -> None:
    run = passes(lambda s: {"float32": 4, "bfloat16": 1.5}[s.precision] * s.batch)
    assert device.choose(run, CPU).precision == "bfloat16"


@pytest.mark.parametrize("bf16_ms", [3.6, 12])
def test_float32_stays_unless_another_is_clearly_faster(bf16_ms: float) -> None:
    run = passes(lambda s: {"float32": 4, "bfloat16": bf16_ms}[s.precision] * s.batch)
    assert device.choose(run, CPU).precision == "float32"


def test_half_precision_is_tried_on_a_graphics_card_only() -> None:
    tried: set[str] = set()
    for kind in ("cpu", "cuda"):
        tried.clear()
        device.choose(lambda s: tried.add(s.precision), torch.device(kind))
        assert ("float16" in tried) is (kind == "cuda")


def test_faster_memory_format_is_chosen() -> None:
    run = passes(lambda s: {"contiguous": 4, "channels_last": 2}[s.memory_format] * s.batch)
    assert device.choose(run, CPU).memory_format == "channels_last"


def test_batch_grows_while_that_makes_frames_cheaper() -> None:
    assert device.choose(passes(lambda s: 20 + s.batch / 10), CPU).batch == max(device.BATCHES)


def test_batch_stays_small_where_frames_cost_the_same_in_any() -> None:
    assert device.choose(passes(lambda s: 2 * s.batch), CPU).batch <= device.PROBE


def test_large_model_is_measured_with_one_frame_and_little_time() -> None:
    began = time.perf_counter()
    setting = device.choose(passes(lambda s: 150 * s.batch), CPU, budget_s=0.3)
    assert setting.batch == 1
    assert time.perf_counter() - began < 2


def test_setting_that_fails_is_not_chosen() -> None:
    def run(setting: Setting) -> None:
        if setting.precision == "bfloat16":
            raise RuntimeError("not implemented for 'BFloat16'")
        if setting.batch > 8:
            raise MemoryError
        time.sleep(0.01)

    setting = device.choose(run, CPU)
    assert (setting.precision, setting.batch) == ("float32", 8)


def test_failed_measuring_falls_back_to_what_is_right_everywhere() -> None:
    def run(setting: Setting) -> None:
        raise RuntimeError("no such operation")

    assert device.choose(run, CPU) == device.fallback()
    assert device.fallback() == Setting("float32", "contiguous", device.cores(), 1)


def test_other_errors_are_not_swallowed() -> None:
    def run(setting: Setting) -> None:
        raise KeyError("a mistake")

    with pytest.raises(KeyError):
        device.choose(run, CPU)


def test_automatic_device_is_the_best_there_is() -> None:
    assert device.find("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert device.find("cpu") == CPU


def test_unknown_device_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="abacus"):
        device.find("abacus")
