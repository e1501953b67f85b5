"""The progress of long commands: one line on a terminal, a line now and then elsewhere."""

import json
import os
import pty
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import click
import pytest
from flask.testing import FlaskCliRunner

from app.cli import progress
from app.cli.progress import CLEAR, Progress
from tests.support.commands import run
from tests.support.ends import read_all
from tests.support.rows import Maker


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Replace the clock by one that is set."""
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def shown_on(open_ends: Callable[[], tuple[int, int]], use: Callable[[Progress], None], **params: Any) -> str:
    """Return what a command that shows its progress writes to stderr, which is an end of a pipe or of a terminal."""
    read_end, write_end = open_ends()
    context = click.Context(click.Command("backup"))
    context.params = params
    with os.fdopen(write_end, "w") as stderr, redirect_stderr(stderr), context, Progress() as shown:
        use(shown)
    with os.fdopen(read_end, "rb", buffering=0) as file:
        return read_all(file.fileno()).decode().replace("\r\n", "\n")


def count_to_a_thousand(clock: Clock, seconds: float) -> Callable[[Progress], None]:
    def count(shown: Progress) -> None:
        for done in range(1, 1001):
            clock.now += seconds / 1000
            shown.report("files saved", done, 1000)

    return count


def test_terminal_shows_one_line_that_is_replaced_and_removed(clock: Clock) -> None:
    shown = shown_on(pty.openpty, count_to_a_thousand(clock, 1.0))
    lines = shown.split(CLEAR)
    assert "\n" not in shown
    assert lines[:2] == ["", "files saved: 1 of 1,000, 0 %"]
    assert lines[-1] == ""
    assert 9 <= len(lines) <= 13  # ten times a second


def test_pipe_gets_a_line_every_two_seconds(clock: Clock) -> None:
    shown = shown_on(os.pipe, count_to_a_thousand(clock, 10.0)).splitlines()
    assert 4 <= len(shown) <= 5
    assert shown[0] in ("files saved: 200 of 1,000, 20 %", "files saved: 201 of 1,000, 20 %")
    assert not any("\033" in line or "\r" in line for line in shown)


def test_pipe_of_a_quick_command_gets_nothing(clock: Clock) -> None:
    assert shown_on(os.pipe, count_to_a_thousand(clock, 1.9)) == ""


@pytest.mark.parametrize("open_ends", [pty.openpty, os.pipe])
def test_json_output_comes_without_progress(clock: Clock, open_ends: Callable[[], tuple[int, int]]) -> None:
    assert shown_on(open_ends, count_to_a_thousand(clock, 10.0), as_json=True) == ""


def test_terminal_shows_each_new_part_at_once(clock: Clock) -> None:
    def use(shown: Progress) -> None:
        shown.report("copying the database", 0, 0)
        shown.report("files saved", 0, 7)
        shown.report("files saved", 1, 7)

    expected = ["", "copying the database …", "files saved: 0 of 7, 0 %", ""]
    assert shown_on(pty.openpty, use).split(CLEAR) == expected


def test_terminal_line_is_no_wider_than_the_terminal(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    (line,) = filter(None, shown_on(pty.openpty, lambda shown: shown.report("x" * 50, 1, 2)).split(CLEAR))
    assert line == "x" * 19


def test_more_than_was_counted_before_is_all(clock: Clock) -> None:
    shown = shown_on(pty.openpty, lambda shown: shown.report("files", 12, 10))
    assert shown.split(CLEAR)[1] == "files: 12 of 12, 100 %"


def test_terminal_line_is_removed_before_something_else_is_printed(clock: Clock) -> None:
    def use(shown: Progress) -> None:
        shown.report("files", 1, 2)
        shown.clear()
        shown.clear()
        click.echo("a finding", err=True)

    assert shown_on(pty.openpty, use) == f"{CLEAR}files: 1 of 2, 50 %{CLEAR}a finding\n"


@pytest.fixture
def each_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print a line for each report."""
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)


@pytest.fixture
def walks(publish: Maker) -> Iterator[None]:
    """Publish two walks, of six files each."""
    publish("a fox", "an owl"), publish("a lamp", "a moth")
    yield


@pytest.mark.usefixtures("walks", "each_line")
def test_backups_show_how_far_they_are(runner: FlaskCliRunner, tmp_path: Path) -> None:
    file = str(tmp_path / "site.tar")
    lines = run(runner, "backup", "create", file).stderr.splitlines()
    assert lines[0] == "copying the database …"
    assert (lines[1], lines[-1]) == ("files saved: 0 of 12, 0 %", "files saved: 11 of 12, 91 %")
    lines = run(runner, "backup", "verify", file).stderr.splitlines()
    assert lines[0] == "files of the archive checked: 0 of 13, 0 %"
    assert lines[13:] == [
        "comparing the tables …",
        *(f"files compared: {n} of 12, {100 * n // 12} %" for n in range(12)),
    ]
    lines = run(runner, "backup", "restore", file, "--force").stderr.splitlines()
    assert lines[13] == "files restored: 0 of 12, 0 %"
    assert lines[-1] == "replacing the database …"


@pytest.mark.usefixtures("walks", "each_line")
def test_media_commands_show_how_far_they_are(runner: FlaskCliRunner, tmp_path: Path) -> None:
    lines = run(runner, "media", "verify", status=1).stderr.splitlines()  # what stands for pictures here is none
    assert lines == ["files checked: 6 of 12, 50 %", "files checked: 12 of 12, 100 %", "folders searched: 0 of 2, 0 %"]
    assert run(runner, "media", "prune").stderr == "folders searched: 0 of 2, 0 %\n"
    lines = run(runner, "media", "move", f"file://{tmp_path / 'there'}").stderr.splitlines()
    assert lines[0] == "0 files looked at, 0 bytes copied; folders: 1 of 5, 20 %"
    assert lines[1].startswith("12 files looked at, ") and lines[1].endswith(" bytes copied; folders: 3 of 5, 60 %")
    assert lines[-1].endswith("folders: 5 of 5, 100 %")


@pytest.mark.usefixtures("walks", "each_line")
def test_reindexing_shows_how_far_it_is(runner: FlaskCliRunner) -> None:
    assert run(runner, "gallery", "reindex").stderr.splitlines()[0] == "walks: 2 of 2, 100 %"


@pytest.mark.usefixtures("walks", "each_line")
def test_json_of_a_long_command_is_all_that_it_prints(runner: FlaskCliRunner) -> None:
    result = run(runner, "media", "verify", "--json", status=1)
    assert (json.loads(result.stdout)["files"], result.stderr) == (12, "")
