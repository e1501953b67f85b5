"""Failures are printed as they happen: a run that is ended from outside prints no summary."""

import pytest

LONGEST = 4000  # characters of a failure, from its end


class AtOnce:
    """A pytest plugin for the process that reports."""

    def __init__(self, config: pytest.Config) -> None:
        self._terminal = config.get_terminal_writer()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print what failed, and why."""
        if report.failed:
            self._terminal.line(f"\n{report.longreprtext[-LONGEST:]}\nFAILED {report.nodeid} ({report.when})")
