"""The soak test: growth as the slope of a line, and screens that move on as real ones do."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import screens
from benchmarks.screens import LEG_SECONDS, Screen
from benchmarks.soak import slope


def test_slope_is_in_megabytes_per_hundred_walks() -> None:
    records = [{"walks": walks, "worker": {"private": 700 + 0.02 * walks}} for walks in (100, 250, 900)]
    assert slope(records, "worker", "private") == pytest.approx(2.0)


def leg(number: int, *, finished: bool = True) -> dict[str, Any]:
    return {"number": number, "finished": finished, "frames": ["/media/a.webp"]}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [1000.0]
    monkeypatch.setattr(screens.time, "monotonic", lambda: moment[0])
    return moment


def test_screen_moves_on_once_it_has_shown_a_leg(clock: list[float]) -> None:
    screen = Screen("http://127.0.0.1/programme?key=k")
    screen.receive([leg(1), leg(2)])
    screen.receive([leg(1), leg(2)])
    assert (screen.at, screen.shown) == (1, 1)
    clock[0] += LEG_SECONDS + 0.1
    screen.receive([leg(1), leg(2)])
    assert (screen.at, screen.shown, screen.waited) == (2, 2, 0)


def test_screen_waits_for_a_leg_that_is_not_finished(clock: list[float]) -> None:
    screen = Screen("http://127.0.0.1/programme?key=k")
    screen.receive([leg(1)])
    clock[0] += LEG_SECONDS + 0.1
    screen.receive([leg(1), leg(2, finished=False)])
    assert (screen.at, screen.waited) == (1, screens.POLL_SECONDS)
