"""The choice for a machine, remembered from start to start; and nothing from a broken file."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.support import cards
from worker.diffusion import tuning_cache
from worker.diffusion.fitting import devices
from worker.diffusion.model_pool import Painters
from worker.diffusion.tuning import Setting

CPU = torch.device("cpu")
FAST = Setting("bfloat16", "contiguous", 2, 16)


def test_choice_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "instance" / "device.json"
    tuning_cache.save_setting(file, "ours", FAST)
    tuning_cache.save_setting(file, "another", Setting("float32", "contiguous", 2, 8))
    assert tuning_cache.load_setting(file, "ours") == FAST
    assert tuning_cache.load_setting(file, "a third") is None


NOW = 1e9


def _entry(*chosen: Any, at: Any = NOW) -> str:
    return json.dumps({"ours": {"chosen": chosen, "chosen_at": at}})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the times at which choices are saved and read; the last one is now."""
    times = [NOW]
    monkeypatch.setattr(tuning_cache.time, "time", lambda: times[-1])
    return times


def test_entry_that_makes_sense_is_read(tmp_path: Path, clock: list[float]) -> None:
    (tmp_path / "device.json").write_text(_entry("bfloat16", "contiguous", 2, 16))
    assert tuning_cache.load_setting(tmp_path / "device.json", "ours") == FAST


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "null", '{"ours": 5}', '{"ours": null}', '{"ours": {"chosen": 3}}', _entry(), _entry("bfloat16"),
        _entry("int3", "contiguous", 2, 16), _entry("bfloat16", "sideways", 2, 1), _entry([], [], 2, 1),
        _entry("bfloat16", "contiguous", 0, 16), _entry("bfloat16", "contiguous", 2, 1.5),
        _entry("bfloat16", "contiguous", 2, 16, at="yesterday"), _entry("bfloat16", "contiguous", 2, 16, at=[]),
        '{"ours": {"times": [[["bfloat16", "contiguous", 2, 16], 0.07]], "chosen": ["bfloat16", "contiguous", 2, 16]}}',
    ],
)  # fmt: skip
def test_file_that_says_nothing_sensible_is_as_none(tmp_path: Path, clock: list[float], content: str) -> None:
    file = tmp_path / "device.json"
    file.write_text(content)
    assert tuning_cache.load_setting(file, "ours") is None
    chosen = tuning_cache.choose(file, lambda _: None, CPU, revision="r")
    assert tuning_cache.load_setting(file, tuning_cache.name(CPU, "r")) == chosen


def test_start_within_a_day_of_another_measures_nothing(tmp_path: Path, clock: list[float]) -> None:
    file = tmp_path / "device.json"
    runs: list[Setting] = []
    chosen = tuning_cache.choose(file, runs.append, CPU, revision="r")
    first = len(runs)
    clock.append(NOW + tuning_cache.FRESH_S - 1)
    assert tuning_cache.choose(file, runs.append, CPU, revision="r") == chosen
    assert len(runs) == first > 0
    for now in (NOW + tuning_cache.FRESH_S + 1, 0.0):  # later, and by a clock that was put back
        clock.append(now)
        before = len(runs)
        tuning_cache.choose(file, runs.append, CPU, revision="r")
        assert len(runs) > before


def test_folder_that_cannot_be_written_stops_no_visitor(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    tuning_cache.save_setting(tmp_path / "file" / "device.json", "ours", FAST)
    assert tuning_cache.load_setting(tmp_path / "file" / "device.json", "ours") is None


def test_only_the_machines_measured_last_are_remembered(tmp_path: Path) -> None:
    file = tmp_path / "device.json"
    for number in range(tuning_cache.MACHINES + 3):
        tuning_cache.save_setting(file, f"machine {number}", FAST)
    assert tuning_cache.load_setting(file, "machine 2") is None
    assert tuning_cache.load_setting(file, "machine 3") == FAST
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
        chosen = tuning_cache.load_setting(file, tuning_cache.name(CPU, painter.revision))
        assert painter.rendering().batch == chosen.batch
