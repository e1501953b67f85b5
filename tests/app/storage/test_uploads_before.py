"""Uploads in the tables of release 1.2, which runs on while a new release comes: both see what the other writes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import MetaData, Table, delete, insert, select, update

from app.storage.database import db, now, writing
from app.storage.schema import MIGRATIONS, upgrade
from app.storage.task_kinds import PHOTOS, SOUNDS
from app.storage.upload_models import FAILED, READY, TABLES_BEFORE, WAITING, Upload
from app.storage.walk_models import Task

pytestmark = pytest.mark.databases

SIZE = {"width": 96, "height": 64}
HEADER = {"format": "mp3", "rate": 44_100, "channels": 2}
HEARD = {"version": 1, "seconds": 93.41387755102041, "beats": [0.1, 0.30000000000000004]}
PATHS = {PHOTOS: "photos/a.webp", SOUNDS: "sounds/a.mp3"}


@pytest.fixture
def before(app: Flask) -> Iterator[dict[str, Table]]:
    """Return the tables that release 1.2 knows."""
    found = MetaData()
    found.reflect(db.engine, only=TABLES_BEFORE)
    yield dict(found.tables)
    db.session.rollback()


def shared(kind: str, **columns: Any) -> dict[str, Any]:
    """Return the columns that an upload of either release has."""
    upload_id = f"{kind}-{'x' * (15 - len(kind))}"
    times = {"created_at": now(), "expires_at": now() + timedelta(hours=24)}
    owner = {"digest": "d" * 64, "owner_hash": "ann", "network": "home"}
    return {"id": upload_id, **owner, "path": PATHS[kind], "bytes": 5, **times, **columns}


def upload(kind: str) -> Upload:
    """Return an upload as it stands in the database."""
    db.session.rollback()
    found: Upload = db.session.scalars(select(Upload).where(Upload.kind == kind), execution_options={
        "populate_existing": True}).one()  # fmt: skip
    return found


def row(table: Table) -> dict[str, Any]:
    """Return the one row of a table of release 1.2."""
    db.session.rollback()
    return dict(db.session.execute(select(table)).mappings().one())


def save(kind: str) -> str:
    """Store an upload as today's code does; return its ID."""
    details = {PHOTOS: SIZE, SOUNDS: HEADER}[kind]
    with writing() as session:
        session.add(Upload(kind=kind, details=details, seconds=None if kind == PHOTOS else 93.4, **shared(kind)))
    return str(upload(kind).id)


def change(kind: str, **columns: Any) -> None:
    """Change an upload as today's code does."""
    with writing() as session:
        session.execute(update(Upload).where(Upload.kind == kind).values(**columns))


def test_photo_of_the_release_before_is_an_upload(before: dict[str, Table]) -> None:
    photos = before["photos"]
    with writing() as session:
        session.execute(insert(photos).values(**shared(PHOTOS), **SIZE, attempt=0))
    photo = upload(PHOTOS)
    assert (photo.id, photo.state, photo.size, photo.description) == (shared(PHOTOS)["id"], WAITING, (96, 64), None)
    with writing() as session:
        session.execute(
            update(photos).values(description="a “red” fox", cut_path="photos/cut.webp", described_at=now())
        )
    photo = upload(PHOTOS)
    assert (photo.state, photo.description, photo.preview_path) == (READY, "a “red” fox", "photos/cut.webp")
    with writing() as session:
        session.execute(update(photos).values(error="It cannot be read.", expires_at=now() + timedelta(hours=48)))
    photo = upload(PHOTOS)
    assert (photo.state, photo.error) == (FAILED, "It cannot be read.") and photo.expires_at > now() + timedelta(
        hours=40
    )
    with writing() as session:
        session.execute(delete(photos))
    assert db.session.scalars(select(Upload)).all() == []


def test_sound_of_the_release_before_is_an_upload(before: dict[str, Table]) -> None:
    sounds = before["sounds"]
    with writing() as session:
        session.execute(insert(sounds).values(**shared(SOUNDS), **HEADER, seconds=93.4, state=WAITING))
    sound = upload(SOUNDS)
    assert (sound.state, sound.details, sound.seconds, sound.analysis) == (WAITING, HEADER, 93.4, None)
    read = {"state": READY, "path": "sounds/a.flac", "bytes": 7, "rate": 22_050, "analysis": HEARD}
    with writing() as session:
        session.execute(update(sounds).values(**read, seconds=HEARD["seconds"]))
    sound = upload(SOUNDS)
    assert (sound.state, sound.path, sound.bytes) == (READY, "sounds/a.flac", 7)
    assert (sound.details, sound.seconds, sound.analysis) == (HEADER | {"rate": 22_050}, HEARD["seconds"], HEARD)
    with writing() as session:
        session.execute(update(sounds).values(state=FAILED, error="It is silent.", path=None, bytes=0))
    sound = upload(SOUNDS)
    assert (sound.state, sound.error, sound.path) == (FAILED, "It is silent.", None)
    with writing() as session:
        session.execute(delete(sounds))
    assert db.session.scalars(select(Upload)).all() == []


def test_upload_is_a_photo_of_the_release_before(before: dict[str, Table]) -> None:
    save(PHOTOS)
    photo = row(before["photos"])
    assert {name: photo[name] for name in (*SIZE, "path", "described_at", "description", "attempt")} == SIZE | {
        "path": PATHS[PHOTOS], "described_at": None, "description": None, "attempt": 0,
    }  # fmt: skip
    change(PHOTOS, state=READY, analysis={"description": "a fox", "seen": 3}, preview_path="photos/cut.webp")
    photo = row(before["photos"])
    assert (photo["description"], photo["cut_path"]) == ("a fox", "photos/cut.webp") and photo[
        "described_at"
    ] is not None
    assert upload(PHOTOS).analysis == {"description": "a fox", "seen": 3}, "what the other table lacks stays"
    described_at = photo["described_at"]
    change(PHOTOS, expires_at=now() + timedelta(hours=48))
    assert row(before["photos"])["described_at"] == described_at
    with writing() as session:
        session.delete(session.merge(upload(PHOTOS)))
    assert db.session.execute(select(before["photos"])).all() == []


def test_upload_is_a_sound_of_the_release_before(before: dict[str, Table]) -> None:
    save(SOUNDS)
    sound = row(before["sounds"])
    assert {name: sound[name] for name in (*HEADER, "seconds", "state")} == HEADER | {"seconds": 93.4, "state": WAITING}
    change(SOUNDS, state=READY, path="sounds/a.flac", analysis=HEARD, seconds=HEARD["seconds"])
    sound = row(before["sounds"])
    assert (sound["state"], sound["path"], sound["seconds"]) == (READY, "sounds/a.flac", HEARD["seconds"])
    assert (sound["analysis"], upload(SOUNDS).analysis) == (HEARD, HEARD)
    with writing() as session:
        session.execute(delete(Upload))
    assert db.session.execute(select(before["sounds"])).all() == []


def test_upload_of_a_new_kind_is_none_of_the_release_before(before: dict[str, Table]) -> None:
    with writing() as session:
        session.add(Upload(kind="videos", details=SIZE, **shared(PHOTOS)))
    change("videos", state=READY)
    assert [db.session.execute(select(table)).all() for table in before.values()] == [[], []]


def test_migration_takes_over_what_waits_and_going_back_loses_nothing(app: Flask) -> None:
    downgrade(directory=str(MIGRATIONS), revision="0036")
    found = MetaData()
    found.reflect(db.engine, only=TABLES_BEFORE)
    photos, sounds = (found.tables[name] for name in TABLES_BEFORE)
    with writing() as session:
        session.execute(insert(photos).values(**shared(PHOTOS), **SIZE, attempt=0))
        session.execute(insert(sounds).values(**shared(SOUNDS), **HEADER, state=READY, seconds=93.4, analysis=HEARD))
        session.add(Task(task=shared(PHOTOS)["id"], kind=PHOTOS, urgency=3))
    kept = row(photos), row(sounds)
    db.session.remove()
    upgrade()
    photo, sound = upload(PHOTOS), upload(SOUNDS)
    assert (photo.id, photo.state, photo.details, photo.network) == (kept[0]["id"], WAITING, SIZE, "home")
    assert (sound.id, sound.state, sound.details, sound.analysis) == (kept[1]["id"], READY, HEADER, HEARD)
    assert db.session.scalars(select(Task.task)).all() == [photo.id]
    change(PHOTOS, state=READY, analysis={"description": "a fox"})
    db.session.remove()
    downgrade(directory=str(MIGRATIONS), revision="0036")
    photo_before = row(photos)
    assert photo_before["description"] == "a fox" and photo_before["described_at"] is not None
    assert row(sounds) == kept[1]
    db.session.remove()
    upgrade()
