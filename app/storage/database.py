"""The database: its handle, its clock, and `writing`, the one way to write to it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from math import inf
from time import monotonic
from typing import Any, cast

from flask import Flask, current_app, has_app_context, has_request_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CursorResult, DateTime, Dialect, MetaData, UpdateBase, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from app.storage import compatibility, engines
from app.storage.session import Session as HoldingSession
from app.storage.write_places import WritePlaces
from app.storage.write_turns import WriterLock

CLOCK, TURNS, PLACES = "moma_clock", "moma_write_turns", "moma_write_places"
CLOCK_SECONDS = 30.0  # between two readings of the database's clock
LINE_LOCK = 0x6D6F6D61  # the key of the advisory lock: any number, the same in every process of the site


class Base(DeclarativeBase):
    """Declarative base with named constraints, so that migrations can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UTCDateTime(TypeDecorator[datetime]):
    """A column of timezone-aware UTC times, also on SQLite, which stores no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


db = SQLAlchemy(model_class=Base, session_options={"class_": HoldingSession, "expire_on_commit": False})
compatibility.table(db.metadata)


def now() -> datetime:
    """Return the current time in UTC, timezone-aware: Postgres' own if that is the database, as hosts' clocks differ.

    Postgres' clock is read every `CLOCK_SECONDS`; between two readings a monotonic clock is added to it.
    """
    if not has_app_context() or db.engine.dialect.name == "sqlite":  # whose processes share one host
        return datetime.now(UTC)
    read_at, reading = current_app.extensions.get(CLOCK, (-inf, None))
    if monotonic() - read_at > CLOCK_SECONDS:
        with suppress(SQLAlchemyError), db.engine.connect() as connection:  # outside the session's transaction
            began = monotonic()
            shown = connection.scalar(select(func.clock_timestamp()))
            read_at, reading = current_app.extensions[CLOCK] = (began + monotonic()) / 2, shown.astimezone(UTC)
    return datetime.now(UTC) if reading is None else reading + timedelta(seconds=monotonic() - read_at)


def init_app(app: Flask) -> None:
    """Attach the database to ``app``; set timeouts on Postgres, and WAL and a writer lock on SQLite."""
    url, has_pooler = app.config["DATABASE_URL"], app.config["DATABASE_POOLER"]
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engines.options_for(url, has_pooler=has_pooler)
    app.extensions[PLACES] = WritePlaces()
    db.init_app(app)
    with app.app_context():
        engines.configure(db.engine, has_pooler=has_pooler)
        if file := engines.file_of(db.engine):
            app.extensions[TURNS] = WriterLock(file, engines.BUSY_TIMEOUT_MS / 1000)


@contextmanager
def writing() -> Iterator[Session]:
    """Open a write transaction; commit at the end, roll back on any error.

    A read transaction that is still open is committed first, so nothing unsaved may be pending in the session.

    :raises OperationalError: when the database is busy, or half of the threads that answer requests write already.
    """
    session: Session = db.session()
    if session.in_transaction():
        session.commit()

    with ExitStack() as stack:
        if has_request_context():
            stack.enter_context(current_app.extensions[PLACES].hold())
        turns = cast(WriterLock | None, current_app.extensions.get(TURNS))
        begin = partial(session.connection, execution_options={"writes": True})
        if turns:
            stack.enter_context(turns.hold(begin))
        else:
            begin()
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


def execute(statement: UpdateBase) -> int:
    """Run a statement in a write transaction of its own; return how many rows it changed."""
    with writing() as session:
        return cast(CursorResult[Any], session.execute(statement)).rowcount


def is_sqlite() -> bool:
    """Return whether the current application's database is SQLite."""
    return str(make_url(current_app.config["DATABASE_URL"]).get_backend_name()) == "sqlite"


def take_advisory_lock(session: Session) -> None:
    """Hold the site's advisory lock until the transaction ends, so that such transactions run one at a time.

    Does nothing on SQLite, which has one writer at a time.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(LINE_LOCK)))
