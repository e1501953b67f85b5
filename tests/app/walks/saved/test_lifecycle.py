"""What becomes of a walk that its owner cancels, tries again or takes down."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.errors import Conflict, MediaError
from app.requests.walk_requests.validation import validate
from app.storage import media_store
from app.storage.database import db
from app.storage.walk_models import (
    CANCELLED,
    FAILED,
    FINISHED,
    PAINTING,
    QUEUED,
    REFUSED,
    Frame,
    Medium,
    Stop,
    Task,
    Walk,
)
from app.walks.saved import lifecycle
from tests.conftest import Maker
from tests.support import placing
from tests.support.rows import change, store


def rows(table: type) -> int:
    return len(db.session.scalars(select(table)).all())


@pytest.fixture
def painting(publish: Maker) -> Walk:
    """Begin a walk: a worker holds it, frames are there."""
    walk = publish()
    change(walk, state=PAINTING, finished_at=None, attempt=1, evaluations=30)
    store(Task(walk_number=walk.number, kind="stops", urgency=1, state="taken", attempt=1))
    return walk


@pytest.mark.databases
def test_cancelled_walk_loses_its_pictures_at_once_and_keeps_its_words(painting: Walk) -> None:
    lifecycle.cancel(painting)
    assert (painting.state, painting.painted_count, painting.evaluations) == (CANCELLED, 0, None)
    assert (rows(Frame), rows(Medium), rows(Task), rows(Stop)) == (0, 0, 0, 2)
    assert painting.media == {}
    assert not media_store.store().exists(media_store.walk_folder(painting.id))
    assert painting.title == "A fox, a kite"


@pytest.mark.parametrize("state", [FINISHED, REFUSED, FAILED, CANCELLED])
def test_walk_that_does_not_wait_cannot_be_cancelled(publish: Maker, state: str) -> None:
    walk = publish()
    change(walk, state=state)
    with pytest.raises(Conflict):
        lifecycle.cancel(walk)
    assert walk.state == state
    assert media_store.store().exists(media_store.walk_folder(walk.id))


@pytest.mark.databases
def test_failed_walk_is_tried_again_with_the_frames_it_has(publish: Maker) -> None:
    walk = publish()
    change(walk, state=FAILED, error="The painting was interrupted 3 times.", interruptions=3)
    lifecycle.retry(walk)
    assert (walk.state, walk.error, walk.interruptions, walk.finished_at) == (QUEUED, None, 0, None)
    assert rows(Frame) == 2


def test_cancelled_walk_is_tried_again(request_walk: Maker) -> None:
    walk = request_walk()
    lifecycle.cancel(walk)
    assert walk.state == CANCELLED
    assert walk.finished_at is not None
    lifecycle.retry(walk)
    assert walk.state == QUEUED


@pytest.mark.parametrize("state", [QUEUED, PAINTING, FINISHED, REFUSED])
def test_walk_that_neither_failed_nor_was_cancelled_is_not_tried_again(request_walk: Maker, state: str) -> None:
    walk = request_walk()
    change(walk, state=state)
    with pytest.raises(Conflict):
        lifecycle.retry(walk)
    assert walk.state == state


def test_deleted_walk_is_not_tried_again(request_walk: Maker) -> None:
    walk = request_walk()
    change(walk, state=FAILED)
    lifecycle.delete_walk(walk)
    with pytest.raises(Conflict):
        lifecycle.retry(walk)


@pytest.mark.databases
@pytest.mark.parametrize("state", [FINISHED, REFUSED, FAILED, CANCELLED, QUEUED, PAINTING])
def test_deleted_walk_leaves_no_words_pictures_or_files(publish: Maker, state: str) -> None:
    walk, other = publish("a secret", "a kite"), publish("a bear", "x")
    change(walk, state=state, error="about a secret")
    lifecycle.delete_walk(walk)
    assert walk.deleted_at is not None
    assert not walk.is_waiting
    assert (walk.search_text, walk.title, walk.error, walk.stops, walk.media, walk.painted) == (
        "",
        "",
        None,
        [],
        {},
        [],
    )
    assert walk.request_hash == ""  # short prompts could be guessed from it
    assert not media_store.store().exists(media_store.walk_folder(walk.id))
    assert (rows(Stop), rows(Frame), rows(Medium)) == (2, 2, len(other.media))
    assert media_store.store().exists(media_store.walk_folder(other.id))


def test_deleting_twice_is_no_error(publish: Maker) -> None:
    walk = publish()
    for _ in range(2):
        lifecycle.delete_walk(walk)
    assert walk.deleted_at is not None


@pytest.mark.databases
def test_same_key_makes_a_new_walk_after_the_first_was_deleted(app: Flask) -> None:
    wanted = validate({"stops": [{"prompt": "a fox"}, {"prompt": "a kite"}]})
    first, _ = placing.place(wanted, visitor_key="ann", idempotency_key="once")
    lifecycle.delete_walk(first)
    second, is_new = placing.place(wanted, visitor_key="ann", idempotency_key="once")
    assert is_new
    assert second.id != first.id


def test_delete_means_cancel_for_a_walk_that_waits(request_walk: Maker) -> None:
    walk = request_walk()
    lifecycle.cancel_or_delete(walk)
    assert (walk.state, walk.deleted_at) == (CANCELLED, None)
    lifecycle.cancel_or_delete(walk)
    assert walk.deleted_at is not None


def test_store_that_is_away_does_not_keep_a_walk_from_being_taken_down(
    publish: Maker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(_: object, path: str) -> None:
        raise MediaError(f"{path}: the store is away")

    walk = publish()
    monkeypatch.setattr(media_store.MediaStore, "delete", away)
    lifecycle.delete_walk(walk)
    assert walk.deleted_at is not None
    assert "could not be deleted" in caplog.text
