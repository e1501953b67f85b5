"""The stages of a frame: asked for once, of finished walks only, gone with the walk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.errors import Conflict
from app.queue import stage_requests
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import Medium, Task, Walk
from app.walks import lifecycle
from worker.queue.leases import claim_next

pytestmark = pytest.mark.databases

Commissioner = Callable[..., Walk]


def paint_stages(walk: Walk, index: int) -> None:
    """Leave what a worker leaves: both files, and no piece."""
    with writing() as session:
        for kind in stage_requests.KINDS:
            path = f"{media_store.walk_folder(walk.id)}/{kind}{index}.webp"
            media_store.store().write(path, b"stages")
            session.add(
                Medium(
                    walk_number=walk.number,
                    kind=stage_requests.medium_kind(kind, index),
                    path=path,
                    bytes=6,
                    etag="0" * 32,
                )
            )
        session.query(Task).delete()


def pieces() -> int:
    return db.session.scalar(select(func.count()).select_from(Task)) or 0


def test_nobody_has_asked_at_first(app: Flask, hung: Commissioner) -> None:
    assert stage_requests.find_stages(hung(), 0) is None


def test_asking_puts_a_short_task_in_line_once(app: Flask, hung: Commissioner) -> None:
    walk = hung()
    assert (
        stage_requests.request_stages(walk, 1)
        == stage_requests.request_stages(walk, 1)
        == stage_requests.find_stages(walk, 1)
        == stage_requests.Stages(1, is_there=False)
    )
    (piece,) = db.session.scalars(select(Task)).all()
    assert (piece.kind, piece.batch, piece.urgency, piece.state) == ("stages", 1, 0, "waiting")
    assert stage_requests.find_stages(walk, 0) is None


@pytest.mark.parametrize("index", [-1, 2, 10**12])
def test_a_frame_that_is_not_there_has_no_stages(app: Flask, hung: Commissioner, index: int) -> None:
    with pytest.raises(Conflict):
        stage_requests.request_stages(hung(), index)
    assert pieces() == 0


def test_a_walk_that_is_not_finished_has_no_stages_yet(app: Flask, commissioned: Commissioner) -> None:
    with pytest.raises(Conflict):
        stage_requests.request_stages(commissioned(), 0)


def test_stages_that_are_painted_are_told_and_not_painted_again(app: Flask, hung: Commissioner) -> None:
    walk = hung()
    paint_stages(walk, 1)
    found = stage_requests.request_stages(walk, 1)
    assert found.is_there
    assert found.film is not None
    assert found.sheet is not None
    assert media_store.store().exists(found.film.path)
    assert pieces() == 0


def test_stages_whose_file_was_lost_can_be_asked_for_again(app: Flask, hung: Commissioner) -> None:
    walk = hung()
    paint_stages(walk, 1)
    found = stage_requests.find_stages(walk, 1)
    assert found is not None
    assert found.sheet is not None
    media_store.store().delete(found.sheet.path)
    assert stage_requests.find_stages(walk, 1) is None
    assert not stage_requests.request_stages(walk, 1).is_there
    assert pieces() == 1


def test_stages_go_with_their_walk(app: Flask, hung: Commissioner) -> None:
    walk = hung()
    paint_stages(walk, 0)
    stage_requests.request_stages(walk, 1)
    lifecycle.delete_walk(walk)
    assert pieces() == 0
    assert db.session.scalar(select(func.count()).select_from(Medium)) == 0
    assert stage_requests.find_stages(walk, 0) is None
    assert not media_store.store().exists(media_store.walk_folder(walk.id))


def test_stages_are_painted_in_the_order_in_which_they_were_asked_for(hung: Commissioner) -> None:
    walks = [hung(frames=3, minutes_ago=minutes) for minutes in (0, 1)]
    asked = [(walks[1], 2), (walks[0], 1), (walks[1], 0)]
    for walk, index in asked:
        stage_requests.request_stages(walk, index)
    claims = [claim_next() for _ in asked]
    assert [(claim.walk_id, claim.batch) for claim in claims] == [(walk.id, index) for walk, index in asked]
