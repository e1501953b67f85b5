"""The upkeep: walks that came to nothing go after some days, stray files too; whatever else there is stays."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.collection.moderation import curation
from app.core.errors import MediaError, MediaStoreAway
from app.storage import media_store
from app.storage.database import db, now
from app.storage.walk_models import CANCELLED, FAILED, FINISHED, REFUSED, Frame, Medium, Stop, Walk
from app.upkeep.maintenance import media_upkeep, upkeep
from app.walks.saved import lifecycle
from tests.support.rows import Maker, change


def end(walk: Walk, state: str, *, days_ago: float) -> str:
    """End a walk so many days ago; return its id."""
    change(walk, state=state, finished_at=now() - timedelta(days=days_ago))
    return walk.id


def ids() -> set[str]:
    db.session.rollback()
    return set(db.session.scalars(select(Walk.id)))


@pytest.mark.databases
@pytest.mark.parametrize("state", [FAILED, CANCELLED, REFUSED])
def test_walk_that_came_to_nothing_goes_with_all_that_is_left_of_it(app: Flask, publish: Maker, state: str) -> None:
    old, young = publish(), publish("a bear", "a kite")
    gone, kept = end(old, state, days_ago=14.1), end(young, state, days_ago=13.9)
    assert media_store.store().files(media_store.walk_folder(gone))
    assert upkeep.run() == (1, 0)
    assert ids() == {kept}
    assert media_store.store().files(media_store.walk_folder(gone)) == {}
    assert media_store.store().files(media_store.walk_folder(kept))
    for table in (Frame, Medium, Stop):
        assert set(db.session.scalars(select(table.walk_number))) == {young.number}


@pytest.mark.databases
def test_walks_that_are_public_wait_or_were_deleted_stay(app: Flask, publish: Maker, request_walk: Maker) -> None:
    listed, deleted, hidden, waits = publish(), publish(), publish(), request_walk()
    lifecycle.delete_walk(deleted)
    curation.hide(hidden)
    for walk, state in ((listed, FINISHED), (deleted, CANCELLED), (hidden, CANCELLED)):
        end(walk, state, days_ago=999)
    assert upkeep.forget_ended() == 0
    assert ids() == {listed.id, deleted.id, hidden.id, waits.id}


@pytest.mark.databases
def test_more_than_a_batch_goes(app: Flask, request_walk: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 2)
    for walk in [request_walk() for _ in range(5)]:
        end(walk, FAILED, days_ago=30)
    assert upkeep.forget_ended() == 5
    assert db.session.scalar(select(func.count()).select_from(Walk)) == 0


@pytest.mark.databases
def test_undeletable_files_are_pruned_later(app: Flask, publish: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = end(publish(), FAILED, days_ago=30)
    folder = media_store.walk_folder(gone)
    with monkeypatch.context() as away:
        away.setattr(media_store.MediaStore, "delete", lambda _store, path: fail(path))
        away.setattr(media_upkeep, "prune", lambda: fail("anything"))
        assert upkeep.run() == (1, 0)
    left = media_store.store().files(folder)
    assert left
    for path in left:
        file = Path(media_store.store().root) / path
        os.utime(file, (time.time() - 7200, time.time() - 7200))
    assert upkeep.run() == (0, len(left))
    assert media_store.store().files(folder) == {}


def test_half_written_files_of_a_killed_process_go(app: Flask, publish: Maker) -> None:
    folder = Path(media_store.store().root) / media_store.walk_folder(publish().id)
    part = folder / ".xyz.part"
    part.write_bytes(b"half")
    assert upkeep.run() == (0, 0)  # it may be being written just now
    os.utime(part, (time.time() - 7200, time.time() - 7200))
    assert upkeep.run() == (0, 1)
    assert not part.exists()


def fail(path: str) -> None:
    """Raise the error of a Redis that is away."""
    error: MediaError = MediaStoreAway(f"{path}: away")
    raise error
