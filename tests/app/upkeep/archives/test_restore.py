"""What a backup brings back: all of a site, row by row and byte by byte, and nothing that was deleted since."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import inspect, select, text

from app.access.auth import api_tokens
from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.collection.moderation import audit_log, drawing_curation, reports, word_lists
from app.collection.moderation.drawing_request import DrawingRequest
from app.collection.search import visual_search
from app.requests.walk_requests import walk_edits
from app.storage import media_store
from app.storage.browser_models import Browser, Transfer
from app.storage.collection_models import Collection, CollectionItem, CollectionReport, Favourite
from app.storage.database import db, is_sqlite, now, writing
from app.storage.upload_models import Upload
from app.storage.walk_models import Frame, Medium, VisualFeatures, Walk
from app.storage.wall_models import WallLeg
from app.walks.saved import deletions, lifecycle
from app.walks.uploads import kinds, photo_check, sound_check, upload_store
from app.wall import walls, words
from app.wall.walls import WallRequest
from tests.support import candidates, photos, sounds
from tests.support.commands import run, run_json
from tests.support.led import ROBOT
from tests.support.rows import Maker, store

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("programs")]

Rows = dict[str, list[str]]


@pytest.fixture
def furnished(app: Flask, publish: Maker, request_walk: Maker) -> Walk:
    """Furnish a site with something in every table."""
    walk, waiting = publish("a bear", "a kite"), request_walk("the sun", "a star")
    publish("a fox", "a lemon", unlisted=True)
    lifecycle.delete_walk(publish("a crab", "a lamp"))
    walk_edits.apply(walk, walk_edits.validate({"title": "Bärenreise 🐻"}))
    exhibitions.create(ExhibitionRequest("The first", "Some words", slug="the-first", walks=[walk.id]))
    reports.submit(walk, reason="other", words="Why?", reporter="x", admit=lambda: None)
    audit_log.note("looked", walk.id)
    drawing_curation.add(ROBOT.encode(), DrawingRequest("robot", artist="Ann Example"))
    word_lists.BANNED.add("bogus")
    word_lists.ALLOWED.add("gore")
    api_tokens.create("a-program")
    candidates.painted("x")
    wall = walls.open_wall(WallRequest("lobby"))
    words.say(wall, "an owl", owner="x")
    store(WallLeg(wall_number=wall.number, number=1, skipped=True))
    upload_store.save(kinds.PHOTO, photo_check.check(photos.written(photos.sticker())), owner_hash="x", network="x")
    sound = sound_check.check(sounds.track(3))
    upload_store.save(kinds.SOUND, sound, owner_hash="x", network="x", enqueue=lambda *_: None)
    with writing() as session:
        collection = Collection(owner_hash="x", title="Some foxes")
        session.add_all([Favourite(owner_hash="x", walk_number=walk.number), collection])
        session.add(Browser(secret_hash="x", owner_hash="x", own_hash="x", name="Firefox, Linux"))
        until = now() + timedelta(days=1)
        hashes = dict.fromkeys(("owner_hash", "giver_hash", "link_hash", "code_hash"), "x")
        session.add(Transfer(giver_name="Firefox, Linux", selector="222", expires_at=until, **hashes))
        session.flush()
        session.add(CollectionItem(collection_number=collection.number, walk_number=walk.number, position=1))
        session.add(CollectionReport(collection_number=collection.number, reason="other", reporter="x"))
        session.add(
            VisualFeatures(walk_number=walk.number, encoder="one", frames=[0], vectors=visual_search.pack(ONES))
        )
        session.get_one(Walk, waiting.number).state = "painting"
        session.execute(
            text(
                "INSERT INTO pieces (walk_number, kind, level, batch, payload, urgency, state, attempt, lost)"
                " VALUES (:walk, 'stops', 0, 0, '{}', 1, 'taken', 1, 0)"
            ),
            {"walk": waiting.number},
        )
    return walk


ONES = visual_search.np.ones((1, 64), "f4")


def rows() -> Rows:
    """Read every row of every table that there is, those that no model knows of too."""
    with db.engine.connect() as connection:
        return {
            name: sorted(repr(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{name}"')))  # noqa: S608
            for name in inspect(connection).get_table_names()
        }


def named_files() -> dict[str, bytes]:
    """Read every file that a row names."""
    paths = [path for table in (Frame, Medium, Upload) for path in db.session.scalars(select(table.path))]
    return {path: media_store.store().read_bytes(path) for path in paths}


@pytest.mark.databases
def test_all_rows_and_files_are_restored(furnished: Walk, runner: FlaskCliRunner, empty: Flask, tmp_path: Path) -> None:
    before, files = rows(), named_files()
    models = set(db.metadata.tables)
    assert {name for name in models if not before[name]} == set(), "a table that this test does not fill"
    run(runner, "backup", "create", str(tmp_path / "b.tar"))
    assert run_json(runner, "backup", "verify", str(tmp_path / "b.tar"))["differences"] == []
    with empty.app_context():
        run(empty.test_cli_runner(), "backup", "restore", str(tmp_path / "b.tar"))
        after = rows()
        assert set(after) == set(before)
        assert {name for name in before if after[name] != before[name]} == set()
        assert named_files() == files
        stored = [media_store.store().files(folder) for folder in ("walks", "photos", "sounds")]
        assert {path for each in stored for path in each} == set(files)
        answer = run_json(empty.test_cli_runner(), "backup", "verify", str(tmp_path / "b.tar"))
        assert answer["differences"] == []
        assert answer["tables"] >= len(models)
        assert answer["files"] == len(files)
        assert is_sqlite() == (tmp_path / "empty/moma.sqlite").exists()


@pytest.mark.databases
def test_verify_names_changed_tables_and_files(furnished: Walk, runner: FlaskCliRunner, tmp_path: Path) -> None:
    run(runner, "backup", "create", str(tmp_path / "b.tar"))
    film, frame = furnished.media["gif"].path, furnished.painted[0].path
    media_store.store().write(film, b"GIX")
    media_store.store().delete(frame)
    word_lists.BANNED.add("another")
    answer = run_json(runner, "backup", "verify", str(tmp_path / "b.tar"), status=1)
    assert sorted(answer["differences"]) == [
        f"File {frame} is not here.",
        f"File {film} is another here.",
        "Table banned_words: 2 rows here, 1 rows in the backup, not the same.",
        "Table deeds: 8 rows here, 7 rows in the backup, not the same.",
    ]
    assert "4 differ" in run(runner, "backup", "verify", str(tmp_path / "b.tar"), status=1).output


@pytest.mark.databases
@pytest.mark.parametrize("by_operator", [True, False])
def test_deleted_walk_stays_deleted(furnished: Walk, runner: FlaskCliRunner, tmp_path: Path, by_operator: bool) -> None:
    run(runner, "backup", "create", str(tmp_path / "b.tar"))
    walk_id, number = furnished.id, furnished.number
    lifecycle.delete_walk(furnished, by_operator=by_operator)
    run(runner, "backup", "restore", str(tmp_path / "b.tar"), "--force")
    db.session.expire_all()
    walk = db.session.get_one(Walk, number)
    assert walk.deleted_at is not None
    assert (walk.hidden_at is not None) == by_operator
    assert (walk.stops, walk.painted, walk.media, walk.search_text) == ([], [], {}, "")
    assert media_store.store().files(media_store.walk_folder(walk_id)) == {}
    assert not any("bear" in row.lower() for name, found in rows().items() if name != "deeds" for row in found)


@pytest.mark.databases
def test_deletion_marker_survives(furnished: Walk, runner: FlaskCliRunner, empty: Flask, tmp_path: Path) -> None:
    run(runner, "backup", "create", str(tmp_path / "b.tar"))
    walk_id = furnished.id
    lifecycle.delete_walk(furnished)
    with empty.app_context():
        for path in media_store.MediaStore(f"file://{furnished_media(runner)}").files(deletions.FOLDER):
            media_store.store().write(path, b"")
        run(empty.test_cli_runner(), "backup", "restore", str(tmp_path / "b.tar"))
        assert db.session.scalars(select(Walk).where(Walk.id == walk_id)).one().deleted_at is not None
        db.session.rollback()
        assert empty.test_client().get(f"/walks/{walk_id}").status_code == 410


def furnished_media(runner: FlaskCliRunner) -> str:
    return str(Path(runner.app.instance_path) / "media")


def test_restored_again_over_itself_it_stays_the_same(furnished: Walk, runner: FlaskCliRunner, tmp_path: Path) -> None:
    run(runner, "backup", "create", str(tmp_path / "b.tar"))
    for _ in range(2):
        run(runner, "backup", "restore", str(tmp_path / "b.tar"), "--force")
        assert run_json(runner, "backup", "verify", str(tmp_path / "b.tar"))["differences"] == []


def test_backup_of_before_tables_were_summed_up_can_be_restored_and_not_verified(
    furnished: Walk, runner: FlaskCliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.upkeep.archives import database_dump

    copy = database_dump.copy
    monkeypatch.setattr(database_dump, "copy", lambda *asked: copy(*asked)._replace(sums=None))
    run(runner, "backup", "create", str(tmp_path / "b.tar"))
    answer = run_json(runner, "backup", "verify", str(tmp_path / "b.tar"), status=1)
    assert "was made before backups listed their tables" in answer["error"]
    run(runner, "backup", "restore", str(tmp_path / "b.tar"), "--force")
