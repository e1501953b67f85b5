"""Processes that draw side by side: the same sketches as one draws alone, whatever becomes of them."""

import functools
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from sketch.walks import drawing_pool
from sketch.walks.drawing_pool import DrawingPool, Place
from sketch.walks.legs import Legs, Order
from tests.support import drawings
from tests.support.live import is_running, wait_until
from tests.support.raising import raising

pytestmark = pytest.mark.slow

ORDER = Order.from_scenes([drawings.scene("house"), drawings.scene("cat face")], drawings.book(), 32, guide=2)
PLACES: list[Place] = [(0, at / 12) for at in range(13)]


class Counted(Legs):
    """Legs that note what was drawn in this process."""

    def __init__(self) -> None:
        super().__init__(ORDER)
        self.places: list[Place] = []

    def draw(self, leg: int, t: float) -> drawing_pool.Conditioning:
        self.places.append((leg, t))
        return super().draw(leg, t)


@pytest.fixture
def pool() -> Iterator[DrawingPool]:
    pool = DrawingPool(1)
    wait_until(pool._ready_processes)
    yield pool
    pool.close()


def process(pool: DrawingPool) -> int:
    (found,) = pool._executor._processes
    return found


def same(found: list[drawing_pool.Conditioning], places: list[Place] = PLACES) -> bool:
    """Return whether these are what one process draws at these places."""
    alone = [Legs(ORDER).draw(*place) for place in places]
    return len(found) == len(alone) and all(
        (a.sketch == b.sketch).all() and a.guide is not None and b.guide is not None and (a.guide == b.guide).all()
        for a, b in zip(found, alone, strict=True)
    )


def test_some_are_drawn_by_another_process_and_all_are_the_same(pool: DrawingPool) -> None:
    legs = Counted()
    assert same(pool.draw(ORDER, legs, PLACES))
    assert 0 < len(legs.places) < len(PLACES)


def test_few_are_drawn_here(pool: DrawingPool) -> None:
    legs = Counted()
    assert same(pool.draw(ORDER, legs, PLACES[:3]), PLACES[:3])
    assert len(legs.places) == 3


def test_sketches_that_were_drawn_ahead_are_not_drawn_here(pool: DrawingPool) -> None:
    legs = Counted()
    pool.draw_ahead(ORDER, PLACES[2:8])
    assert same(pool.draw(ORDER, legs, PLACES[2:8]), PLACES[2:8])
    assert legs.places == []
    assert same(pool.draw(ORDER, legs, PLACES[2:4]), PLACES[2:4])
    assert legs.places == PLACES[2:4], "each is given back once"


def test_sketches_ahead_are_few_and_the_oldest_go(pool: DrawingPool, monkeypatch: pytest.MonkeyPatch) -> None:
    legs = Counted()
    pool.draw_ahead(ORDER, PLACES)
    assert [place for _, place in pool._ahead] == PLACES[: drawing_pool.AHEAD]
    monkeypatch.setattr(drawing_pool, "KEPT", 2)
    pool.draw_ahead(ORDER, PLACES[:1])
    assert same(pool.draw(ORDER, legs, PLACES[5:8]), PLACES[5:8])
    assert legs.places == PLACES[5:6]


def test_sketches_ahead_are_drawn_here_if_the_process_is_killed(pool: DrawingPool) -> None:
    legs = Counted()
    os.kill(process(pool), signal.SIGSTOP)
    pool.draw_ahead(ORDER, PLACES[:2])
    os.kill(process(pool), signal.SIGKILL)
    assert same(pool.draw(ORDER, legs, PLACES[:2]), PLACES[:2])
    assert legs.places == PLACES[:2]


def test_nothing_is_drawn_ahead_before_the_processes_have_started() -> None:
    pool, legs = DrawingPool(1), Counted()
    pool.draw_ahead(ORDER, PLACES[:2])
    assert same(pool.draw(ORDER, legs, PLACES[:2]), PLACES[:2])
    assert len(legs.places) == 2
    pool.close()


def test_walk_does_not_wait_for_processes_that_have_not_started_yet() -> None:
    pool, legs = DrawingPool(1), Counted()
    assert same(pool.draw(ORDER, legs, PLACES))
    assert len(legs.places) == len(PLACES)
    pool.close()


def test_killed_process_costs_a_warning_and_is_replaced(pool: DrawingPool, caplog: pytest.LogCaptureFixture) -> None:
    os.kill(process(pool), signal.SIGKILL)
    with caplog.at_level(logging.WARNING):
        wait_until(lambda: same(pool.draw(ORDER, Counted(), PLACES)) and caplog.records)
    assert "draws sketches ended early" in caplog.text
    wait_until(pool._ready_processes)
    legs = Counted()
    assert same(pool.draw(ORDER, legs, PLACES))
    assert len(legs.places) < len(PLACES)


def test_signals_to_a_whole_service_leave_it_drawing(pool: DrawingPool) -> None:
    one = process(pool)
    for each in (signal.SIGINT, signal.SIGTERM):
        os.kill(one, each)
    time.sleep(0.1)
    assert same(pool.draw(ORDER, Counted(), PLACES)) and process(pool) == one


ASKING = """
import sys, time
from sketch.walks.drawing_pool import DrawingPool
pool = DrawingPool(1)
while not pool._ready_processes():
    time.sleep(0.02)
print(*pool._executor._processes, flush=True)
time.sleep(600)
"""


def test_process_ends_with_the_one_that_asked_though_that_was_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", ASKING], stdout=subprocess.PIPE, text=True) as asking:
        drawer = int(asking.stdout.readline())
        assert is_running(drawer)
        asking.kill()
    wait_until(lambda: not is_running(drawer))


def test_all_is_drawn_here_without_processes(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(drawing_pool, "ProcessPoolExecutor", raising(PermissionError("no semaphores here")))
    pool, legs = DrawingPool(1), Counted()
    for _ in range(2):
        assert same(pool.draw(ORDER, legs, PLACES))
    assert len(legs.places) == 2 * len(PLACES)
    assert [each.getMessage() for each in caplog.records] == [
        "Cannot start processes that draw sketches; drawing in this process instead: no semaphores here."
    ]


def test_ended_processes_are_not_restarted(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(drawing_pool, "_nothing", functools.partial(os._exit, 1))
    pool, legs = DrawingPool(1), Counted()
    wait_until(lambda: same(pool.draw(ORDER, legs, PLACES)) and caplog.records)
    assert "Cannot start processes that draw sketches; drawing in this process instead: " in caplog.text
    assert same(pool.draw(ORDER, legs, PLACES))
    assert pool._executor is None and len(caplog.records) == 1


def test_processes_find_this_package_though_the_path_does_not_name_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each not in ("", drawing_pool.ROOT)])
    pool = DrawingPool(1)
    wait_until(pool._ready_processes)
    assert same(pool.draw(ORDER, Counted(), PLACES))
    pool.close()


@pytest.mark.parametrize(("cores", "processes"), [(1, 0), (2, 1), (3, 2), (64, drawing_pool.MOST)])
def test_one_core_is_left_to_the_process_that_asks(cores: int, processes: int) -> None:
    assert drawing_pool.extra_processes(cores) == processes
