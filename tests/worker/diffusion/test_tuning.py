"""Choosing a setting by measuring: passes that take a known time, and passes that fail."""

import random
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch

from tests.support import cards
from tests.support.raising import raising
from worker.diffusion import tuning
from worker.diffusion.tuning import Setting

CPU = torch.device("cpu")
CARD = torch.device(cards.NAME)


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


def test_float16_is_not_tried_on_a_cpu() -> None:
    tried: set[str] = set()
    tuning.choose(lambda s: tried.add(s.precision), CPU)
    assert tried == {"float32", "bfloat16"}


class Gpu:
    """A GPU whose passes take so long, and fail or overflow in some precisions or from some batch on."""

    def __init__(
        self,
        *,
        short_of_memory: tuple[str, ...] = (),
        overflows: tuple[str, ...] = (),
        most: int = 99,
        pass_s: float = 0.1,
    ) -> None:
        self.short_of_memory, self.overflows, self.most, self.pass_s = short_of_memory, overflows, most, pass_s
        self.seconds, self.tried = 0.0, list[Setting]()

    def run(self, setting: Setting) -> None:
        """Make a pass."""
        self.tried.append(setting)
        if setting.precision in self.short_of_memory or setting.batch > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.seconds += self.pass_s * setting.batch

    def whole(self, setting: Setting) -> None:
        """Paint a picture."""
        self.run(setting)
        if setting.precision in self.overflows:
            raise RuntimeError("the numbers overflow")

    def choose(self) -> Setting:
        """Choose a setting for it."""
        return tuning.choose(self.run, CARD, whole=self.whole, clock=lambda: self.seconds)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> cards.Card:
    return cards.pretend(monkeypatch)


@pytest.mark.parametrize(("halves", "expected"), [(("bfloat16", "float16"), "bfloat16"), (("float16",), "float16")])
def test_gpu_runs_in_its_half_precision_not_float32(card: cards.Card, halves: tuple[str, ...], expected: str) -> None:
    card.halves, gpu = halves, Gpu()
    assert gpu.choose().precision == expected
    assert {setting.precision for setting in gpu.tried} == {expected}


@pytest.mark.parametrize("pass_s", [0.01, 1.01, 30.0])
def test_slow_passes_of_a_gpu_still_time_both_memory_formats(card: cards.Card, pass_s: float) -> None:
    gpu = Gpu(pass_s=pass_s)
    assert gpu.choose().precision == "bfloat16"
    assert {setting.memory_format for setting in gpu.tried} == set(tuning.MEMORY_FORMATS)


@pytest.mark.parametrize(
    ("overflows", "expected"),
    [(("float16",), "bfloat16"), (("bfloat16",), "float16"), (("bfloat16", "float16"), "float32")],
)
def test_precision_that_overflows_is_not_chosen(card: cards.Card, overflows: tuple[str, ...], expected: str) -> None:
    card.halves = ("float16", "bfloat16")
    assert Gpu(overflows=overflows).choose().precision == expected


def test_largest_batch_that_fits_is_chosen_and_out_of_memory_ends_no_start(card: cards.Card) -> None:
    for most in (1, 2, 8):
        gpu = Gpu(most=most, pass_s=0.001)
        assert gpu.choose().batch <= most
        assert max(setting.batch for setting in gpu.tried) > most


def test_gpu_without_room_for_any_precision_is_an_error(card: cards.Card) -> None:
    with pytest.raises(tuning.NothingFits):
        Gpu(short_of_memory=("bfloat16", "float16", "float32")).choose()


def test_lost_gpu_is_not_taken_for_one_that_is_short_of_memory(card: cards.Card) -> None:
    with pytest.raises(torch.AcceleratorError):
        tuning.choose(raising(torch.AcceleratorError("CUDA error: an illegal memory access was encountered")), CARD)


@pytest.mark.parametrize("f32_s", [1.0, 1.01, 60.0])
def test_slow_first_pass_of_a_cpu_keeps_no_other_precision_from_being_measured(f32_s: float) -> None:
    seconds = {"float32": f32_s, "bfloat16": f32_s / 3}
    assert chosen(lambda s: 1000 * seconds[s.precision] * s.batch).precision == "bfloat16"


@pytest.mark.parametrize(("ratio", "expected"), [(0.98, "contiguous"), (0.9, "channels_last")])
def test_slightly_faster_memory_format_is_chosen_on_a_gpu(card: cards.Card, ratio: float, expected: str) -> None:
    passes = Passes(lambda s: s.batch * (ratio if s.memory_format == "channels_last" else 1))
    assert tuning.choose(passes, CARD, clock=lambda: passes.seconds).memory_format == expected


@pytest.mark.parametrize(("half_ms", "expected"), [(3.9, 4), (3.5, 2)])
def test_half_the_threads_are_chosen_if_faster(monkeypatch: pytest.MonkeyPatch, half_ms: float, expected: int) -> None:
    monkeypatch.setattr(tuning, "cores", lambda: 4)
    assert chosen(lambda s: {4: 4.0, 2: half_ms}[s.threads] * s.batch).threads == expected


def test_only_three_settings_of_a_processor_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "cores", lambda: 2)
    tried: set[Setting] = set()
    chosen(lambda s: (tried.add(s), 1.0)[1] * s.batch)
    assert {(s.precision, s.memory_format, s.threads) for s in tried if s.batch == tuning.PROBE} == {
        ("float32", "contiguous", 2), ("bfloat16", "channels_last", 2), ("float32", "contiguous", 1),
    }  # fmt: skip


def on_a_gpu(cost_ms: Callable[[Setting], float]) -> int:
    """Return the batch that is chosen for a GPU whose passes take so long."""
    passes = Passes(cost_ms)
    return tuning.choose(passes, CARD, clock=lambda: passes.seconds).batch


def test_batch_of_a_gpu_grows_while_that_makes_frames_cheaper(card: cards.Card) -> None:
    assert on_a_gpu(lambda s: 20 + s.batch / 10) == max(tuning.BATCHES)


def test_batch_stays_small_where_frames_cost_the_same_in_any(card: cards.Card) -> None:
    assert on_a_gpu(lambda s: 20 * s.batch) <= tuning.PROBE
    assert chosen(lambda s: 20 * s.batch).batch <= tuning.PROBE


def test_batch_grows_where_passes_are_so_short_that_tasks_cost_more(card: cards.Card) -> None:
    assert on_a_gpu(lambda s: s.batch) == max(tuning.BATCHES)


def test_slow_spell_while_batches_are_compared_changes_nothing(card: cards.Card) -> None:
    """Every pass of a stretch in the middle takes four times as long; the batches meet it in turn."""
    count = 0

    def cost_ms(setting: Setting) -> float:
        nonlocal count
        count += 1
        return (4 if 16 <= count < 22 else 1) * (10 + setting.batch)

    assert on_a_gpu(cost_ms) == max(tuning.BATCHES)
    assert count > 22


@pytest.mark.parametrize("seed", range(8))
def test_cpu_with_slow_spells_gets_the_same_setting_at_each_start(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(tuning, "cores", lambda: 2)
    draw, spell = random.Random(seed), 0

    def cost_ms(setting: Setting) -> float:
        nonlocal spell
        if not spell and draw.random() < 0.03:
            spell = draw.randint(1, 20)
        slow = draw.uniform(1.3, 4) if spell else draw.uniform(1, 1.05)
        spell = max(0, spell - 1)
        each = 3.0 if setting.precision == "bfloat16" else 7.5
        return slow * (5 + each * setting.batch) * (1.0 if setting.threads == 2 else 1.6)

    assert {chosen(cost_ms) for _ in range(8)} == {Setting("bfloat16", "channels_last", 2, tuning.PROBE)}


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


def test_processor_is_measured_by_what_it_does_not_by_how_long_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passes that are kept waiting, as on a busy machine, are no dearer for it."""
    busy = waited = 0.0

    def run(setting: Setting) -> None:
        nonlocal busy, waited
        busy += 0.003
        waited += 0.02 * setting.batch  # another process has the CPU, the longer the larger the batch

    clocks = SimpleNamespace(process_time=lambda: busy, perf_counter=lambda: busy + waited)
    monkeypatch.setattr(tuning, "time", clocks)
    assert tuning.choose(run, CPU, budget_s=0.5).batch == tuning.PROBE
    monkeypatch.setattr(clocks, "process_time", clocks.perf_counter)
    assert tuning.choose(run, CPU, budget_s=0.5).batch < tuning.PROBE, "or the test proves nothing"


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
    assert tuning.choose(raising(RuntimeError("no such operation")), CPU) == tuning.fallback()
    assert tuning.fallback() == Setting("float32", "contiguous", tuning.cores(), 1)


@pytest.mark.parametrize(
    ("setting", "allowed"), [(None, 4), ("", 4), ("1", 1), ("2,1", 2), ("64", 4), ("0", 1), ("two", 4)]
)
def test_fewer_cores_are_used_if_openmp_asks(
    monkeypatch: pytest.MonkeyPatch, setting: str | None, allowed: int
) -> None:
    monkeypatch.setattr(tuning, "cores", lambda: 4)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if setting is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", setting)
    assert tuning.allowed_cores() == allowed


def test_other_errors_are_not_swallowed() -> None:
    with pytest.raises(KeyError):
        tuning.choose(raising(KeyError("a mistake")), CPU)


def test_automatic_device_is_the_best_there_is() -> None:
    mac = "mps" if torch.backends.mps.is_available() else "cpu"
    assert tuning.find("auto").type == ("cuda" if torch.cuda.is_available() else mac)
    assert tuning.find("cpu") == CPU


def test_macs_gpu_is_chosen_where_there_is_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not run on a Mac: the device is a fake."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert tuning.find("auto") == torch.device("mps")


def test_macs_gpu_is_waited_for_and_its_cache_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not run on a Mac: the device is a fake."""
    done: list[str] = []
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "synchronize", lambda: done.append("waited"))
    monkeypatch.setattr(torch.mps, "empty_cache", lambda: done.append("emptied"))
    passes = Passes(lambda s: s.batch)

    def run(setting: Setting) -> None:
        done.append(setting.precision)
        passes(setting)
        if setting.batch > 4:
            raise torch.OutOfMemoryError("MPS backend out of memory")

    setting = tuning.choose(run, torch.device("mps"), clock=lambda: passes.seconds)
    assert (setting.precision, setting.batch) == ("float16", 4)
    assert set(done) == {"float16", "waited", "emptied"}
    assert done[1::2][:2] == ["waited"] * 2


def test_unknown_device_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="abacus"):
        tuning.find("abacus")


def test_passes_on_a_card_are_waited_for_on_that_card(monkeypatch: pytest.MonkeyPatch) -> None:
    passes, waited = Passes(lambda s: s.batch), []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (8, 0))
    monkeypatch.setattr(torch.cuda, "synchronize", waited.append)
    second = torch.device("cuda", 1)
    tuning.choose(passes, second, clock=lambda: passes.seconds)
    assert set(waited) == {second}
