"""Where a test run's seconds go: the processor's, and those in which tests sleep.

A pytest plugin for the processes that run tests and for the one that reports.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import asleep
from tests.support.asleep import SECONDS, SLEPT

SLEPT_MAX = 2.0  # seconds that a test of the gate may sleep
WORST = 10
TICKS = 100  # a second, in /proc/stat (proc(5): USER_HZ)


@dataclass(frozen=True, slots=True)
class Processor:
    """Seconds of all processors of this machine since it started."""

    used: float
    idle: float

    @classmethod
    def now(cls) -> Processor | None:
        """Read them; return ``None`` where the system does not count them (proc(5))."""
        stat = Path("/proc/stat")
        if not stat.exists():
            return None
        user, nice, system, idle, waiting, *others = map(int, stat.read_text().splitlines()[0].split()[1:9])
        return cls((user + nice + system + sum(others)) / TICKS, (idle + waiting) / TICKS)

    def since(self) -> str:
        """Return how many were used and idle since these were read, in words."""
        now = Processor.now()
        assert now is not None
        return f"{now.used - self.used:.0f} processor seconds used, {now.idle - self.idle:.0f} idle"


def pytest_configure(config: pytest.Config) -> None:
    """Count from now on, and report in the process that does."""
    asleep.count(on=True)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Report())


def pytest_unconfigure() -> None:
    """Count no longer."""
    asleep.count(on=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Begin a test's count."""
    asleep.begin()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Fail a test that slept too long, and send its seconds along."""
    report = yield
    if report.when == "call" and report.passed and (words := too_long(item)):
        report.outcome, report.longrepr = "failed", words
    if report.when == "teardown":
        report.user_properties += [(name, seconds) for name, seconds in SECONDS.items() if seconds]
    return report


def too_long(item: pytest.Item) -> str:
    """Return the message for a test that slept longer than it may; empty where it did not.

    The seconds are those it asked for, so they are the same on every machine. Campaigns may sleep, and tests with the
    mark ``sleeps``, which gives a reason.
    """
    slept = SECONDS[SLEPT]
    if slept <= SLEPT_MAX or item.nodeid.startswith("tests/campaigns/") or item.get_closest_marker("sleeps"):
        return ""
    return f"This test slept for {slept:.1f} seconds of {SLEPT_MAX:g}: wait for what happens, or set the clock."


class Report:
    """A plugin for the process that reports: prints the seconds at the end."""

    def __init__(self) -> None:
        self._began = Processor.now()
        self._asleep: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up what a test slept and waited."""
        if report.when == "teardown":
            self._asleep[report.nodeid] = sum(
                float(str(seconds)) for name, seconds in report.user_properties if name in SECONDS
            )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the seconds."""
        terminalreporter.section("seconds")
        if self._began is not None:
            terminalreporter.line(f"{self._began.since()} on this machine; {sum(self._asleep.values()):.0f} asleep, of")
        for nodeid, seconds in sorted(self._asleep.items(), key=lambda each: -each[1])[:WORST]:
            if seconds >= 1:
                terminalreporter.line(f"{seconds:8.1f}  {nodeid}")


def main() -> None:
    """Print the processor's seconds since a file was written, or write it: ``python -m tests.support.seconds FILE``."""
    file = Path(sys.argv[1])
    now = Processor.now()
    if now is None:
        return
    if file.exists():
        print(f"In all: {Processor(*map(float, file.read_text().split())).since()}.")
        file.unlink()
    else:
        file.write_text(f"{now.used} {now.idle}")


if __name__ == "__main__":
    main()
