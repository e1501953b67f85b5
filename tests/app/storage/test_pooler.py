"""Postgres behind a pooler that lends connections for one transaction: nothing is kept in a session."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from app.core.errors import MomaError
from app.storage.database import db, take_advisory_lock, writing
from app.storage.database_health import find_refusal, ping
from app.storage.engines import LOCK_SECONDS
from app.storage.schema import schema_state, upgrade
from app.upkeep.archives import database_dump
from app.walks.queue import jobs
from tests.conftest import inside, make_app
from tests.support.live import PATIENCE, free_port, wait_until
from tests.support.needs import require
from tests.support.postgres import USER, PostgresServer

URL_OF_SITE = "postgresql+psycopg://moma@localhost/moma"
CONFIGURATION = """
[databases]
* = host={folder} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = any
pool_mode = transaction
default_pool_size = 2
logfile = {log}
"""


def options_of(instance: Path, **settings: Any) -> dict[str, Any]:
    app = make_app(instance, DATABASE_URL=URL_OF_SITE, **settings)
    options: dict[str, Any] = app.config["SQLALCHEMY_ENGINE_OPTIONS"]["connect_args"]
    return options


def test_connections_through_a_pooler_have_no_options_and_no_prepared_statements(instance: Path) -> None:
    direct, pooled = options_of(instance), options_of(instance, DATABASE_POOLER=True)
    assert "lock_timeout" in direct["options"]
    assert "options" not in pooled
    assert pooled == {name: direct[name] for name in direct if name != "options"} | {"prepare_threshold": None}


@pytest.fixture
def pooler(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[int]:
    """Run PgBouncer before the tests' Postgres, and return its port."""
    program = require("pgbouncer")
    port, folder = free_port(), Path(postgres_server.folder)
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        CONFIGURATION.format(folder=folder, user=USER, port=port, log=folder / "pgbouncer.log"), "utf-8"
    )
    process = subprocess.Popen([program, str(configuration)], **postgres_server.options)
    try:
        wait_until(lambda: _answers(port), what="PgBouncer")
        yield port
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        psycopg.connect(host="127.0.0.1", port=port, user=USER, dbname="postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def pooled(pooler: int, postgres_server: PostgresServer, instance: Path) -> Iterator[Flask]:
    """Open a site whose database is behind the pooler."""
    name = postgres_server.create()
    url = URL.create("postgresql", username=USER, host="127.0.0.1", port=pooler, database=name).render_as_string()
    with inside(make_app(instance, DATABASE_URL=url, DATABASE_POOLER=True)) as app:
        assert make_url(app.config["DATABASE_URL"]).port == pooler
        upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.slow
def test_site_behind_a_pooler_works(pooled: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "notify_workers", lambda *_: True)
    assert (ping(), schema_state(), find_refusal()) == ("", "", "")
    client = pooled.test_client()
    body = {"stops": [{"prompt": "a fox"}, {"prompt": "an owl"}], "frames": 2}
    for _ in range(8):  # psycopg would prepare a statement that it sends for the sixth time
        walk = client.post("/api/v1/walks", json=body)
        assert walk.status_code == 202, walk.text
        assert client.get(walk.headers["Location"]).status_code == 200
        assert client.get("/gallery?q=fox").status_code == 200


def test_backup_through_a_pooler_is_refused_with_the_cure(instance: Path, tmp_path: Path) -> None:
    app = make_app(instance, DATABASE_URL=URL_OF_SITE, DATABASE_POOLER=True)
    with app.app_context(), pytest.raises(MomaError, match="MOMA_DATABASE_POOLER=false"):
        database_dump._run_postgres("pg_dump", needed_for="A backup")


@pytest.mark.slow
def test_locks_behind_a_pooler_end_with_their_transaction(pooled: Flask) -> None:
    with writing() as session:
        take_advisory_lock(session)
        assert session.scalar(text("SHOW lock_timeout")) == f"{LOCK_SECONDS // 60}min"
    taken = threading.Event()

    def take() -> None:
        with pooled.app_context(), writing() as session:
            take_advisory_lock(session)
            taken.set()

    thread = threading.Thread(target=take)
    thread.start()
    thread.join(PATIENCE)
    assert taken.is_set()
