"""``flask drawings``, with a model that sketches lead."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app.core.config import ROOT
from tests.support import forks, led
from tests.support.commands import run, run_json
from tests.support.led import ROBOT, ROBOT_DIGEST

pytestmark = pytest.mark.settings(MODEL=led.lay_out)


@pytest.fixture
def robot(tmp_path: Path) -> str:
    path = tmp_path / "robot.svg"
    path.write_text(ROBOT)
    return str(path)


@pytest.mark.databases
def test_drawing_is_added_listed_removed_and_restored(runner: FlaskCliRunner, robot: str) -> None:
    options = ("--artist", "Ann Example", "--licence", "CC-BY-4.0", "--source", "https://example.org", "--style", "own")
    made = run_json(runner, "drawings", "add", robot, "robot hamster, robster", "--kind", "cat-face", *options)
    assert made == {
        "digest": ROBOT_DIGEST, "name": "robot hamster", "words": ["robster"], "kind": "cat-face", "style": "own",
        "artist": "Ann Example", "licence": "CC-BY-4.0", "source": "https://example.org", "state": "added",
    }  # fmt: skip
    assert run_json(runner, "drawings", "list") == [made]
    assert "is removed" in run(runner, "drawings", "remove", "robot hamster").output
    assert run_json(runner, "drawings", "list") == []
    assert run_json(runner, "drawings", "list", "--all")[0] == made | {"state": "removed"}
    assert run_json(runner, "drawings", "restore", ROBOT_DIGEST)["state"] == "brought back"
    assert run_json(runner, "drawings", "list") == [made]


def test_missing_credits_are_said_and_all_drawings_are_listed(runner: FlaskCliRunner, robot: str) -> None:
    made = run_json(runner, "drawings", "add", robot, "robot")
    assert [made[name] for name in ("artist", "licence", "source")] == [None] * 3
    assert "(artist not named, licence not named)" in run(runner, "drawings", "list").output
    states = {each["digest"]: each["state"] for each in run_json(runner, "drawings", "list", "--all")}
    assert states == {ROBOT_DIGEST: "added"} | dict.fromkeys(led.book().drawings, "shipped")


@pytest.mark.slow
def test_same_file_twice_is_no_error(runner: FlaskCliRunner, robot: str) -> None:
    run(runner, "drawings", "add", robot, "robot")
    assert "was here already, as it is" in run(runner, "drawings", "add", robot, "robot").output
    assert "its names and credits are updated" in run(runner, "drawings", "add", robot, "robot, tin man").output
    assert run_json(runner, "drawings", "remove", "robot")["state"] == "removed"
    assert "was removed before" in run(runner, "drawings", "remove", "robot").output


def test_drawing_that_cannot_be_is_refused_with_the_reason_and_status_1(runner: FlaskCliRunner, tmp_path: Path) -> None:
    bad = tmp_path / "bad.svg"
    bad.write_text(ROBOT.replace("<path", "<script/><path", 1))
    assert "The drawing holds a script." in run(runner, "drawings", "add", str(bad), "robot", status=1).output
    answer = run_json(runner, "drawings", "add", str(bad), "", status=1)
    assert [error["field"] for error in answer["errors"]] == ["file", "name"]
    for path in (tmp_path / "absent.svg", tmp_path):
        run(runner, "drawings", "add", str(path), "robot", status=1 if path is not tmp_path else 2)
    endless = run(runner, "drawings", "add", "/dev/zero", "robot", status=1)
    assert "is larger than 524,288 bytes" in endless.output


def test_drawing_that_was_not_added_cannot_be_removed(runner: FlaskCliRunner) -> None:
    assert "shipped with the model" in run(runner, "drawings", "remove", "sun", status=1).output
    assert run_json(runner, "drawings", "remove", "yeti", status=1)["errors"][0]["field"] == "drawing"


@pytest.mark.settings(MODEL=led.lay_out_words_alone)
def test_without_a_model_that_sketches_lead_it_is_kept_and_said(runner: FlaskCliRunner, robot: str) -> None:
    assert "No model on offer is led by sketches" in run(runner, "drawings", "add", robot, "robot").stderr


@pytest.mark.slow
def test_added_drawing_is_used_by_the_site(instance: Path, led_folder: Path, app: Flask, robot: str) -> None:
    settings = {"MOMA_INSTANCE": str(instance), "MOMA_MODEL": str(led_folder), "MOMA_EXHIBITION": "false"}
    environment = {**os.environ, **settings}

    def flask(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
        return forks.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    made = flask("drawings", "add", robot, "robot hamster", "--json")
    assert json.loads(made.stdout)["digest"] == ROBOT_DIGEST, made.stderr
    client = app.test_client()
    stops = [{"prompt": "a robot hamster"}, {"prompt": "the sun"}]
    walk = client.post("/api/v1/walks", json={"stops": stops}).json
    assert [thing["drawing"] for thing in walk["stops"][0]["scene"]["things"]] == [ROBOT_DIGEST]
    refused = flask("drawings", "add", __file__, "robot")
    assert refused.returncode == 1 and "cannot be read" in refused.stderr
