"""Choosing a setting by measuring: passes that take a known time, and passes that fail."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import torch

from worker.diffusion import tuning
from worker.diffusion.tuning import Setting

CPU = torch.device("cpu")


class Passes:
    """Passes that take so long by a clock of their own, and none by any other."""

    def __init__(self, cost_ms: Callable[[Setting], float]) -> None:
        self.cost_ms, self.seconds = cost_ms, 0.0

    def __call__(self, setting: Setting) -> None:
        """Run one pass."""
        self.seconds += self.cost_ms(setting) / 1000


def chosen(cost_ms: Callable[[Setting], float], **options: float) -> Setting:
    """Return the setting chosen for passes that take so long."""
    passes = Passes(cost_ms)
    return tuning.choose(passes, CPU, clock=lambda: passes.seconds, **options)


def test_clearly_faster_precision_is_chosen() -> None:
    assert chosen(lambda s: {"float32": 4, "bfloat16": 1.5}[s.precision] * s.batch).precision == "bfloat16"


@pytest.mark.parametrize("bf16_ms", [3.6, 12])
def test_float32_stays_unless_another_is_clearly_faster(bf16_ms: float) -> None:
    assert chosen(lambda s: {"float32": 4, "bfloat16": bf16_ms}[s.precision] * s.batch).precision == "float32"


def test_half_precision_is_tried_on_a_graphics_card_only() -> None:
    tried: set[str] = set()
    for kind in ("cpu", "cuda"):
        tried.clear()
        tuning.choose(lambda s: tried.add(s.precision), torch.device(kind))
        assert ("float16" in tried) is (kind == "cuda")


def test_faster_memory_format_is_chosen() -> None:
    setting = chosen(lambda s: {"contiguous": 4, "channels_last": 2}[s.memory_format] * s.batch)
    assert setting.memory_format == "channels_last"


def test_batch_grows_while_that_makes_frames_cheaper() -> None:
    assert chosen(lambda s: 20 + s.batch / 10).batch == max(tuning.BATCHES)


def test_batch_stays_small_where_frames_cost_the_same_in_any() -> None:
    assert chosen(lambda s: 20 * s.batch).batch <= tuning.PROBE


def test_batch_grows_where_passes_are_so_short_that_pieces_cost_more() -> None:
    assert chosen(lambda s: s.batch).batch == max(tuning.BATCHES)


def test_slow_spell_while_batches_are_compared_changes_nothing() -> None:
    """Every pass of a stretch in the middle takes four times as long; the batches meet it in turn."""
    count = 0

    def cost_ms(setting: Setting) -> float:
        nonlocal count
        count += 1
        slow = 4 if 26 <= count < 32 else 1
        return slow * (10 + setting.batch)

    assert chosen(cost_ms).batch == max(tuning.BATCHES)
    assert count > 32


def test_first_pass_of_a_precision_is_not_timed() -> None:
    """It makes a copy of the network, or traces it."""
    seen: set[str] = set()

    def cost_ms(setting: Setting) -> float:
        once = 0 if setting.precision in seen else 5000
        seen.add(setting.precision)
        return once + {"float32": 4, "bfloat16": 1}[setting.precision] * setting.batch

    setting = chosen(cost_ms)
    assert (setting.precision, setting.batch > 1) == ("bfloat16", True)


def test_large_model_is_measured_with_one_frame_and_little_time() -> None:
    passes = Passes(lambda s: 150 * s.batch)
    assert tuning.choose(passes, CPU, budget_s=0.3, clock=lambda: passes.seconds).batch == 1
    assert passes.seconds < 2


@pytest.mark.slow
def test_processor_is_measured_by_what_it_does_not_by_how_long_it_waits() -> None:
    """Passes that are kept waiting, as on a busy machine, are no dearer for it."""

    def run(setting: Setting) -> None:
        time.sleep(0.002 * setting.batch)  # somebody else has the processor, the longer the larger the batch
        busy_until = time.process_time() + 0.003
        while time.process_time() < busy_until:
            pass

    assert tuning.choose(run, CPU, budget_s=0.5).batch == max(tuning.BATCHES)


def test_setting_that_fails_is_not_chosen() -> None:
    def run(setting: Setting) -> None:
        if setting.precision == "bfloat16":
            raise RuntimeError("not implemented for 'BFloat16'")
        if setting.batch > 8:
            raise MemoryError

    passes = Passes(lambda _: 10)
    setting = tuning.choose(lambda s: (run(s), passes(s)), CPU, clock=lambda: passes.seconds)
    assert (setting.precision, setting.batch) == ("float32", 8)


def test_failed_measuring_falls_back_to_what_is_right_everywhere() -> None:
    def run(setting: Setting) -> None:
        raise RuntimeError("no such operation")

    assert tuning.choose(run, CPU) == tuning.fallback()
    assert tuning.fallback() == Setting("float32", "contiguous", tuning.cores(), 1)


def test_other_errors_are_not_swallowed() -> None:
    def run(setting: Setting) -> None:
        raise KeyError("a mistake")

    with pytest.raises(KeyError):
        tuning.choose(run, CPU)


def test_automatic_device_is_the_best_there_is() -> None:
    assert tuning.find("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert tuning.find("cpu") == CPU


def test_unknown_device_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="abacus"):
        tuning.find("abacus")


def test_passes_on_a_card_are_waited_for_on_that_card(monkeypatch: pytest.MonkeyPatch) -> None:
    passes, waited = Passes(lambda s: s.batch), []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", waited.append)
    second = torch.device("cuda", 1)
    tuning.choose(passes, second, clock=lambda: passes.seconds)
    assert set(waited) == {second}
