"""Files of a frame that are generated on demand: asked for once, of finished walks only, gone with the walk."""

import pytest
from sqlalchemy import func, select

from app.core.errors import Conflict
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.task_kinds import KINDS, LARGE, LARGER, SHORT, STAGES
from app.storage.walk_models import Medium, Task, Walk
from app.walks.queue import frame_requests
from app.walks.saved import lifecycle
from tests.conftest import Maker
from worker.queue.leases import claim_next

each_kind = pytest.mark.parametrize("kind", [STAGES, LARGE])


def leave_files(walk: Walk, kind: str, index: int) -> None:
    """Store the files that a worker would store, and delete the task."""
    with writing() as session:
        for name in KINDS[kind].files:
            path = f"{media_store.walk_folder(walk.id)}/{name}{index}.webp"
            media_store.store().write(path, b"stages")
            session.add(
                Medium(
                    walk_number=walk.number,
                    kind=frame_requests.medium_kind(name, index),
                    path=path,
                    bytes=6,
                    etag="0" * 32,
                )
            )
        session.query(Task).delete()


def pieces() -> int:
    return db.session.scalar(select(func.count()).select_from(Task)) or 0


@each_kind
def test_no_one_has_asked_at_first(publish: Maker, kind: str) -> None:
    assert frame_requests.find(publish(), kind, 0) is None


@pytest.mark.databases
@pytest.mark.parametrize(("kind", "urgency"), [(STAGES, SHORT), (LARGE, LARGER)])
def test_asking_puts_a_short_task_in_line_once(publish: Maker, kind: str, urgency: int) -> None:
    walk = publish()
    assert (
        frame_requests.request(walk, kind, 1)
        == frame_requests.request(walk, kind, 1)
        == frame_requests.find(walk, kind, 1)
        == frame_requests.FrameFiles(1)
    )
    (piece,) = db.session.scalars(select(Task)).all()
    assert (piece.kind, piece.batch, piece.urgency, piece.state) == (kind, 1, urgency, "waiting")
    assert frame_requests.find(walk, kind, 0) is None


@each_kind
@pytest.mark.parametrize("index", [-1, 2, 10**12])
def test_a_frame_that_is_not_there_has_no_files(publish: Maker, kind: str, index: int) -> None:
    with pytest.raises(Conflict):
        frame_requests.request(publish(), kind, index)
    assert pieces() == 0


@each_kind
def test_a_walk_that_is_not_finished_has_no_files_yet(request_walk: Maker, kind: str) -> None:
    with pytest.raises(Conflict):
        frame_requests.request(request_walk(), kind, 0)


@each_kind
def test_existing_files_are_reported_and_not_generated_again(publish: Maker, kind: str) -> None:
    walk = publish()
    leave_files(walk, kind, 1)
    found = frame_requests.request(walk, kind, 1)
    assert found.is_there
    assert tuple(found.files) == KINDS[kind].files
    assert all(media_store.store().exists(file.path) for file in found.files.values())
    assert pieces() == 0


@each_kind
def test_files_of_which_one_was_lost_can_be_asked_for_again(publish: Maker, kind: str) -> None:
    walk = publish()
    leave_files(walk, kind, 1)
    found = frame_requests.find(walk, kind, 1)
    media_store.store().delete(found.files[KINDS[kind].files[-1]].path)
    assert frame_requests.find(walk, kind, 1) is None
    assert not frame_requests.request(walk, kind, 1).is_there
    assert pieces() == 1


@each_kind
def test_files_go_with_their_walk(publish: Maker, kind: str) -> None:
    walk = publish()
    leave_files(walk, kind, 0)
    frame_requests.request(walk, kind, 1)
    lifecycle.delete_walk(walk)
    assert pieces() == 0
    assert db.session.scalar(select(func.count()).select_from(Medium)) == 0
    assert frame_requests.find(walk, kind, 0) is None
    assert not media_store.store().exists(media_store.walk_folder(walk.id))


@pytest.mark.databases
def test_files_are_generated_in_the_order_in_which_they_were_asked_for(publish: Maker) -> None:
    walks = [publish(frames=3, minutes_ago=minutes) for minutes in (0, 1)]
    asked = [(walks[1], STAGES, 2), (walks[0], LARGE, 1), (walks[1], STAGES, 0), (walks[1], LARGE, 0)]
    for walk, kind, index in asked:
        frame_requests.request(walk, kind, index)
    claims = [claim_next() for _ in asked]
    expected = [(walk.id, kind, index) for walk, kind, index in asked]
    assert [(claim.walk_id, claim.kind, claim.batch) for claim in claims] == expected


@pytest.mark.parametrize(
    ("own", "large"),
    [((256, 256), (1024, 1024)), ((512, 512), (1024, 1024)), ((256, 144), (1024, 576)), ((144, 256), (576, 1024)),
     ((384, 384), (768, 768)), ((64, 48), (256, 192)), ((768, 768), None), ((1024, 1024), None), ((None, None), None)],
)  # fmt: skip
def test_large_frames_are_multiples(publish: Maker, own: tuple[int, int], large: tuple[int, int] | None) -> None:
    walk = publish()
    walk.width, walk.height = own
    assert frame_requests.large_size(walk) == large


def test_pictures_that_no_sketch_leads_cannot_be_larger(publish: Maker) -> None:
    walk = publish()
    for stop in walk.stops:
        stop.scene = None
    assert frame_requests.large_size(walk) is None
    with pytest.raises(Conflict, match="Only pictures that a sketch leads"):
        frame_requests.request(walk, LARGE, 0)
    assert pieces() == 0
