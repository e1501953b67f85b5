"""The database: its migrations, its transactions, its times."""

import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from app.collection.search.text_index import facet, is_compared
from app.storage import database
from app.storage.database import db, now, writing
from app.storage.database_health import ping
from app.storage.schema import MIGRATIONS, head, revisions, schema_state, upgrade
from app.storage.walk_models import Frame, Medium, Stop, Walk
from tests.conftest import Maker, make_app

pytestmark = pytest.mark.databases

TABLES = set(db.metadata.tables)


def tables() -> set[str]:
    return {name for name in inspect(db.engine).get_table_names() if is_compared(None, name)} - {"alembic_version"}


def locked(path: Path) -> bool:
    """Return whether another holds the right to write."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        with suppress(sqlite3.OperationalError):
            connection.execute("BEGIN IMMEDIATE")
            return False
        return True


def test_migrations_run_up_down_and_up_again(app: Flask) -> None:
    assert tables() == TABLES
    downgrade(directory=str(MIGRATIONS), revision="base")
    assert tables() == set()
    upgrade()
    assert tables() == TABLES
    assert schema_state() == ""


def test_revisions_are_those_that_alembic_reads(app: Flask) -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert head() == scripts.get_current_head()
    assert revisions() == {script.revision for script in scripts.walk_revisions()}


def test_migrated_schema_is_that_of_the_models(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_compared})
        assert compare_metadata(context, db.metadata) == []


def test_walks_painted_before_there_were_presets_are_exact_and_stop_at_their_end(app: Flask) -> None:
    downgrade(directory=str(MIGRATIONS), revision="0004")
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO walks (number, id, visitor, owner_hash, commission_hash, unlisted, seed, frames, fps,"
                " words, sampler_steps, guidance, is_pinned, state, turn, ticket, attempt, lost, painted_count,"
                " created_at)"
                " VALUES (1, 'abcdefgh23456789', 'ann', '', '', false, 7, 2, 12.5, '',"
                " 20, 3.5, false, 'finished', 0, 1, 1, 0, 2, '2026-11-20 12:00:00')"
            )
        )
    upgrade()
    walk = db.session.scalar(select(Walk))
    assert (walk.preset, walk.ending, walk.easing) == ("exact", "stop", False)
    assert (walk.model, walk.continues, walk.sampling, walk.levels, walk.repeat_of) == (None, None, None, None, None)


BORN = (
    "INSERT INTO walks (number, id, visitor, owner_hash, commission_hash, unlisted, seed, frames, fps, words,"
    " sampler_steps, guidance, is_pinned, state, turn, ticket, attempt, lost, painted_count, created_at, finished_at,"
    " continues, remix_of) VALUES (:number, :id, 'ann', '', '', false, 7, 2, 12.5, :words, 20, 3.5, false, 'finished',"
    " 0, 1, 1, 0, 2, '2026-11-20 12:00:00', '2026-11-20 12:00:00.000000', :continues, :remix_of)"
)
FAMILY = [
    {"number": 1, "id": "abcdefgh23456789", "words": " red fox ", "continues": None, "remix_of": None},
    {
        "number": 2,
        "id": "bcdefgh234567899",
        "words": " fox kite ~kit ",
        "continues": "abcdefgh23456789",
        "remix_of": None,
    },
    {"number": 3, "id": "cdefgh2345678999", "words": " кит ", "continues": None, "remix_of": "abcdefgh23456789"},
]
WALKED = "SELECT number, walked FROM hung ORDER BY number"


@pytest.mark.slow
def test_who_went_on_before_there_was_an_index_is_counted_in_it(app: Flask) -> None:
    downgrade(directory=str(MIGRATIONS), revision="0008")
    with db.engine.begin() as connection:
        connection.execute(text(BORN), FAMILY)
    upgrade()
    assert db.session.execute(text(WALKED)).all() == [(1, 2), (2, 0), (3, 0)]


def test_what_an_earlier_revision_miscounted_or_kept_of_deleted_walks_is_put_right(app: Flask) -> None:
    downgrade(directory=str(MIGRATIONS), revision="0013")
    with db.engine.begin() as connection:
        connection.execute(text(BORN), FAMILY)
        connection.execute(text("INSERT INTO vocabulary VALUES ('telephone')"))
        connection.execute(text("UPDATE hung SET walked = 0"))
    upgrade()
    assert db.session.execute(text(WALKED)).all() == [(1, 2), (2, 0), (3, 0)]
    assert set(db.session.scalars(text("SELECT word FROM vocabulary"))) == {"red", "fox", "kite", "кит"}


def test_index_is_kept_by_the_triggers_of_before_after_a_downgrade(app: Flask) -> None:
    downgrade(directory=str(MIGRATIONS), revision="0013")
    with db.engine.begin() as connection:
        connection.execute(text(BORN), FAMILY)
        connection.execute(text("UPDATE walks SET words = ' pear ' WHERE number = 2"))
        connection.execute(text("UPDATE walks SET hidden_at = finished_at WHERE number = 3"))
        connection.execute(text("DELETE FROM walks WHERE number = 2"))
    assert db.session.execute(text(WALKED)).all() == [(1, 0)]


def born(number: int, visitor: str) -> None:
    """Write a walk as code does that knows no ``origin``."""
    row = FAMILY[0] | {"number": number, "id": f"abcdefgh2345678{number}", "visitor": visitor}
    with db.engine.begin() as connection:
        connection.execute(text(BORN.replace("'ann'", ":visitor")), row)


WATERCOLOUR = facet("h", "watercolour")
COME = "SELECT origin, visitor FROM walks ORDER BY number"
COMERS = {"ann": "visitor", "wall lobby": "wall", "wallflower": "visitor", "corridor": "corridor"}


def test_origin_of_older_walks_is_read_from_their_visitor(app: Flask) -> None:
    downgrade(directory=str(MIGRATIONS), revision="0027-1")
    for number, visitor in enumerate(COMERS, start=2):
        born(number, visitor)
    upgrade()
    assert [tuple(row) for row in db.session.execute(text(COME))] == [(COMERS[name], name) for name in COMERS]
    assert [walk.is_of_wall for walk in db.session.scalars(select(Walk).order_by(Walk.number))] == [
        False,
        True,
        False,
        False,
    ]


def test_walks_of_code_that_knows_no_origin_have_one(app: Flask) -> None:
    for number, visitor in enumerate(COMERS, start=2):
        born(number, visitor)
    assert [tuple(row) for row in db.session.execute(text(COME))] == [(COMERS[name], name) for name in COMERS]


def test_older_walks_have_the_style_of_their_scenes(publish: Maker) -> None:
    stops = [
        {"prompt": "a fox, watercolour"},
        {"prompt": "a kite", "hand": "linocut"},
        {"prompt": "a linocut of a bear"},
    ]
    number = publish(stops=stops, frames=3).number
    db.session.rollback()  # else it would go on reading what was there before
    downgrade(directory=str(MIGRATIONS), revision="0029")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE walks SET words = ' fox kite bear ~linocut '"))
        connection.execute(text("UPDATE stops SET found_hand = 'neon' WHERE position = 0"))
    with db.engine.begin() as connection:
        assert WATERCOLOUR not in connection.scalar(text("SELECT words FROM hung"))
    upgrade()
    styles = db.session.execute(
        select(Stop.requested_style, Stop.chosen_style, Stop.detected_style).order_by(Stop.position)
    ).all()
    assert styles == [("", "watercolour", ""), ("linocut", "", ""), ("", "linocut", "")]
    entry = db.session.scalar(text("SELECT words FROM hung WHERE number = :number"), {"number": number})
    assert entry.startswith("fox kite bear ~linocut ~~ watercolour linocut =any")
    assert entry.count(" =h") == 2
    assert WATERCOLOUR in entry


def test_older_walks_without_a_scene_have_no_chosen_style(publish: Maker) -> None:
    publish("a fox", "a kite")
    db.session.rollback()
    downgrade(directory=str(MIGRATIONS), revision="0029")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE stops SET scene = NULL, found_hand = 'neon'"))
    upgrade()
    assert db.session.execute(select(Stop.chosen_style, Stop.detected_style)).all() == [("", "neon")] * 2


def test_constraints_are_migrated_under_the_names_of_the_models(app: Flask) -> None:
    inspector = inspect(db.engine)
    assert [check["name"] for check in inspector.get_check_constraints("walks")] == ["ck_walks_state"]
    assert {check["name"] for check in inspector.get_check_constraints("pieces")} == {
        "ck_pieces_state",
        "ck_pieces_whose",
    }
    for table in ("stops", "pieces"):
        assert {key["options"].get("ondelete") for key in inspector.get_foreign_keys(table)} == {"CASCADE"}


def test_empty_database_is_distinguished_from_an_old_one(app: Flask, tmp_path: Path) -> None:
    fresh = make_app(tmp_path / "fresh")
    with fresh.app_context():
        assert schema_state() == "The database is empty. Run: flask --app wsgi db upgrade"
        db.engine.dispose()
    downgrade(directory=str(MIGRATIONS), revision="base")
    assert "flask --app wsgi db upgrade" in schema_state()


def test_database_out_of_reach_is_explained(tmp_path: Path) -> None:
    app = make_app(tmp_path / "instance", DATABASE_URL=f"sqlite:///{tmp_path / 'nowhere' / 'moma.sqlite'}")
    with app.app_context():
        for finding in (ping(), schema_state()):
            assert finding == "The database cannot be reached: unable to open database file"


def test_reachable_database_answers(app: Flask) -> None:
    assert ping() == ""


def test_errors_tell_no_prompts(app: Flask) -> None:
    with pytest.raises((OperationalError, ProgrammingError)) as failed:
        db.session.execute(text("SELECT :prompt FROM nowhere"), {"prompt": "a secret"})
    assert "a secret" not in str(failed.value)


def test_writing_commits_at_its_end(request_walk: Maker) -> None:
    walk = request_walk()
    with writing() as session:
        session.get(Walk, walk.number).error = "noted"
    db.session.remove()
    assert db.session.get(Walk, walk.number).error == "noted"


def test_writing_leaves_nothing_behind_after_an_error(request_walk: Maker) -> None:
    number = request_walk().number
    with pytest.raises(RuntimeError), writing() as session:
        session.get(Walk, number).error = "noted"
        session.flush()
        raise RuntimeError
    db.session.remove()
    assert db.session.get(Walk, number).error is None


@pytest.mark.sqlite
def test_writing_takes_the_lock_from_its_beginning(app: Flask, instance: Path) -> None:
    path = instance / "moma.sqlite"
    with writing():
        assert locked(path)
    assert not locked(path)


@pytest.mark.sqlite
def test_reading_takes_no_lock(app: Flask, instance: Path) -> None:
    db.session.execute(text("SELECT count(*) FROM walks"))
    assert db.session().in_transaction()
    assert not locked(instance / "moma.sqlite")


@pytest.mark.sqlite
def test_reading_goes_on_while_another_process_writes(app: Flask, instance: Path) -> None:
    with closing(sqlite3.connect(instance / "moma.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert db.session.execute(text("SELECT count(*) FROM walks")).scalar() == 0


@pytest.mark.sqlite
def test_sqlite_keeps_a_log_ahead_of_its_writes_and_checks_references(app: Flask) -> None:
    pragmas = {name: db.session.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "foreign_keys")}
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1}
    with pytest.raises(IntegrityError), writing() as session:
        session.add(Stop(walk_number=404, position=0, prompt="a fox", note=""))


def test_removing_a_walk_removes_its_stops_frames_and_media(publish: Maker) -> None:
    walk = publish()
    with writing() as session:
        session.execute(text("DELETE FROM walks WHERE number = :number"), {"number": walk.number})
    for table in (Stop, Frame, Medium):
        assert db.session.scalars(select(table)).all() == []


def test_times_come_back_aware_and_in_utc(request_walk: Maker) -> None:
    walk = request_walk()
    local = datetime(2026, 5, 1, 14, 30, tzinfo=timezone(timedelta(hours=2)))
    with writing() as session:
        session.get(Walk, walk.number).started_at = local
    db.session.remove()
    kept = db.session.get(Walk, walk.number).started_at
    assert kept == local
    assert kept.tzinfo is UTC
    assert now().tzinfo is UTC


def test_hosts_whose_clocks_differ_tell_the_same_time_by_postgres(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(datetime):
        """The clock of a host that is ten minutes late."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) - timedelta(minutes=10)

    before = now()
    monkeypatch.setattr(database, "datetime", Late)
    late = timedelta(minutes=10) if db.engine.dialect.name == "sqlite" else timedelta()
    assert abs(before - late - now()) < timedelta(seconds=5)
    app.extensions.pop(database.CLOCK, None)  # a process that begins on that host
    assert abs(before - late - now()) < timedelta(seconds=5)


def test_others_may_not_read_a_sqlite_file(app: Flask, instance: Path) -> None:
    db.session.remove()
    db.engine.dispose()
    for path in instance.glob("moma.sqlite"):  # none with Postgres
        path.chmod(0o644)
    with writing() as session:
        session.execute(text("DELETE FROM walks"))
        modes = {path.name: path.stat().st_mode & 0o777 for path in instance.glob("moma.sqlite*")}
    assert set(modes.values()) <= {0o640}, modes
