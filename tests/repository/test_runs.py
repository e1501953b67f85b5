"""How tests are run: a failure among servers once more alone, and seconds asleep counted and bounded."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from tests import __main__ as program
from tests.support import asleep, seconds

SERVER, PLAIN = "tests/server/test_site.py::test_a", "tests/app/core/test_config.py::test_b"


def fails(monkeypatch: pytest.MonkeyPatch, first: dict[str, str], *alone: str) -> list[list[str]]:
    """Fail these tests in the first run, and those named last alone as well; return the list of runs."""
    runs: list[list[str]] = []

    def pytest_(tests: Sequence[str], *_options: str) -> program.Outcome:
        runs.append(list(tests))
        failed = dict(first) if len(runs) == 1 else {test: "again" for test in tests if test in alone}
        return program.Outcome(1 if failed else 0, failed)

    monkeypatch.setattr(program, "pytest", pytest_)
    return runs


def test_server_test_that_passes_alone_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = fails(monkeypatch, {SERVER: "assert 1 == 2"})
    assert program.run(["tests"]).status == 0
    assert runs == [["tests"], [SERVER]]
    output = capsys.readouterr().out
    assert f"*** FLAKY: {SERVER} failed, and passed when it was run again alone." in output
    assert "assert 1 == 2" in output


def test_server_test_that_fails_alone_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    fails(monkeypatch, {SERVER: "assert 1 == 2"}, SERVER)
    ended = program.run(["tests"])
    assert (ended.status, list(ended.failed)) == (1, [SERVER])


@pytest.mark.parametrize(
    "first", [{PLAIN: "why"}, {PLAIN: "why", SERVER: "why"}, {f"{SERVER}{n}": "why" for n in range(6)}]
)
def test_other_and_many_failures_are_not_run_again(monkeypatch: pytest.MonkeyPatch, first: dict[str, str]) -> None:
    runs = fails(monkeypatch, first)
    assert program.run(["tests"]).status == 1
    assert runs == [["tests"]]


def item(nodeid: str, *marks: str) -> Any:
    return SimpleNamespace(nodeid=nodeid, get_closest_marker=lambda name: name in marks)


def words_after(sleep: Callable[[float], None], each: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what is said of a test that slept for three seconds that do not pass."""
    monkeypatch.setattr(asleep, "_sleep", lambda _seconds: None)
    asleep.begin()
    sleep(3)
    words = seconds.too_long(each)
    asleep.begin()  # this test has not slept
    return words


def test_gate_test_that_sleeps_too_long_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "This test slept for 3.0 seconds of 2: wait for what happens, or set the clock."
    assert words_after(time.sleep, item(PLAIN), monkeypatch) == words


@pytest.mark.parametrize("free", [item(PLAIN, "sleeps"), item("tests/campaigns/faults/test_faults.py::test_a")])
def test_exceptions_by_name_and_campaigns_may_sleep(free: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert words_after(time.sleep, free, monkeypatch) == ""


def test_waiting_for_a_condition_is_no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    assert words_after(asleep.pause, item(PLAIN), monkeypatch) == ""


def test_waiting_for_a_process_is_no_sleep() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    asleep.begin()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.communicate(b"\n")
    assert asleep.SECONDS[asleep.SLEPT] == 0 < asleep.SECONDS[asleep.WAITED]


def test_processor_seconds_are_those_since(monkeypatch: pytest.MonkeyPatch) -> None:
    before = seconds.Processor(100.0, 50.0)
    monkeypatch.setattr(seconds.Processor, "now", lambda: seconds.Processor(112.4, 53.0))
    assert before.since() == "12 processor seconds used, 3 idle"
