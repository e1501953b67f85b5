"""Workers that share a walk: a painter that sleeps takes as long as its passes; the table holds like against like."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from app.offer.generation import cost, presets
from benchmarks import sharing, sleeper
from benchmarks.sleeper import Sleeper
from benchmarks.store import Store
from worker.diffusion.rendering import StopInput

SAMPLING = presets.resolve("balanced", {})


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Note what the painter sleeps, and sleep nothing; other threads of the process sleep as they like."""
    found: list[float] = []
    monkeypatch.setattr(sleeper, "time", SimpleNamespace(sleep=found.append))
    return found


def test_a_sleeper_sleeps_for_each_pass_of_each_picture_and_counts_them(slept: list[float]) -> None:
    painter = Sleeper(0.5)
    prepared = painter.prepare([StopInput("a cup", "", 1), StopInput("a hat", "", 2)], painter.rendering(SAMPLING))
    left, right = painter.paint(prepared, [0, 1], keep=(6,), pad=2, on_step=lambda: None)
    start = (left.states[6], right.states[6], 0.5)
    painter.paint(prepared, [0.5] * 3, start=[start] * 3, until=8, decode=False, on_step=lambda: None)
    whole, further = cost.of_frame(SAMPLING, 0, 10), cost.of_frame(SAMPLING, 6, 8)
    assert slept == [2 * whole * 0.5, 3 * further * 0.5]
    assert painter.passes == 2 * whole + 3 * further


def test_only_what_is_not_the_stops_is_divided() -> None:
    stops, whole = 2 * cost.of_frame(SAMPLING, 0, 10), cost.of_walk(SAMPLING, stops=2, frames=sharing.FRAMES)
    assert sharing.largest_speedup(1, SAMPLING) == pytest.approx(1)
    assert whole / sharing.largest_speedup(4, SAMPLING) == pytest.approx(stops + (whole - stops) / 4)


def test_each_setting_is_held_against_the_first_of_its_part(tmp_path: Path) -> None:
    store = Store("sharing", results=tmp_path)
    for part, workers, cores, seconds in (
        ("asleep", 1, None, 8.0), ("asleep", 1, None, 9.0), ("asleep", 1, None, 30.0), ("asleep", 2, None, 6.0),
        ("house", 1, 1, 5.0), ("house", 2, 1, 4.0),
    ):  # fmt: skip
        store.add(part, workers=workers, cores=cores, seconds=seconds, sampling=SAMPLING)
    rows = [[cell.strip() for cell in row.split("|")[2:4]] for row in sharing.table(store).splitlines()[2:]]
    assert rows == [["9.00", "1.00"], ["6.00", "1.50"], ["5.00", "1.00"], ["4.00", "1.25"]]


def test_the_workers_of_a_setting_share_no_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {4, 5, 6, 7})
    assert [sharing.Setting(2, 2, 1).command(worker)[:3] for worker in (0, 1)] == [
        ["taskset", "--cpu-list", "4,5"],
        ["taskset", "--cpu-list", "6,7"],
    ]
