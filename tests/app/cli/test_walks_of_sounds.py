"""Walks that are set to a sound in a file here, by the command line."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from app.cli import walk_commands
from app.storage import media_store
from app.storage.database import db
from app.storage.upload_models import READY, Upload
from app.storage.walk_models import Walk
from tests.support import led, sounds
from tests.support.commands import count, run_json
from tests.support.pictures import two_halves, written
from tests.support.rows import Maker, change

HANDS = [{"words": "pop art", "title": "Pop art"}, {"words": "neon", "title": "Neon"}]
pytestmark = pytest.mark.settings(MODEL=partial(led.lay_out, hands=HANDS))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a sound's file, which is read at once when a command waits for that."""

    @contextmanager
    def no_worker(*, needed: bool) -> Iterator[Callable[[], None]]:
        assert needed
        yield lambda: None

    stored = sounds.flac(120.0, 20.0)

    def read(sound: Upload, _tend: Callable[[], None]) -> None:
        media_store.store().write(str(sound.path), stored)
        change(sound, state=READY, analysis=sounds.analysis(seconds=20.0), bytes=len(stored))

    monkeypatch.setattr(walk_commands, "provide_worker", no_worker)
    monkeypatch.setattr(walk_commands, "wait_for_upload", read)
    path = tmp_path / "mine.wav"
    path.write_bytes(sounds.track(20.0))
    return path


def test_command_sets_a_walk_to_a_sound(runner: FlaskCliRunner, file: Path) -> None:
    answer = run_json(
        runner, "walks", "create", "a fox", "a kite", "a house", "--sound", str(file), "--start", "2",
        "--length", "12", "--at", "0", "--at", "-", "--at", "4.5", "--way", "pulse", "--publish-sound",
    )  # fmt: skip
    walk = db.session.scalars(select(Walk).where(Walk.id == answer["id"])).one()
    assert (walk.sound_start, walk.sound_length, walk.sound_way, walk.unlisted) == (2.0, 12.0, "pulse", False)
    assert [stop.at for stop in walk.stops] == [0.0, None, 4.5] and "sound" in walk.media


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (("--at", "0"), "sound"),
        (("--start", "3"), "sound"),
        (("--sound", "{file}", "--at", "x"), "at"),
        (("--sound", "{file}", "--at", "0", "--at", "1", "--at", "2"), "at"),
        (("--sound", "{file}", "--ending", "back"), "ending"),
    ],
)
def test_unusable_options_are_named(runner: FlaskCliRunner, file: Path, options: tuple[str, ...], field: str) -> None:
    given = [option.format(file=file) for option in options]
    refused = run_json(runner, "walks", "create", "a bear", "a kite", *given, status=1)
    assert [error["field"] for error in refused["errors"]] == [field] and count() == 0


def test_file_that_is_no_sound_is_named(runner: FlaskCliRunner, file: Path) -> None:
    file.write_bytes(b"not a sound")
    refused = run_json(runner, "walks", "create", "a bear", "a kite", "--sound", str(file), status=1)
    assert refused["error"].startswith(f"The sound {file} is no sound that we read")


def test_times_are_those_of_all_stops_in_their_order(runner: FlaskCliRunner, file: Path, tmp_path: Path) -> None:
    photo = tmp_path / "mine.png"
    photo.write_bytes(written(two_halves()))
    create = "walks", "create", "a fox", "--sound", str(file), "--at", "0", "--at", "4.5"
    for option, prompts in ((str(photo), ["a fox", ""]), (f"1={photo}", ["", "a fox"])):
        answer = run_json(runner, *create, "--photo", option)
        walk = db.session.scalars(select(Walk).where(Walk.id == answer["id"])).one()
        assert [(stop.prompt, stop.at) for stop in walk.stops] == list(zip(prompts, [0.0, 4.5], strict=True))


def test_walk_is_repainted_with_its_sound(runner: FlaskCliRunner, file: Path, publish: Maker) -> None:
    walk = publish("a fox", "a house", seed=7)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    columns = {"sound_digest": digest, "sound_start": 2.0, "sound_length": 12.0, "sound_way": "pulse"}
    change(walk, model_name="led", sound_pictures=40, owner_hash="ann", **columns)
    repaint = "walks", "repaint", walk.id, "--style", "neon"
    refused = run_json(runner, *repaint, "--wait", status=1)
    assert "did not say that its music may be published" in refused["error"]
    answer = run_json(runner, *repaint, "--sound", str(file))
    again = db.session.scalars(select(Walk).where(Walk.id == answer["id"])).one()
    assert {name: getattr(again, name) for name in columns} == columns and again.unlisted
    assert not run_json(runner, *repaint, "--sound", str(file), "--publish-sound", "--anew")["unlisted"]
    file.write_bytes(sounds.track(6.0))
    refused = run_json(runner, *repaint, "--sound", str(file), status=1)
    assert refused["error"].startswith("The walk has another sound than ")
