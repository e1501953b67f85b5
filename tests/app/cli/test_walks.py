"""Admin commands, without a painter."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app.collection.moderation import audit_log, word_lists
from app.core.version import __version__
from app.requests.walk_requests import recipe
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.storage import media_store
from app.storage.database import db
from app.storage.walk_models import Walk
from app.walks.queue import jobs
from tests.conftest import inside, make_app
from tests.support import led
from tests.support.commands import count, run, run_json
from tests.support.house import NAME
from tests.support.recipes import RENDERING
from tests.support.rows import Maker, change
from tests.support.tables import make_table


def logged() -> list[tuple[str, str]]:
    """Return what the audit log says that commands did, the first deed first."""
    return [(deed.what, deed.about) for deed in audit_log.latest(9) if deed.who == audit_log.COMMAND][::-1]


def test_walk_is_created(runner: FlaskCliRunner) -> None:
    output = run(runner, "walks", "create", "a bear", "a kite", "--seed", "7").output
    assert "A bear, a kite" in output
    assert "queued, 0 of 24 frames, seed 7" in output


def test_aspect_ratio_of_a_model_of_one_shape_is_refused_with_its_sizes(runner: FlaskCliRunner, tmp_path: Path) -> None:
    square = led.lay_out(tmp_path / "square", name="square", size=256, aspects=["1:1"])
    runner.app.config["MODEL"] = str(square)
    output = run(runner, "walks", "create", "a bear", "a kite", "--aspect", "16:9", status=1).output
    assert "The model square paints only pictures of 256 × 256 pixels. Leave the aspect ratio out." in output


def test_one_prompt_with_several_seeds_is_created(runner: FlaskCliRunner) -> None:
    seeds = ("--stop-seed", "1", "--stop-seed", "2", "--stop-seed", "0")
    walk = run_json(runner, "walks", "create", "the sea", "the sea", "the sea", *seeds)
    assert [stop["seed"] for stop in walk["stops"]] == [1, 2, 0]
    answer = run_json(runner, "walks", "create", "the sea", "a kite", *seeds, status=1)
    assert [error["field"] for error in answer["errors"]] == ["stop-seed"]


def test_walk_is_gone_on_from_its_last_stop(runner: FlaskCliRunner, publish: Maker) -> None:
    parent = publish("a fox", "a kite", seed=7)
    for name in (parent.id, f"{parent.id}-a-fox-a-kite"):
        walk = run_json(runner, "walks", "create", "--continue", name, "the sea")
        assert [(stop["prompt"], stop["seed"]) for stop in walk["stops"]] == [("a kite", 7), ("the sea", None)]
        assert walk["continues"] == parent.id
    assert "No walk" in run_json(runner, "walks", "create", "--continue", "a" * 16, "the sea", status=1)["error"]


def test_same_walk_again_is_finished_at_once_unless_the_cache_is_skipped(
    runner: FlaskCliRunner, publish: Maker
) -> None:
    original = publish("a fox", "a kite", seed=7)
    again = ("walks", "create", "a fox", "a kite", "--seed", "7", "--frames", "2")
    repeat = run_json(runner, *again)
    assert (repeat["state"], repeat["repeat_of"]) == ("finished", original.id)
    assert run_json(runner, *again, "--anew")["state"] == "queued"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((), "stops"),
        (("a bear",), "stops"),
        (tuple("abcdefghi"), "stops"),
        (("a bear", " "), "stops.1.prompt"),
        (("a bear", "\udcff"), "stops.1.prompt"),
        (("a bear", "a kite", "--frames", "1"), "frames"),
        (("a bear", "a kite", "--seed", "-1"), "seed"),
        (("a bear", "a kite", "--out", "film.avi"), "out"),
        (("a bear", "a kite", "--out", "no such folder/film.gif"), "out"),
    ],
)
def test_refused_walk_is_not_saved(runner: FlaskCliRunner, arguments: tuple[str, ...], field: str) -> None:
    answer = run_json(runner, "walks", "create", *arguments, status=1)
    assert [error["field"] for error in answer["errors"]] == [field]
    assert answer["error"]
    assert "Error: " in run(runner, "walks", "create", *arguments, status=1).stderr
    assert count() == 0


@pytest.mark.parametrize(
    "options",
    [
        ("a bear", "a kite", "--seed", "x"),
        ("a bear", "a kite", "--ending", "loop"),
        ("a bear", "a kite", "--aspect", "4:3"),
        ("--recipe", "nowhere.json"),
    ],
)
def test_unusable_option_returns_2(runner: FlaskCliRunner, options: tuple[str, ...]) -> None:
    run(runner, "walks", "create", *options, status=2)


@pytest.fixture
def painted(request_walk: Maker) -> Walk:
    return request_walk("a fox", "a kite", seed=7, frames=3, pinned=PinnedSettings.model_validate(RENDERING))


@pytest.fixture
def file(tmp_path: Path, painted: Walk) -> Path:
    """Write the recipe of a walk into a file."""
    file = tmp_path / "recipe.json"
    file.write_text(recipe.dumps(painted))
    return file


def test_walk_is_created_from_a_recipe(runner: FlaskCliRunner, painted: Walk, file: Path) -> None:
    walk = run_json(runner, "walks", "create", "--recipe", str(file))
    assert walk["id"] != painted.id
    assert walk["recipe"] == recipe.recipe_of(painted)


def test_recipe_of_a_model_that_is_not_here_is_refused_with_those_that_are(runner: FlaskCliRunner, file: Path) -> None:
    document = json.loads(file.read_text())
    file.write_text(json.dumps(document | {"model": document["model"] | {"name": "someone/else"}}))
    refused = run_json(runner, "walks", "create", "--recipe", str(file), status=1)
    assert refused["error"] == f"The model someone/else is not offered here; this is: {NAME}."


@pytest.mark.parametrize("more", [("a bear",), ("--seed", "0"), ("--frames", "24"), ("--leave-out", "rain")])
def test_recipe_says_all(runner: FlaskCliRunner, file: Path, more: tuple[str, ...]) -> None:
    answer = run_json(runner, "walks", "create", "--recipe", str(file), *more, status=1)
    assert answer["error"].startswith("A recipe says all")


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"{}", b"\xff", b'{"format": "moma-lisa recipe", "version": 1}'])
def test_unusable_recipe_is_explained(runner: FlaskCliRunner, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "recipe.json"
    file.write_bytes(content)
    assert run_json(runner, "walks", "create", "--recipe", str(file), status=1)["error"]
    assert count() == 0


def test_recipe_without_an_end_is_refused(runner: FlaskCliRunner) -> None:
    answer = run_json(runner, "walks", "create", "--recipe", "/dev/zero", status=1)
    assert answer["error"] == "The recipe is larger than 2 MB without its film."


@pytest.mark.databases
def test_walks_are_listed_newest_first_unlisted_ones_as_well(runner: FlaskCliRunner, publish: Maker) -> None:
    first, second = publish("a bear", "x"), publish("a fox", "x", unlisted=True)
    listed = run_json(runner, "walks", "list")
    assert [walk["id"] for walk in listed] == [second.id, first.id]
    lines = run(runner, "walks", "list").output.splitlines()
    assert lines[0].split() == [second.id, "finished", "2/2", "A", "fox,", "x"]


@pytest.mark.databases
def test_list_is_narrowed_by_state_and_number(runner: FlaskCliRunner, publish: Maker, request_walk: Maker) -> None:
    publish()
    waits = request_walk()
    assert [walk["id"] for walk in run_json(runner, "walks", "list", "--state", "queued")] == [waits.id]
    assert len(run_json(runner, "walks", "list", "--limit", "1")) == 1
    run(runner, "walks", "list", "--state", "done", status=2)
    run(runner, "walks", "list", "--limit", "0", status=2)


@pytest.mark.databases
def test_walk_is_shown_by_id_or_address(runner: FlaskCliRunner, walk: Walk) -> None:
    for name in (walk.id, walk.url.rpartition("/")[2]):
        assert run_json(runner, "walks", "show", name)["id"] == walk.id
    assert walk.url in run(runner, "walks", "show", walk.id).output


@pytest.mark.parametrize("command", ["show", "retry", "cancel", "delete"])
@pytest.mark.parametrize("name", ["a" * 16, "x", "\udcff", "' OR 1=1"])
def test_unknown_walk_is_not_found(runner: FlaskCliRunner, command: str, name: str) -> None:
    assert "No walk has this address" in run(runner, "walks", command, name, status=1).stderr


@pytest.mark.databases
def test_walk_is_cancelled_and_put_back_in_line(runner: FlaskCliRunner, request_walk: Maker) -> None:
    walk = request_walk()
    assert run_json(runner, "walks", "cancel", walk.id)["state"] == "cancelled"
    assert run_json(runner, "walks", "cancel", walk.id, status=1)["error"]
    assert run_json(runner, "walks", "retry", walk.id)["state"] == "queued"
    assert run_json(runner, "walks", "retry", walk.id, status=1)["error"]
    assert logged() == [("cancelled walk", walk.id), ("put walk back in line", walk.id)], (
        "what was refused is not in it"
    )


@pytest.mark.databases
def test_walk_is_deleted_and_gone(runner: FlaskCliRunner, walk: Walk) -> None:
    assert run_json(runner, "walks", "delete", walk.id) == {"id": walk.id, "deleted": True}
    assert "The operator of this site deleted it" in run_json(runner, "walks", "show", walk.id, status=1)["error"]
    assert run_json(runner, "walks", "list") == []
    assert logged() == [("deleted walk", walk.id)]


@pytest.mark.parametrize(
    ("name", "content"),
    [("film.gif", b"gif"), ("film.MP4", b"mp4"), ("film.webp", b"webp"), ("film.png", b"poster")],
)
def test_film_is_exported(runner: FlaskCliRunner, publish: Maker, tmp_path: Path, name: str, content: bytes) -> None:
    out = tmp_path / name
    answer = run_json(runner, "walks", "export", publish().id, str(out))
    assert out.read_bytes() == content
    assert answer["bytes"] == len(content)


@pytest.mark.parametrize("name", ["recipe.json", "recipe.JSON"])
def test_recipe_is_exported_and_read_again(runner: FlaskCliRunner, painted: Walk, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    run(runner, "walks", "export", painted.id, str(out))
    assert recipe.request_of(recipe.parse_recipe(out.read_bytes()))[0].seed == 7


@pytest.mark.databases
def test_walk_without_a_film_is_not_exported(runner: FlaskCliRunner, request_walk: Maker, tmp_path: Path) -> None:
    answer = run_json(runner, "walks", "export", request_walk().id, str(tmp_path / "film.gif"), status=1)
    assert "has no gif yet; it is queued" in answer["error"]
    assert not (tmp_path / "film.gif").exists()


@pytest.mark.parametrize("out", ["film.avi", "film", "no such folder/film.gif"])
def test_unusable_target_is_explained(runner: FlaskCliRunner, publish: Maker, tmp_path: Path, out: str) -> None:
    answer = run_json(runner, "walks", "export", publish().id, str(tmp_path / out), status=1)
    assert [error["field"] for error in answer["errors"]] == ["out"]


def test_missing_file_of_a_film_is_explained(runner: FlaskCliRunner, walk: Walk, tmp_path: Path) -> None:
    media_store.store().delete(walk.media["gif"].path)
    answer = run_json(runner, "walks", "export", walk.id, str(tmp_path / "film.gif"), status=1)
    assert "could not be read" in answer["error"]


def test_error_of_a_walk_is_shown(runner: FlaskCliRunner, request_walk: Maker) -> None:
    walk = request_walk()
    change(walk, state="failed", error="Out of paint.")
    db.session.rollback()
    assert "Out of paint." in run(runner, "walks", "show", walk.id).output


@pytest.mark.parametrize("arguments", [("list",), ("show", "a" * 16), ("create", "a bear", "a kite")])
def test_database_without_its_schema_is_explained(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with inside(make_app(tmp_path)) as app:
        assert "flask --app wsgi db upgrade" in run(app.test_cli_runner(), "walks", *arguments, status=1).stderr


def test_locked_database_is_explained(app: Flask, instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.storage.engines.BUSY_TIMEOUT_MS", 0)
    impatient = make_app(instance)
    with closing(sqlite3.connect(instance / "moma.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        result = run(impatient.test_cli_runner(), "walks", "create", "a bear", "a kite", status=1)
    assert "database is locked" in result.stderr


def findings(runner: FlaskCliRunner, *options: str, status: int = 1) -> dict[str, dict[str, Any]]:
    """Run the doctor; return what it found, by part."""
    return {finding["part"]: finding for finding in run_json(runner, "doctor", *options, status=status)}


@pytest.mark.databases
def test_doctor_names_what_is_well_and_what_is_not_in_one_line_for_each_part(runner: FlaskCliRunner) -> None:
    found = findings(runner)
    assert {part: finding["well"] for part, finding in found.items()} == {
        "database": True, "redis": False, "media": True, "model": True, "meaning": False, "looks": True,
        "disk": True, "secrets": True, "proxy": True, "worker": False,
    }  # fmt: skip
    assert "does not answer" in found["redis"]["detail"]
    assert "python -m worker" in found["worker"]["detail"]
    lines = run(runner, "doctor", status=1).output.splitlines()
    assert [line.split()[0] for line in lines] == [*found]


def test_doctor_of_an_empty_database_says_how_to_make_it_and_nothing_of_indexes(instance: Path, tmp_path: Path) -> None:
    with inside(make_app(instance, DATABASE_URL=f"sqlite:///{tmp_path / 'empty.db'}")) as app:
        found = findings(app.test_cli_runner())
        assert found["database"]["detail"] == "The database is empty. Run: flask --app wsgi db upgrade"
        assert not {"meaning", "looks"} & found.keys()
        assert word_lists.BANNED.words() == []  # a command that makes the database asks before it is there


def test_doctor_looks_at_every_model_on_offer(instance: Path, tmp_path: Path) -> None:
    later = "a worker downloads it from the hub when it first loads it"
    offline = (
        f"The model nobody/nothing is not in {tmp_path / 'hub'}, and HF_HUB_OFFLINE keeps this program from the hub."
        " Run: flask --app wsgi models download nobody/nothing"
    )
    (tmp_path / "file.safetensors").write_bytes(b"")
    offered = [str(tmp_path / "gone"), "nobody/nothing", str(tmp_path / "file.safetensors")]
    app = make_app(instance, MODELS=offered, MODEL_CACHE=str(tmp_path / "hub"))
    findings = run_json(app.test_cli_runner(), "doctor", status=1)
    models = [(finding["well"], finding["detail"]) for finding in findings if finding["part"] == "model"]
    assert models == [
        (True, f"{app.config['MODEL']} is whole"),
        (False, f"The model folder {tmp_path / 'gone'} is missing."),
        (True, f"nobody/nothing is not downloaded yet; {later}. {offline}"),
        (False, f"The model file {tmp_path / 'file.safetensors'} is broken: it is empty."),
    ]


ABOUT = {"model": NAME, "revision": "0123", "device": "cuda", "version": __version__}
BOTH = {"models": {NAME: "0123", "tiny/turbo": None}, jobs.READS_SOUNDS: True}


@pytest.mark.databases
@pytest.mark.parametrize(
    ("workers", "well", "detail"),
    [
        ([ABOUT | BOTH], True, f"1 running: {NAME} 0123 and tiny/turbo (not loaded yet) on cuda"),
        ([ABOUT, ABOUT | {"version": "0.0.9"}], False, f"1 of 2 run 0.0.9, this is {__version__}. Restart them."),
    ],
    ids=["models", "another version"],
)
def test_doctor_names_the_models_and_versions_of_workers(
    runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch, workers: list[dict[str, Any]], well: bool, detail: str
) -> None:
    monkeypatch.setattr("app.walks.queue.jobs.workers", lambda: workers)
    found = findings(runner)["worker"]
    assert (found["well"], found["detail"]) == (well, detail)


@pytest.mark.settings(MEANING=make_table)
def test_doctor_waits_until_a_worker_runs(runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([[], [], [ABOUT]])
    monkeypatch.setattr("app.cli.checks.POLL_SECONDS", 0)
    monkeypatch.setattr("app.walks.queue.jobs.workers", lambda: next(looks))
    monkeypatch.setattr("app.walks.queue.jobs.redis_answers", lambda: True)
    assert all(finding["well"] for finding in findings(runner, "--wait", "60", status=0).values())


def test_doctor_waits_no_longer_than_asked(runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    clock = SimpleNamespace(monotonic=lambda: sum(slept), sleep=slept.append)
    monkeypatch.setattr("app.cli.checks.time", clock)
    run(runner, "doctor", "--wait", "2.5", status=1)
    assert slept == [1.0, 1.0, 1.0]


def test_doctor_names_the_broken_file(instance: Path, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    app = make_app(instance, MODEL=str(tmp_path / "model"), REDIS_URL=None)
    (instance / "media").write_text("a file where the folder should be")  # before, it would have ended the start
    found = {part: finding["detail"] for part, finding in findings(app.test_cli_runner()).items()}
    assert found["model"] == f"The model file {tmp_path / 'model' / 'model_index.json'} is missing."
    assert "does not work" in found["media"]
    assert found["redis"] == "No Redis is set and no site runs. Start it: make run"


@pytest.mark.parametrize(
    ("settings", "part", "message"),
    [
        ({"FREE_BYTES_MIN": 10**18}, "disk", "walks are refused: FREE_BYTES_MIN is"),
        ({"ACCEL_PREFIX": "/_media/"}, "proxy", "ACCEL_PREFIX has nginx send the films, but PROXIES says"),
        ({"PROXIES": 1}, "secrets", "PRODUCTION is not set"),
        ({}, "secrets", "Run: chmod 600 "),
    ],
)
def test_doctor_finds_bad_settings(instance: Path, settings: dict[str, object], part: str, message: str) -> None:
    if not settings:
        (instance / "secret_key").write_text("s" * 40)
        (instance / "secret_key").chmod(0o644)
        message += str(instance / "secret_key")
    found = findings(make_app(instance, **settings).test_cli_runner())[part]
    assert not found["well"]
    assert message in found["detail"]
