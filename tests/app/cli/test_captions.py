"""``flask captions`` for a folder of pictures, with a worker that looks at them at once."""

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select

from app.cli import captions as commands
from app.storage.database import db
from app.storage.upload_models import READY, WAITING, Upload
from app.upkeep.operations import folder_captions
from app.walks.queue import jobs
from tests.support.commands import run, run_json
from tests.support.pictures import two_halves, written
from tests.support.rows import change


class Workers:
    """Those who look at pictures: how many they saw, and after how many they are stopped."""

    seen = 0
    last = 99


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Workers:
    """Look at pictures while the command waits."""
    state = Workers()

    @contextmanager
    def painters(*, needed: bool) -> Iterator[Callable[[], None]]:
        assert needed or state.seen
        yield lambda: None

    def look(_seconds: float) -> None:
        for photo in db.session.scalars(select(Upload).where(Upload.state == WAITING)).all():
            if state.seen == state.last:
                raise KeyboardInterrupt
            state.seen += 1
            found = {"error": "The picture can no longer be read."} if photo.size[0] == 90 else {}
            change(photo, state=READY, analysis={"description": "a fox"}, **found)

    monkeypatch.setattr(commands, "provide_worker", painters)
    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=time.monotonic, sleep=look))
    return state


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with three pictures, and what is none by its name."""
    made = tmp_path / "pictures"
    (made / "more").mkdir(parents=True)
    for name, width in (("a.png", 96), ("b.jpeg", 98), ("more/c.webp", 100)):
        (made / name).write_bytes(written(two_halves((width, 64))))
    (made / "notes.txt").write_text("nothing to see")
    return made


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.usefixtures("workers")
def test_each_picture_is_a_line_of_json_and_none_is_kept_on_the_site(runner: FlaskCliRunner, folder: Path) -> None:
    wishes = ("--tone", "happy", "--tone", "ironic", "--language", "en", "--language", "de", "--variants", "2")
    entries = lines(run(runner, "captions", str(folder), *wishes).stdout)
    assert [Path(each["file"]).name for each in entries] == ["a.png", "b.jpeg"]
    assert [(each["description"], each["is_guess"]) for each in entries] == [("a fox", True)] * 2
    assert [(each["language"], each["tone"]) for each in entries[0]["captions"]] == [
        *[("en", "happy")] * 2,
        *[("en", "funny")] * 2,
        *[("de", "happy")] * 2,
        *[("de", "funny")] * 2,
    ]
    assert all("a fox" in each["caption"] for each in entries[0]["captions"])
    assert entries[0]["wall_labels"]["de"]["title"] == "Ohne Titel (a fox)"
    assert db.session.scalar(select(func.count()).select_from(Upload)) == 0


@pytest.mark.usefixtures("workers")
def test_table_has_a_row_for_each_caption(runner: FlaskCliRunner, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "captions.csv"
    assert "3 pictures captioned" in run(runner, "captions", str(folder), "--recursive", "--out", str(out)).stdout
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    assert len(rows) == 9
    assert [row["number"] for row in rows[:3]] == ["1", "2", "3"]
    assert rows[0]["wall_label"].splitlines()[0] == "Untitled (a fox)"


@pytest.mark.usefixtures("workers")
def test_what_cannot_be_read_is_named_and_the_rest_is_written(runner: FlaskCliRunner, folder: Path) -> None:
    (folder / "aa.png").write_bytes(b"no picture")
    (folder / "empty.webp").touch()
    (folder / "later.png").write_bytes(written(two_halves((90, 64))))
    out = folder / "out.jsonl"
    done = run(runner, "captions", str(folder), "--out", str(out), "--json", status=3)
    report = json.loads(done.stdout)
    assert (report["written"], report["kept"]) == (2, 0)
    assert [Path(each["file"]).name for each in report["skipped"]] == ["aa.png", "empty.webp", "later.png"]
    assert [each["error"] for each in report["skipped"]][1:] == [
        "The picture is empty: no bytes came along.",
        "The picture can no longer be read.",
    ]
    assert str(folder / "aa.png") in done.stderr
    assert len(lines(out.read_text())) == 2


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_run_goes_on_where_another_was_stopped(
    runner: FlaskCliRunner, folder: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(folder_captions, "BATCH", 1)
    out, workers.last = folder / f"out{suffix}", 1
    run(runner, "captions", str(folder), "--out", str(out), status=1)
    whole = out.read_text("utf-8")
    assert ("a.png" in whole, "b.jpeg" in whole) == (True, False)
    with out.open("a", encoding="utf-8") as opened:
        opened.write(whole.splitlines(keepends=True)[-1][:40])  # a line that is cut off
    workers.last = 99
    asked = ("captions", str(folder), "--out", str(out))
    assert run_json(runner, *asked) == {"written": 1, "kept": 1, "skipped": []}
    assert out.read_text("utf-8").startswith(whole)
    assert run_json(runner, *asked) == {"written": 0, "kept": 2, "skipped": []}
    assert workers.seen == 2
    (folder / "a.png").write_bytes(written(two_halves((96, 70))))
    assert run_json(runner, *asked) == {"written": 1, "kept": 1, "skipped": []}
    assert run_json(runner, *asked, "--variants", "2") == {"written": 2, "kept": 0, "skipped": []}
    assert db.session.scalar(select(func.count()).select_from(Upload)) == 0


def test_without_a_look_captions_name_nothing_and_no_worker_is_needed(runner: FlaskCliRunner, folder: Path) -> None:
    entries = lines(run(runner, "captions", str(folder / "a.png"), "--no-look").stdout)
    assert entries[0]["description"] is None
    assert "fox" not in json.dumps(entries)
    assert entries[0]["wall_labels"]["en"]["title"] == "Untitled"


def test_what_cannot_be_is_named_and_nothing_is_written(runner: FlaskCliRunner, folder: Path, tmp_path: Path) -> None:
    (empty := tmp_path / "empty").mkdir()
    for arguments, message in (
        ((str(tmp_path / "none"),), "There is nothing at"),
        ((str(empty),), "There are no pictures in"),
        ((str(folder), "--audience", "all"), "The audience must be one of personal, promotional and academic."),
        ((str(folder), "--variants", "9"), "The variants must be a whole number from 1 to 8."),
        ((str(folder), "--tone", "x" * 41), "The tone must be a word or a few, of 1 to 40 characters."),
        ((str(folder), "--out", str(folder / "notes.txt")), "holds something else than captions"),
        ((str(folder), "--no-look", "--out", str(tmp_path / "no" / "x.csv")), "cannot be written to"),
    ):
        assert message in run(runner, "captions", *arguments, status=1).stderr
    assert (folder / "notes.txt").read_text() == "nothing to see"
