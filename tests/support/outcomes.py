"""A pytest plugin that writes each test's outcome to a file, for the program that starts pytest."""

import json
from pathlib import Path

import pytest

OPTION = "--outcomes"
REASON_MAX = 300  # characters


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the file."""
    parser.addoption(OPTION, type=Path)


def pytest_configure(config: pytest.Config) -> None:
    """Write in the process that reports alone."""
    file = config.getoption(OPTION)
    if file is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Writer(file))


class Writer:
    """Writes a line of JSON for each test that passed, failed or was left out."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._file.touch()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write what became of a test."""
        if report.when != "call" and report.passed:
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        line = {"test": report.nodeid, "outcome": report.outcome, "reason": reason.strip()[-REASON_MAX:]}
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
