"""A Postgres that goes away in the middle of a transaction: between an answer and the end of it, or at a question."""

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from app.storage.database import db
from app.storage.walk_models import PIECE_WAITING, Task
from tests.conftest import Maker
from tests.support.postgres import PostgresServer
from worker import __main__ as worker
from worker import job
from worker.process.worker import Worker
from worker.queue import leases

pytestmark = pytest.mark.parametrize("database", ["postgres"], indirect=True)


def lose_connection(server: PostgresServer) -> None:
    """Read something, and have the server end the connection while the transaction is open."""
    pid = db.session.scalar(text("SELECT pg_backend_pid()"))
    server.execute(f"SELECT pg_terminate_backend({pid}, 60000)")


def test_work_ends_well_after_its_connection_was_lost(app: Flask, postgres_server: PostgresServer) -> None:
    lose_connection(postgres_server)
    pool = db.engine.pool
    db.session.remove()
    assert not db.session.registry.has()
    assert pool.checkedout() == 0
    assert db.session.scalar(text("SELECT 1")) == 1


def test_heartbeat_goes_on_after_postgres_went_away(
    app: Flask, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, swept = Worker(app, None), []  # type: ignore[arg-type]

    def sweep() -> None:
        swept.append(True)
        site.stopping.set()

    monkeypatch.setattr(worker, "_description", lambda _: {"name": "a worker"})
    monkeypatch.setattr(worker, "_deregister", lambda _: None)
    monkeypatch.setattr(site.unoffered, "fail", lambda: lose_connection(postgres_server))
    monkeypatch.setattr(worker, "_sweep_and_notify", sweep)
    worker._run_heartbeat(site)
    assert swept == [True]


def test_piece_whose_transaction_postgres_broke_off_goes_back_in_line_uncounted(
    app: Flask, postgres_server: PostgresServer, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_walk()
    claim = leases.claim_next()
    assert claim is not None

    def ask_in_vain(*_: object) -> None:
        lose_connection(postgres_server)
        db.session.scalar(text("SELECT 1"))

    monkeypatch.setattr(job, "_begin", ask_in_vain)
    assert isinstance(job._attempt(Worker(app, None), claim), OperationalError)  # type: ignore[arg-type]
    assert db.session.execute(select(Task.state, Task.interruptions)).all() == [(PIECE_WAITING, 0)]
