"""The media store against the rows: what is superfluous."""

import os
import time
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from app.storage import media_store
from app.storage.database import db
from app.storage.walk_models import PAINTING, Walk
from app.upkeep.maintenance import media_upkeep
from app.walks.saved import lifecycle
from tests.conftest import make_app
from tests.support.commands import run, run_json
from tests.support.rows import Maker, change

STRANGER = "walks/" + "s" * 16


def leave(path: str, *, minutes_ago: float = 61, content: bytes = b"left over") -> Path:
    """Put a file that no row names into the store."""
    media_store.store().write(path, content)
    return age(path, minutes_ago=minutes_ago)


def age(path: str, *, minutes_ago: float = 61) -> Path:
    file = Path(media_store.store().root) / path
    os.utime(file, (time.time() - 60 * minutes_ago,) * 2)
    return file


def age_all() -> None:
    for file in Path(media_store.store().root).rglob("*.*"):
        os.utime(file, (time.time() - 7200,) * 2)


def test_nothing_is_superfluous_on_a_site_that_is_well(runner: FlaskCliRunner, walk: Walk) -> None:
    age_all()
    assert run_json(runner, "media", "prune") == {"deleted": False, "files": [], "bytes": 0}
    assert run(runner, "media", "prune", "--yes").output == "0 files, 0 bytes, deleted.\n"


def test_an_empty_site_has_nothing_to_prune(runner: FlaskCliRunner) -> None:
    assert run_json(runner, "media", "prune", "--yes")["files"] == []


def test_pruning_only_lists_until_asked_to_delete(runner: FlaskCliRunner, walk: Walk) -> None:
    file = leave(f"walks/{walk.id}/gif.0123456789ab.gif")
    kept = [Path(media_store.store().root) / row.path for row in (*walk.painted, *walk.media.values())]
    output = run(runner, "media", "prune").output
    assert output.splitlines() == [
        f"walks/{walk.id}/gif.0123456789ab.gif",
        "1 file, 9 bytes, would be deleted. Delete them with --yes.",
    ]
    assert file.exists()
    pruned = run_json(runner, "media", "prune", "--yes")
    assert pruned == {"deleted": True, "files": [f"walks/{walk.id}/gif.0123456789ab.gif"], "bytes": 9}
    assert not file.exists()
    assert all(path.exists() for path in kept)


def test_folders_of_walks_that_are_gone_are_pruned_whole(runner: FlaskCliRunner, walk: Walk) -> None:
    lifecycle.delete_walk(walk)
    files = [leave(f"walks/{walk.id}/frames/0000.png"), leave(f"{STRANGER}/frames/0001.png"), leave("walks/x/a.gif")]
    assert len(run_json(runner, "media", "prune", "--yes")["files"]) == 3
    assert not any(file.exists() for file in files)
    assert list((Path(media_store.store().root) / "walks").iterdir()) == []


def test_files_younger_than_an_hour_are_left_alone(runner: FlaskCliRunner) -> None:
    file = leave(f"{STRANGER}/frames/0000.png", minutes_ago=59)
    old = leave(f"{STRANGER}/frames/0001.png")
    assert run_json(runner, "media", "prune", "--yes")["files"] == [f"{STRANGER}/frames/0001.png"]
    assert file.exists()
    assert not old.exists()


def test_a_walk_that_is_being_painted_is_left_alone(runner: FlaskCliRunner, request_walk: Maker) -> None:
    walk = request_walk()
    change(Walk, state=PAINTING)
    file = leave(f"walks/{walk.id}/frames/0003.png", minutes_ago=600)
    assert run_json(runner, "media", "prune", "--yes")["files"] == []
    assert file.exists()


def test_file_rewritten_between_look_and_deletion_stays(app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{STRANGER}/frames/0000.png"
    file = leave(path)
    found = list(media_upkeep.find_unreferenced())
    leave(path, minutes_ago=0, content=b"anew")
    monkeypatch.setattr(media_upkeep, "find_unreferenced", lambda **_: found)
    assert media_upkeep.prune() == []
    assert file.read_bytes() == b"anew"


def test_a_store_that_is_no_folder_is_pruned_as_well(instance: Path) -> None:
    app = make_app(instance, MEDIA_URL="memory://prune")
    with app.app_context():
        media_store.store().write(f"{STRANGER}/frames/0000.png", b"left over")
        assert [path for path, _ in media_upkeep.find_unreferenced()] == []
        assert [path for path, _ in media_upkeep.prune(young_seconds=-1)] == [f"{STRANGER}/frames/0000.png"]
        assert not media_store.store().exists(f"{STRANGER}/frames/0000.png")
        db.engine.dispose()
