"""What KEDA asks the database of a cluster (deploy/k8s): as much as is unfinished, and as many as were busy lately."""

from datetime import timedelta

import pytest
import yaml
from flask import Flask
from sqlalchemy import text

from app.storage.database import db, now, writing
from app.storage.upload_models import Upload
from app.storage.walk_models import FINISHED, PIECE_TAKEN, Task, Walk
from app.walks.saved import lifecycle
from tests.conftest import Maker
from tests.support.manifests import FOLDER
from tests.support.rows import store
from tests.support.worker_rows import read
from worker.queue import upload_tasks
from worker.queue.leases import claim_next, sweep

pytestmark = [pytest.mark.server, pytest.mark.parametrize("database", ["postgres"], indirect=True)]


def asked(name: str) -> float:
    """Put one of the scaler's questions."""
    documents = yaml.safe_load_all((FOLDER / "base" / "worker-scaling.yaml").read_text("utf-8"))
    triggers = next(each["spec"]["triggers"] for each in documents if each["kind"] == "ScaledObject")
    (query,) = (trigger["metadata"]["query"] for trigger in triggers if trigger["name"] == name)
    with db.engine.connect() as connection:
        return float(connection.execute(text(query)).scalar_one())


def counted() -> int:
    """Count what workers know to be unfinished, by their own sweep, and what they hold."""
    with db.engine.connect() as connection:
        held = connection.execute(text(f"SELECT count(*) FROM pieces WHERE state = '{PIECE_TAKEN}'")).scalar_one()  # noqa: S608
    upload_tasks.enqueue()
    return sweep() + int(held)


def test_nothing_is_unfinished_and_no_worker_busy_on_an_empty_site(app: Flask) -> None:
    assert (asked("unfinished"), asked("busy")) == (0, 0)


def test_what_waits_and_what_is_being_done_is_unfinished(request_walk: Maker) -> None:
    ids = [request_walk().id for _ in range(3)]
    assert asked("unfinished") == counted() == 3
    assert claim_next() is not None
    assert asked("unfinished") == counted() == 3  # its holder is needed still
    lifecycle.cancel(read(ids[2]))
    assert asked("unfinished") == counted() == 2


def test_photos_are_work_until_looked_at_or_out_of_reach(app: Flask) -> None:
    for digest, hours in (("a", 24), ("b", -1)):
        kept = {"kind": "photos", "details": {"width": 8, "height": 8}, "bytes": 5}
        kept |= {"created_at": now(), "expires_at": now() + timedelta(hours=hours)}
        store(Upload(digest=digest, owner_hash="ann", path=f"photos/{digest}.webp", **kept))
    assert asked("unfinished") == counted() == 1


def test_pieces_of_what_is_over_are_no_work(request_walk: Maker) -> None:
    walk = request_walk()
    assert claim_next() is not None
    with writing() as session:
        session.query(Walk).filter_by(id=walk.id).update({"state": "failed", "finished_at": now()})
        session.query(Task).update({"state": "waiting", "urgency": 2})
    assert asked("unfinished") == counted() == 0


def test_workers_are_as_busy_as_five_minutes_of_tasks_took(request_walk: Maker) -> None:
    for ago, seconds in ((10, 60.0), (200, 90.0), (400, 1000.0)):
        walk = request_walk()
        values = {"state": FINISHED, "paint_seconds": seconds, "finished_at": now() - timedelta(seconds=ago)}
        with writing() as session:
            session.query(Walk).filter_by(id=walk.id).update(values)
    assert asked("busy") == pytest.approx(0.5)
