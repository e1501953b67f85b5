"""Stages as commands: options arrive by group, and a failure is one sentence."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from studio.errors import StudioError
from studio.workspace import stage_command
from studio.workspace.stage_command import RunOptions, stage, training_options
from studio.workspace.work_folder import Folder


@dataclass(frozen=True, slots=True)
class SizeOptions:
    size: int
    plain: bool


@stage("example", RunOptions, SizeOptions)
@training_options(steps=7, rate=0.1, batch=2, run="first")
@click.option("--size", type=int, default=8)
@click.option("--plain", is_flag=True)
@click.option("--refused", is_flag=True)
def example(folder: Folder, how: RunOptions, of: SizeOptions, *, refused: bool, **often: Any) -> dict[str, Any]:
    """Return what arrived."""
    if refused:
        raise StudioError("It was refused.")
    return {"folder": folder.path.name, "run": how.run, "batch": how.batch, "size": of.size, "plain": of.plain,
            "often": sorted(often)}  # fmt: skip


def test_options_arrive_by_group_and_the_rest_by_name(tmp_path: Path) -> None:
    words = ["--folder", str(tmp_path / "work"), "--json", "--size", "9", "--plain", "--batch", "3"]
    report = json.loads(CliRunner().invoke(example, words).stdout)
    assert report == {"stage": "example", "folder": "work", "run": "first", "batch": 3, "size": 9, "plain": True,
                      "often": ["average", "log_every", "rate", "save_every", "seed", "steps", "warmup"]}  # fmt: skip


def test_failure_of_a_stage_is_one_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(example, ["--folder", str(tmp_path), "--refused", "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"stage": "example", "error": "It was refused."}
    assert "It was refused." in result.stderr


def test_progress_in_a_log_has_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seconds = iter(range(0, 1000, 10))
    monkeypatch.setattr(stage_command.time, "monotonic", lambda: next(seconds))
    assert list(stage_command.progress(range(6), what="learning", total=8, initial=2)) == [0, 1, 2, 3, 4, 5]
    assert capsys.readouterr().err.splitlines() == [
        "learning: 4 of 8 (50 %), 40 s left",
        "learning: 6 of 8 (75 %), 20 s left",
        "learning: 8 of 8 (100 %), done in 60 s",
    ]


def test_progress_of_quick_work_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(stage_command.progress([1, 2, 3], what="pictures")) == [1, 2, 3]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (89, "89 s"), (540, "9 min"), (4800, "80 min"), (9000, "2 h 30 min")]
)
def test_duration_is_written_for_people(seconds: float, words: str) -> None:
    assert stage_command.duration(seconds) == words


def test_progress_of_unknown_length_counts() -> None:
    assert stage_command.progress_line("works", 7, None, 30.0) == "works: 7"
