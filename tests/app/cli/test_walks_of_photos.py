"""Walks of pictures that are files here, by the command line; what a picture may be is tried with the photo check."""

from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from app.requests.walk_requests import recipe
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.requests.walk_requests.validation import validate
from app.storage.database import db
from app.storage.upload_models import Upload
from app.storage.walk_models import Walk
from tests.support import photos, placing
from tests.support.commands import count, run, run_json
from tests.support.pictures import two_halves, written
from tests.support.recipes import RENDERING


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a picture's file."""
    path = tmp_path / "mine.png"
    path.write_bytes(written(two_halves()))
    return path


def stops_of(fields: dict[str, str]) -> list[tuple[str, bool, bool | None]]:
    """Return of each stop its words, whether a photo leads it, and whether that is cut out."""
    walk = db.session.scalars(select(Walk).where(Walk.id == fields["id"])).one()
    return [(stop.prompt, stop.photo is not None, stop.cut_out) for stop in walk.stops]


def test_picture_is_the_last_stop_or_the_one_of_its_number(runner: FlaskCliRunner, file: Path) -> None:
    last = run_json(runner, "walks", "create", "a bear", "a kite", "--photo", str(file))
    assert stops_of(last) == [("a bear", False, None), ("a kite", False, None), ("", True, False)]
    middle = run_json(runner, "walks", "create", "a bear", "a kite", "--photo", f"2={file}", "--cut-out")
    assert stops_of(middle) == [("a bear", False, None), ("", True, True), ("a kite", False, None)]


def test_walk_is_made_of_pictures_alone_and_keeps_what_all_its_stops_share(runner: FlaskCliRunner, file: Path) -> None:
    other = file.with_name("other.jpg")
    other.write_bytes(written(two_halves((64, 96)), "JPEG"))
    assert stops_of(run_json(runner, "walks", "create", "--photo", str(file), "--photo", str(other))) == [
        ("", True, False),
        ("", True, False),
    ]
    answer = run_json(runner, "walks", "create", "a bear", "--photo", str(file), "--leave-out", "rain")
    assert [stop["negative_prompt"] for stop in answer["stops"]] == ["rain", "rain"]


def test_walk_is_listed_only_when_it_is_said_that_the_pictures_may_be_shown(runner: FlaskCliRunner, file: Path) -> None:
    create = ("walks", "create", "a bear", "--photo", str(file))
    assert run_json(runner, *create)["unlisted"] is True
    assert run_json(runner, *create, "--photos-may-be-shown")["unlisted"] is False


@pytest.mark.parametrize(
    ("photo", "content", "message"),
    [
        ("{file}", b"", "The picture {file} is empty: no bytes came along."),
        ("{file}", b"not a picture", "The picture {file} is no picture that we read, whatever its name says."),
        ("{file}", written(two_halves()) + bytes(30_000_000), "The picture {file} has more than 12 MB"),
        (
            "{file}",
            written(two_halves((400, 300)))[:120],
            "The picture {file} is cut off or damaged: it cannot be read to its end.",
        ),
        ("/nowhere/mine.png", b"", "/nowhere/mine.png cannot be read: No such file or directory."),
        ("/", b"", "/ cannot be read: Is a directory."),
        ("/dev/zero", b"", "The picture /dev/zero has more than 12 MB"),
        ("0=mine.png", b"", "0=mine.png: the stop must be a number from 1 to 2."),
        ("3=mine.png", b"", "3=mine.png: the stop must be a number from 1 to 2."),
    ],
    ids=["no bytes", "a text", "30 MB", "cut off", "nowhere", "a folder", "endless", "stop 0", "stop 3"],
)
def test_unusable_file_is_named(runner: FlaskCliRunner, file: Path, photo: str, content: bytes, message: str) -> None:
    file.write_bytes(content)
    create = ("walks", "create", "a bear", "--photo", photo.format(file=file))
    refused = run_json(runner, *create, status=1)
    assert [error["field"] for error in refused["errors"]] == ["photo"]
    assert refused["error"].startswith(message.format(file=file))
    assert "Error: " in run(runner, *create, status=1).stderr
    assert (count(), db.session.scalars(select(Upload)).all()) == (0, [])


def test_nothing_is_cut_out_of_words(runner: FlaskCliRunner) -> None:
    answer = run_json(runner, "walks", "create", "a bear", "a kite", "--cut-out", status=1)
    assert [error["field"] for error in answer["errors"]] == ["cut-out"]


def test_recipe_that_names_a_picture_takes_it_from_its_file(runner: FlaskCliRunner, file: Path, tmp_path: Path) -> None:
    photo = photos.keep("me", file.read_bytes())
    wanted = validate({"stops": [{"prompt": "a bear"}, {"picture": photo.id}], "seed": 7, "frames": 3})
    pinned = PinnedSettings.model_validate(RENDERING)
    walk, _ = placing.place(wanted, visitor_key="me", owner="me", pinned=pinned)
    written_down = tmp_path / "recipe.json"
    written_down.write_text(recipe.dumps(walk))
    create = ("walks", "create", "--recipe", str(written_down))
    assert [error["field"] for error in run_json(runner, *create, status=1)["errors"]] == ["stops.1.picture"]
    again = run_json(runner, *create, "--photo", str(file), "--photos-may-be-shown")
    assert (stops_of(again), again["unlisted"]) == ([("a bear", False, None), ("", True, False)], False)
    other = file.with_name("other.png")
    other.write_bytes(written(two_halves((64, 96))))
    answer = run_json(runner, *create, "--photo", str(other), status=1)
    assert answer["error"] == f"The recipe names another picture than {other}, or none."
