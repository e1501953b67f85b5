"""Stores that answer but refuse writes: 503, and the health checks name the part."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from app.access.observability import doctor, health
from app.core.errors import MediaStoreAway
from app.storage import media_store, refusals
from app.storage.database import db, is_sqlite, writing
from app.storage.database_health import find_refusal
from app.storage.media_store import MediaStore
from app.walks.queue import jobs
from tests.support.raising import raising

WALK = {"stops": [{"prompt": "a fox"}, {"prompt": "an owl"}], "frames": 2}


@pytest.fixture
def read_only(app: Flask) -> None:
    """Make the database refuse writes, as a standby or a read-only file does."""
    sqlite = is_sqlite()
    db.session.remove()
    db.engine.dispose()

    @event.listens_for(db.engine, "connect")
    def refuse(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        if sqlite:
            cursor.execute("PRAGMA query_only=ON")
        else:
            cursor.execute("SET default_transaction_read_only = on")
            connection.commit()  # type: ignore[attr-defined]
        cursor.close()


def found(part: str) -> doctor.Finding:
    return next(each for each in doctor.examine() if each.part == part)


@pytest.mark.databases
@pytest.mark.usefixtures("read_only")
def test_read_only_database_is_answered_503_and_named(client: FlaskClient) -> None:
    answer = client.post("/api/v1/walks", json=WALK)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "stored" in answer.json["detail"]
    assert client.get("/").status_code == 200, "pages that only read go on"
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["status"]) == (503, "not ready")
    assert ready.json["database"] == "The database refuses writes."
    assert not found("database").well
    assert found("database").detail.startswith("The database refuses writes: ")


@pytest.mark.databases
@pytest.mark.usefixtures("read_only")
def test_refusal_is_raised_like_an_outage(app: Flask) -> None:
    with pytest.raises(OperationalError), writing() as session:
        session.execute(text("DELETE FROM walks"))


def test_missing_privilege_is_a_refusal() -> None:
    class MissingPrivilege(Exception):
        sqlstate = "42501"

    assert refusals.is_refusal(MissingPrivilege())
    assert not refusals.is_refusal(ValueError())
    assert not refusals.is_refusal(None)


@pytest.mark.databases
def test_database_that_accepts_writes_or_is_busy_refuses_none(app: Flask) -> None:
    assert find_refusal() == ""
    with writing() as session:
        session.execute(text("DELETE FROM walks"))
        assert find_refusal() == ""


def _without_writing(store: MediaStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "write", raising(MediaStoreAway("read-only file system")))


def _without_deleting(store: MediaStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "delete", raising(MediaStoreAway("not permitted")))


@pytest.mark.parametrize("way", [_without_writing, _without_deleting])
def test_media_store_that_refuses_writes_is_named(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, way: Callable[..., None]
) -> None:
    way(media_store.store(), monkeypatch)
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["media"]) == (503, "refuses writes: no picture can be stored")
    assert not found("media").well


def test_site_is_ready_without_media_store(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    store = media_store.store()
    _without_writing(store, monkeypatch)
    monkeypatch.setattr(store, "exists", store.write)
    assert client.get("/readyz").status_code == 200


def test_media_store_is_asked_once_in_a_while(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(MediaStore, "find_refusal", lambda _: asked.append(1) or "")
    for _ in range(3):
        client.get("/readyz")
    assert asked == [1]
    app.extensions[health.EXTENSION] = (0.0, "")
    client.get("/readyz")
    assert asked == [1, 1]


@pytest.mark.parametrize(
    "refusal", ["READONLY You can't write against a read only replica.", "OOM command not allowed"]
)
def test_redis_that_refuses_writes_is_named(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, refusal: str) -> None:
    monkeypatch.setattr(jobs, "redis_answers", lambda: True)
    monkeypatch.setattr(jobs, "find_redis_refusal", lambda: refusal)
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["redis"]) == (200, "refuses writes: walks are saved and painted later")
    assert not found("redis").well
    assert refusal in found("redis").detail


def test_file_of_another_mode_is_a_refusal(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite"
    sqlite3.connect(file).execute("CREATE TABLE alembic_version (version_num)").connection.close()
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute(str(refusals.PROBE))
    connection.close()
    assert refusals.is_refusal(caught.value)
