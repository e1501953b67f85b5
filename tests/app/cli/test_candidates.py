"""``walks candidates``, with a painter that paints at once; and ``walks create --pick``."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from app.cli import candidates as commands
from app.storage.candidate_models import WAITING, CandidateSet
from app.storage.database import db, writing
from app.walks.queue import candidate_requests, jobs
from tests.support import candidates
from tests.support.commands import run, run_json


@pytest.fixture
def painted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paint what is asked for while the command waits."""

    def painters(*, needed: bool) -> AbstractContextManager[Callable[[], None]]:
        assert needed
        return nullcontext(lambda: None)

    def paint(_seconds: float) -> None:
        for each in db.session.scalars(select(CandidateSet).where(CandidateSet.state == WAITING)).all():
            if each.request["stop"]["prompt"] == "trouble":
                with writing() as session:
                    candidate_requests.fail(session, each.id, "The painting was interrupted 3 times.")
            else:
                candidates.deliver(each)

    monkeypatch.setattr(commands, "provide_worker", painters)
    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=time.monotonic, sleep=paint))


@pytest.mark.databases
@pytest.mark.usefixtures("painted")
def test_pictures_are_named_and_written_and_one_is_picked(runner: FlaskCliRunner, tmp_path: Path) -> None:
    answer = run_json(runner, "walks", "candidates", "a fox", "--seed", "7", "--out", str(tmp_path / "row"))
    assert [Path(name).read_bytes()[:4] for name in answer["files"]] == [b"RIFF"] * 4
    output = run(runner, "walks", "candidates", "a fox", "--seed", "7").output
    assert output.splitlines()[0] == f"{answer['id']}.0  as proposed", "the same are not painted twice"
    picks = ("--pick", "-", "--pick", f"{answer['id']}.2")
    walk = run_json(runner, "walks", "create", "a kite", "a fox", "--seed", "7", *picks)
    assert [stop["seed"] for stop in walk["stops"]] == [None, answer["candidates"][2]["seed"]]


@pytest.mark.usefixtures("painted")
def test_what_is_picked_must_be_there_and_of_the_prompt(runner: FlaskCliRunner) -> None:
    answer = run_json(runner, "walks", "candidates", "a fox", "--seed", "7", "--count", "2")
    for picks in (
        (f"{answer['id']}.0",),
        (f"{answer['id']}.9", "-"),
        (f"{answer['id']}.0", "-"),
        ("a" * 16 + ".0", "-"),
    ):
        given = [part for pick in picks for part in ("--pick", pick)]
        refused = run_json(runner, "walks", "create", "a kite", "a fox", *given, status=1)
        assert [error["field"] for error in refused["errors"]] == ["pick"]


@pytest.mark.usefixtures("painted")
def test_what_goes_wrong_ends_the_command(runner: FlaskCliRunner, tmp_path: Path) -> None:
    assert "interrupted 3 times" in run(runner, "walks", "candidates", "trouble", "--seed", "7", status=1).stderr
    refused = run_json(runner, "walks", "candidates", "a fox", "--seed", "-1", "--count", "99", status=1)
    assert [error["field"] for error in refused["errors"]] == ["count", "seed"]
    (tmp_path / "file").write_text("")
    wrong = ("--seed", "7", "--out", str(tmp_path / "file" / "x"))
    assert "cannot be written to" in run(runner, "walks", "candidates", "a fox", *wrong, status=1).stderr
