"""A database that is not of the code's revision: every program refuses to start on it, and names what to run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core.config import ROOT
from app.core.errors import ConfigError
from app.storage import schema
from app.storage.database import db
from app.storage.schema import EMPTY, MIGRATIONS, RESTORE, schema_state
from app.storage.walk_models import Walk
from app.upkeep.processes.supervisor import Site
from tests.conftest import SECRET, make_app
from tests.support import forks

HEAD = ScriptDirectory(str(MIGRATIONS)).get_current_head()
UPGRADE = "flask --app wsgi db upgrade"
FLAWS = {
    "newer": (
        ["UPDATE alembic_version SET version_num = '9999'", "UPDATE schema_compatibility SET oldest_code = '9999'"],
        f"The database is at revision 9999, which is newer than the code ({HEAD}). Update the code, or run "
        f"with the newer code: flask --app wsgi db downgrade {HEAD}",
    ),
    "newer, of before it said with which code it runs": (
        ["UPDATE alembic_version SET version_num = '9999'", "DROP TABLE schema_compatibility"],
        f"The database is at revision 9999, which is newer than the code ({HEAD}). Update the code, or run "
        f"with the newer code: flask --app wsgi db downgrade {HEAD}",
    ),
    "newer, of a promise that it does not keep": (
        ["UPDATE alembic_version SET version_num = '9999'", "ALTER TABLE walks DROP COLUMN prefix"],
        f"The database was left half-migrated: it is at revision 9999 but lacks walks.prefix. {RESTORE}",
    ),
    "unrecorded": (
        ["DELETE FROM alembic_version"],
        f"The database was left half-migrated: it has tables of ours and no recorded revision. {RESTORE}",
    ),
    "doubly recorded": (
        ["INSERT INTO alembic_version VALUES ('0000')"],
        f"The database was left half-migrated: it has tables of ours and more than one recorded revision. {RESTORE}",
    ),
    "without a table": (
        ["DROP TABLE media"],
        f"The database was left half-migrated: it is at revision {HEAD} but lacks media.walk_number. {RESTORE}",
    ),
    "without a column": (
        ["ALTER TABLE walks DROP COLUMN prefix"],
        f"The database was left half-migrated: it is at revision {HEAD} but lacks walks.prefix. {RESTORE}",
    ),
}


@pytest.fixture(params=FLAWS)
def flawed(app: Flask, request: pytest.FixtureRequest) -> str:
    """Put the database into a state that the code was not written for; return what is to be said about it."""
    statements, sentence = FLAWS[request.param]
    with db.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    return sentence


def run(instance: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a site's folder."""
    environment = {**os.environ, "MOMA_INSTANCE": str(instance), "MOMA_SECRET_KEY": SECRET}
    command = (sys.executable, "-m", *command)
    return forks.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.databases
def test_each_flaw_is_distinguished_and_names_the_command(flawed: str) -> None:
    assert schema_state() == flawed
    assert "flask --app wsgi db " in flawed


def test_site_does_not_start(app: Flask, flawed: str) -> None:
    with Site(app) as site, pytest.raises(ConfigError) as refused:
        site.prepare()
    assert str(refused.value) == flawed


def test_site_with_an_empty_database_gives_it_its_tables(tmp_path: Path) -> None:
    fresh = make_app(tmp_path / "fresh")
    with fresh.app_context():
        assert schema_state() == EMPTY
        with Site(fresh) as site:
            site.prepare()
        assert schema_state() == ""


@pytest.mark.databases
def test_older_database_is_refused_until_it_is_upgraded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "head", lambda: "9999")
    sentence = f"The database is at revision {HEAD}, the code at 9999. Run: {UPGRADE}"
    assert schema_state() == sentence
    with Site(app) as site, pytest.raises(ConfigError) as refused:
        site.prepare()
    assert str(refused.value) == sentence


def test_admin_command_is_refused(app: Flask, flawed: str) -> None:
    result = app.test_cli_runner().invoke(args=["walks", "list"])
    assert (result.exit_code, result.stderr) == (1, f"Error: {flawed}\n")


def test_site_that_serves_is_alive_but_not_ready_and_says_why(client: FlaskClient, flawed: str) -> None:
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["status"], answer.json["database"]) == (503, "not ready", flawed)


@pytest.mark.databases
@pytest.mark.parametrize("path", ["/gallery", "/api/v1/walks"])
def test_half_migrated_site_returns_503(app: Flask, path: str, walk: Walk) -> None:
    db.session.commit()
    with db.engine.begin() as connection:
        connection.execute(text("DROP TABLE stops"))
    answer = app.test_client().get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "stops" not in answer.text


@pytest.mark.server
def test_programs_end_at_once_with_the_reason(app: Flask, instance: Path) -> None:
    with db.engine.begin() as connection:
        for statement in FLAWS["newer"][0]:
            connection.execute(text(statement))
    sentence = FLAWS["newer"][1]
    for command in (["app.run", "--port", "8000"], ["worker"], ["flask", "--app", "wsgi", "walks", "list"]):
        ended = run(instance, *command)
        assert ended.returncode == 1
        assert sentence in ended.stderr
        assert "Traceback" not in ended.stderr
