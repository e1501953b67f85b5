"""What tests of archives share: an empty site of the same kind of database, and the programs of Postgres."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.storage.database import db
from tests.conftest import make_app
from tests.support import postgres
from tests.support.needs import require


@pytest.fixture
def empty(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """Build an application in a folder where nothing is yet, on a database of the same kind without a schema."""
    settings: dict[str, object] = {}
    if database == "postgres":
        server: postgres.PostgresServer = request.getfixturevalue("postgres_server")
        name = server.create()
        settings["DATABASE_URL"] = server.url(name)
    app = make_app(tmp_path / "empty", **settings)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    if database == "postgres":
        server.drop(name)


@pytest.fixture
def programs(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the pg_dump and pg_restore of the tests' own Postgres first on the path, where the database is one."""
    if database == "postgres":
        require("postgres")
        monkeypatch.setenv("PATH", str(postgres.binaries()), prepend=os.pathsep)
