"""Which code runs on a schema: what migrations name, what the database keeps of it, and who heeds it."""

import logging
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from flask_migrate import downgrade
from flask_migrate import upgrade as run_migrations

from app.storage import compatibility
from app.storage.database import db
from app.storage.schema import MIGRATIONS, head, schema_notice, schema_state, upgrade
from tests.support.made_up_migrations import migrations_with

pytestmark = pytest.mark.databases

NEWER = f"The database is at revision 9001, which is newer than the code ({head()}) and still runs with it."


def said() -> str | None:
    with db.engine.connect() as connection:
        return compatibility.oldest_code(connection)


def test_each_migration_names_the_oldest_code_that_runs_on_it_and_never_an_older_one_than_the_one_before() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    chain = [script.revision for script in scripts.walk_revisions()][::-1]
    first = chain.index("0021")
    named = [compatibility.declared(scripts, revision) for revision in chain[first:]]
    places = [chain.index(str(name)) for name in named]
    assert places == sorted(places)
    assert all(place <= first + number for number, place in enumerate(places))


def test_database_keeps_what_its_last_migration_names_and_forgets_it_with_it(app: Flask, tmp_path: Path) -> None:
    assert said() == compatibility.declared(ScriptDirectory(str(MIGRATIONS)), head())
    upgrade_to(migrations_with(tmp_path, oldest_code="9001"))
    assert said() == "9001"
    downgrade(directory=str(tmp_path), revision=head())
    assert said() == compatibility.declared(ScriptDirectory(str(MIGRATIONS)), head())
    downgrade(directory=str(tmp_path), revision="0020")
    assert said() is None
    upgrade()
    assert schema_state() == ""


def test_migration_that_does_not_name_it_is_not_run(app: Flask, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Migration 9001 does not name its oldest_code: CONTRIBUTING"):
        upgrade_to(migrations_with(tmp_path, oldest_code=None))
    assert schema_state() == ""


def test_newer_database_that_allows_it_serves_and_each_program_says_once_what_to_do(
    client: FlaskClient, runner: FlaskCliRunner, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert schema_notice() == ""
    upgrade_to(migrations_with(tmp_path, oldest_code=head()))
    assert schema_state() == ""
    assert schema_notice() == f"{NEWER} Finish the upgrade: start this program from the newer release."
    with caplog.at_level(logging.WARNING):
        assert [client.get("/readyz").status_code for _ in range(3)] == [200] * 3
    assert [record.getMessage().startswith(NEWER) for record in caplog.records] == [True]
    assert NEWER in runner.invoke(args=["doctor"]).stdout
    assert runner.invoke(args=["walks", "list"]).exit_code == 0


def test_newer_database_that_forbids_it_is_refused(client: FlaskClient, tmp_path: Path) -> None:
    upgrade_to(migrations_with(tmp_path, oldest_code="9001"))
    assert schema_state().startswith(f"The database is at revision 9001, which is newer than the code ({head()}).")
    assert client.get("/readyz").status_code == 503
    assert schema_notice() == ""


@pytest.mark.sqlite
def test_backup_by_older_code_names_the_revision(runner: FlaskCliRunner, tmp_path: Path) -> None:
    upgrade_to(migrations_with(tmp_path / "migrations", oldest_code=head()))
    assert runner.invoke(args=["backup", "create", str(tmp_path / "backup.tar")]).exit_code == 0
    assert b'"revision": "9001"' in (tmp_path / "backup.tar").read_bytes()


def upgrade_to(folder: Path) -> None:
    run_migrations(directory=str(folder))
