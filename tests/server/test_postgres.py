"""What only Postgres does: several who write at once. The tests of data run there as well (see ``databases``)."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError

from app.core.errors import InvalidInput
from app.requests.walk_requests import recipe
from app.requests.walk_requests.validation import validate
from app.storage import database, engines, postgres_timeout
from app.storage.database import db, is_sqlite, writing
from app.storage.walk_models import PAINTING, QUEUED, Walk
from app.walks.queue import fair_queue
from tests.conftest import Maker
from tests.support import placing
from tests.support.commands import count
from tests.support.postgres import PostgresServer
from tests.support.recipes import painted_in_levels
from worker.queue.leases import claim_next

pytestmark = [pytest.mark.server, pytest.mark.parametrize("database", ["postgres"], indirect=True)]

CROWD = 8
ASKED = {"stops": [{"prompt": "a fox"}, {"prompt": "a kite"}]}


def at_once(app: Flask, deed: Callable[[], object], *, crowd: int = CROWD) -> list[object]:
    """Do something as so many web processes would: at the same moment, each in a session of its own."""
    start = threading.Barrier(crowd)

    def act(_: int) -> object:
        with app.app_context():
            start.wait()
            return deed()

    with ThreadPoolExecutor(crowd) as threads:
        return list(threads.map(act, range(crowd)))


def test_site_really_stands_on_postgres(app: Flask) -> None:
    assert not is_sqlite()
    assert isinstance(db.engine.dialect, postgresql.dialect)
    assert "PostgreSQL" in db.session.execute(text("SELECT version()")).scalar_one()


def test_pages_of_a_stalled_postgres_are_answered_and_it_is_asked_again(
    app: Flask, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No connection is closed: only those who wait can tell that nothing will come."""
    client = app.test_client()
    assert client.get("/gallery").status_code == 200
    with (
        postgres_server.standing_still(),
        monkeypatch.context() as patch,
    ):  # those who waited for it would wait for ever
        patch.setattr(postgres_timeout, "ANSWER_SECONDS", 0.5)
        answers = [client.get(path) for path in ("/gallery", "/api/v1/walks")]
    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in answers] == [(503, "5")] * 2
    assert b"Closed for a moment" in answers[0].data
    assert client.get("/gallery").status_code == 200


def test_statement_of_a_page_has_its_time_and_that_of_a_command_has_as_much_as_it_needs(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_timeout, "ANSWER_SECONDS", 0.2)
    asleep = text("SELECT pg_sleep(0.6)")
    db.session.execute(asleep)
    db.session.rollback()
    with app.test_request_context(), pytest.raises(OperationalError, match="did not answer within"):
        db.session.execute(asleep)
    db.session.rollback()
    assert db.session.scalar(text("SELECT 1")) == 1


def test_connections_that_the_network_lost_are_noticed_at_both_ends(app: Flask) -> None:
    with db.engine.connect() as connection:
        parameters = connection.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
        assert (parameters["keepalives"], parameters["keepalives_idle"], parameters["tcp_user_timeout"]) == (
            "1",
            "30",
            "45000",
        )
        asked = connection.execute(text("SELECT name, setting FROM pg_settings WHERE source = 'client'"))
        assert {"lock_timeout", "tcp_keepalives_idle", "tcp_user_timeout"} <= {name for name, _ in asked}


def test_what_the_address_says_of_a_connection_is_left_as_it_is(app: Flask) -> None:
    address = "postgresql+psycopg://moma@db/moma?keepalives_idle=7&options=-c%20lock_timeout%3D1"
    patience = engines._connect_options(address, has_pooler=False)
    assert "keepalives_idle" not in patience
    assert "options" not in patience
    assert patience["tcp_user_timeout"] == 45000


def test_waiting_for_what_another_holds_ends(app: Flask) -> None:
    with db.engine.connect() as holder, db.engine.connect() as waiter:
        holder.execute(select(func.pg_advisory_xact_lock(database.LINE_LOCK)))
        assert waiter.scalar(text("SHOW lock_timeout")) == "1min"
        waiter.execute(text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            waiter.execute(select(func.pg_advisory_xact_lock(database.LINE_LOCK)))


def test_same_key_at_the_same_moment_makes_one_walk(app: Flask) -> None:
    def ask() -> tuple[str, bool]:
        walk, is_new = placing.place(validate(ASKED), visitor_key="ann", idempotency_key="once")
        return walk.id, is_new

    answers = at_once(app, ask)
    assert len({name for name, _ in answers}) == 1  # type: ignore[misc]
    assert sorted(is_new for _, is_new in answers) == [False] * (CROWD - 1) + [True]  # type: ignore[misc]
    assert count() == 1


def test_same_key_at_the_same_moment_for_different_walks_is_refused_but_once(app: Flask) -> None:
    seeds = iter(range(CROWD))

    def ask() -> bool:
        try:
            placing.place(validate({**ASKED, "seed": next(seeds)}), visitor_key="ann", idempotency_key="once")
        except InvalidInput as error:
            assert error.errors[0].field == "Idempotency-Key"
            return False
        return True

    assert sum(at_once(app, ask)) == 1  # type: ignore[arg-type]
    assert count() == 1


def test_walks_asked_for_at_the_same_moment_take_a_turn_each(app: Flask) -> None:
    at_once(app, lambda: placing.place(validate(ASKED), visitor_key="ann"))
    turns = db.session.scalars(select(Walk.turn).order_by(Walk.number)).all()
    assert list(turns) == list(range(CROWD))
    late, _ = placing.place(validate(ASKED), visitor_key="ben")
    assert fair_queue.find_estimate(late).position == 2  # behind one of ann's, not behind all of them


def test_each_of_many_workers_claims_another_walk(app: Flask, request_walk: Maker) -> None:
    names = {request_walk(visitor=f"visitor {index}").id for index in range(CROWD)}
    claims = at_once(app, claim_next)
    assert {claim.walk_id for claim in claims} == names  # type: ignore[union-attr, attr-defined]


def test_walk_that_another_worker_is_claiming_is_passed_over_not_waited_for(app: Flask, request_walk: Maker) -> None:
    first, second = request_walk(visitor="ann"), request_walk(visitor="ben")
    with db.engine.connect() as other:
        other.execute(select(Walk.number).where(Walk.number == first.number).with_for_update())
        db.session.execute(text("SET lock_timeout = '2s'"))
        claim = claim_next()
        other.rollback()
    assert claim is not None
    assert claim.walk_id == second.id
    states = dict(db.session.execute(select(Walk.id, Walk.state)).all())  # type: ignore[arg-type]
    assert states == {first.id: QUEUED, second.id: PAINTING}


def test_worker_that_claims_what_was_not_queued_gets_nothing(app: Flask, request_walk: Maker) -> None:
    request_walk()
    claims = at_once(app, claim_next)
    assert sum(claim is not None for claim in claims) == 1


def test_failed_transaction_leaves_the_connection_fit_for_the_next(app: Flask, request_walk: Maker) -> None:
    with pytest.raises(ZeroDivisionError), writing() as session:
        session.execute(select(func.pg_advisory_xact_lock(1)))
        raise ZeroDivisionError
    assert request_walk().state == QUEUED


@pytest.mark.parametrize(("part", "field"), [("model", "name"), ("model", "revision"), ("sampler", "scheduler")])
def test_recipe_with_a_character_that_postgres_cannot_keep_is_refused(
    app: Flask, publish: Maker, part: str, field: str
) -> None:
    document = recipe.recipe_of(painted_in_levels(publish()))
    wanted, pinned = recipe.request_of(recipe.parse_recipe(json.dumps(document).encode()))
    assert placing.place(wanted, visitor_key="ann", pinned=pinned)[1]
    document[part][field] += "\0"
    with pytest.raises(InvalidInput, match="was changed"):
        recipe.request_of(recipe.parse_recipe(json.dumps(document).encode()))
