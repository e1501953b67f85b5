"""What is remembered of a machine from start to start: the same choice, sooner; and nothing from a broken file."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.support import cards
from worker.diffusion import tuning, tuning_cache
from worker.diffusion.fitting import devices
from worker.diffusion.model_pool import Painters
from worker.diffusion.tuning import Known, Setting

CPU = torch.device("cpu")
FAST = Setting("bfloat16", "contiguous", 2, 16)


class Machine:
    """Passes of a known cost; in a slow spell, which may come at any time, they take longer."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.seconds, self.passes, self.spell = 0.0, 0, 0

    def __call__(self, setting: Setting) -> None:
        """Run one pass."""
        self.passes += 1
        if not self.spell and self.random.random() < 0.03:
            self.spell = self.random.randint(1, 20)
        slow = self.random.uniform(1.3, 4) if self.spell else self.random.uniform(1, 1.05)
        self.spell = max(0, self.spell - 1)
        each = 3.0 if setting.precision == "bfloat16" else 7.5
        each *= 1.15 if setting.memory_format == "channels_last" else 1.0
        self.seconds += slow * (5 + each * setting.batch) * (1.0 if setting.threads == 2 else 1.6) / 1000


class Passes:
    """Passes that take so many milliseconds a frame in each memory format."""

    def __init__(self, each_ms: Mapping[str, float]) -> None:
        self.each_ms, self.seconds = each_ms, 0.0

    def __call__(self, setting: Setting) -> None:
        """Run one pass."""
        self.seconds += self.each_ms[setting.memory_format] * setting.batch / 1000


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "cores", lambda: 2)


def start(machine: Machine, known: Known) -> Setting:
    """Measure once more, on the machine's own clock."""
    return tuning.choose(machine, CPU, known, clock=lambda: machine.seconds)


@pytest.mark.parametrize("seed", range(8))
def test_start_after_start_on_a_machine_with_slow_spells_chooses_the_same_and_sooner(seed: int) -> None:
    machine, known = Machine(seed), Known()
    chosen = [start(machine, known)]
    first = machine.passes
    for _ in range(8):
        chosen.append(start(machine, known))
    assert {(one.precision, one.memory_format, one.threads) for one in chosen} == {("bfloat16", "contiguous", 2)}
    assert len(set(chosen)) == 1
    assert machine.passes - first < 8 * first / 2


def test_shortest_times_are_kept() -> None:
    known = Known()
    start(Machine(1), known)
    before = dict(known.times)
    start(Machine(2), known)
    assert all(known.times[setting] <= seconds for setting, seconds in before.items())


def test_last_choice_stays_unless_another_is_clearly_better() -> None:
    known = Known()
    for ratio, expected in ((1.1, "contiguous"), (0.9, "contiguous"), (0.8, "channels_last"), (0.99, "channels_last")):
        known.times.clear()
        passes = Passes({"contiguous": 4.0, "channels_last": 4.0 * ratio})
        assert tuning.choose(passes, CPU, known, clock=lambda: passes.seconds).memory_format == expected  # noqa: B023


def test_setting_that_fails_now_is_not_chosen_for_its_earlier_times() -> None:
    known = Known()
    assert start(Machine(3), known).precision == "bfloat16"

    def run(setting: Setting) -> None:
        if setting.precision == "bfloat16":
            raise RuntimeError("no such operation any more")
        machine(setting)

    machine = Machine(4)
    assert tuning.choose(run, CPU, known, clock=lambda: machine.seconds).precision == "float32"


def test_what_was_measured_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "instance" / "device.json"
    known = Known({FAST: 0.07, Setting("float32", "contiguous", 2, 8): 0.2}, FAST)
    tuning_cache.write(file, "ours", known)
    tuning_cache.write(file, "another", Known())
    assert tuning_cache.read(file, "ours") == known
    assert tuning_cache.read(file, "a third") == Known()


def _entry(**changes: Any) -> str:
    found = {"times": [[["bfloat16", "contiguous", 2, 16], 0.07]], "chosen": ["bfloat16", "contiguous", 2, 16]}
    return json.dumps({"ours": found | changes})


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "null", '{"ours": 5}', '{"ours": null}', '{"ours": {"times": 3}}', _entry(times=[]),
        _entry(times=[[["int3", "contiguous", 2, 16], 0.07]]), _entry(times=[[["bfloat16", "contiguous", 2, 16], -1]]),
        _entry(times=[[["bfloat16", "contiguous", 2, 16], float("nan")]]), _entry(chosen=["bfloat16"]),
        _entry(times=[[["bfloat16", "contiguous", 0, 16], 0.07]]), _entry(times=[[[[]], 1]]),
        _entry(chosen=["bfloat16", "sideways", 2, 1]),
    ],
)  # fmt: skip
def test_file_that_says_nothing_sensible_is_as_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "device.json"
    file.write_text(content)
    assert tuning_cache.read(file, "ours") == Known()
    assert tuning_cache.choose(file, Machine(0), CPU, revision="r").batch > 0
    assert tuning_cache.read(file, tuning_cache.name(CPU, "r")).times


def test_start_soon_after_another_measures_nothing_and_a_later_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, clock = tmp_path / "device.json", [1e9]
    monkeypatch.setattr(tuning_cache.time, "time", lambda: clock[-1])
    runs: list[Setting] = []
    chosen = tuning_cache.choose(file, runs.append, CPU, revision="r")
    first = len(runs)
    clock.append(1e9 + tuning_cache.FRESH_SECONDS - 1)
    assert tuning_cache.choose(file, runs.append, CPU, revision="r") == chosen
    assert len(runs) == first > 0
    for now in (1e9 + tuning_cache.FRESH_SECONDS + 1, 0.0):  # later, and by a clock that was put back
        clock.append(now)
        before = len(runs)
        tuning_cache.choose(file, runs.append, CPU, revision="r")
        assert len(runs) > before


def test_folder_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    tuning_cache.write(tmp_path / "file" / "device.json", "ours", Known({FAST: 0.07}, FAST))
    assert tuning_cache.read(tmp_path / "file" / "device.json", "ours") == Known()


def test_only_the_machines_measured_last_are_remembered(tmp_path: Path) -> None:
    file = tmp_path / "device.json"
    for number in range(tuning_cache.MACHINES + 3):
        tuning_cache.write(file, f"machine {number}", Known({FAST: 0.07}, FAST))
    assert tuning_cache.read(file, "machine 2") == Known()
    assert tuning_cache.read(file, "machine 3").chosen == FAST
    assert [one.name for one in tmp_path.iterdir()] == ["device.json"]


def test_another_model_is_another_machine() -> None:
    assert tuning_cache.name(CPU, "one") != tuning_cache.name(CPU, "two")


def test_gpu_is_remembered_with_its_driver_and_where_the_model_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    cards.pretend(monkeypatch)
    card = torch.device(cards.NAME)
    names = [tuning_cache.name(card, "one", placement) for placement in ("model", "tiles")]
    monkeypatch.setattr(devices, "name", lambda _: "a GPU with another driver")
    assert len({*names, tuning_cache.name(card, "one", "model")}) == 3


@pytest.mark.slow
def test_worker_remembers_what_it_measured(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    file = tmp_path / "device.json"
    for _ in range(2):
        painter = Painters({"tiny": str(tiny_models["bert"])}, device="cpu", measurements=file).get()
        known = tuning_cache.read(file, tuning_cache.name(CPU, painter.revision))
        assert known.chosen is not None
        assert painter.rendering().batch == known.chosen.batch
