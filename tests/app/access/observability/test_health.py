"""Alive is not ready: what load balancers ask for."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import downgrade
from sqlalchemy.exc import OperationalError

from app.storage.schema import MIGRATIONS
from app.walks.queue import jobs
from tests.conftest import inside, make_app
from tests.support.raising import raising


def test_site_is_ready_without_redis_and_says_so(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json["status"] == "ready"
    assert answer.json["database"] == "ok"
    assert answer.json["redis"].startswith("away")
    assert answer.json["workers"] == []


@pytest.mark.databases
def test_site_without_its_schema_is_alive_but_not_ready(app: Flask, client: FlaskClient) -> None:
    downgrade(directory=str(MIGRATIONS), revision="base")
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "db upgrade" in answer.json["database"]


def test_site_without_a_database_is_alive_but_not_ready(tmp_path: Path) -> None:
    with inside(make_app(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'nowhere' / 'moma.sqlite'}")) as app:
        answer = app.test_client().get("/readyz")
        assert answer.status_code == 503
        assert "cannot be reached" in answer.json["database"]
        assert app.test_client().get("/healthz").json == {"status": "alive"}


def test_strangers_see_workers_without_host_or_process(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    host = "easel-3.internal"
    about = {"name": f"{host}:4026531836:4711:9f", "pid": 4711, "model": "house-3", "revision": "3f9a", "device": "cpu"}
    monkeypatch.setattr(jobs, "workers", lambda: [about])
    answer = client.get("/readyz")
    assert answer.json["workers"] == [{"model": "house-3", "revision": "3f9a", "device": "cpu"}]
    assert host not in answer.text
    assert "4711" not in answer.text


@pytest.mark.databases
def test_database_that_goes_away_is_reported_without_its_own_words(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    words = 'connection to server at "db.internal" (10.0.0.7), port 5432 failed: FATAL: role "moma"'

    monkeypatch.setattr(
        "app.storage.schema._compare_columns", raising(OperationalError("SELECT 1", {}, Exception(words)))
    )
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["database"]) == (503, "The database cannot be reached.")
    assert "db.internal" not in answer.text
    assert words in caplog.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_answers_are_never_kept(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Cache-Control"] == "no-store"
