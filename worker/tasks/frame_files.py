"""The files of one frame that short tasks generate: which frame, and how its files are stored."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select

from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import Frame, Medium, Task, Walk
from app.walks.queue import frame_requests
from worker.process.worker import this_worker
from worker.queue.leases import Claim, LeaseLost, write_as_holder


def position_of(claim: Claim) -> float:
    """Return the position of a task's frame.

    :raises LeaseLost: when the frame is gone.
    """
    position: float | None = db.session.scalar(
        select(Frame.position).where(Frame.walk_number == claim.walk_number, Frame.index == claim.batch)
    )
    if position is None:
        raise LeaseLost(f"frame {claim.batch} of walk {claim.walk_id}")
    return position


def store(claim: Claim, walk: Walk, files: Mapping[str, tuple[str, bytes]]) -> None:
    """Store a frame's files, an extension and the content by name, and delete the task.

    :raises LeaseLost: when this worker no longer holds the task.
    """
    rows = [_write(walk, name, claim.batch, extension, data) for name, (extension, data) in files.items()]
    with writing() as session:
        write_as_holder(session, claim)
        for row in rows:
            session.merge(row)
        session.execute(delete(Task).where(Task.number == claim.number))
    this_worker().memory.forget(claim.walk_number)


def _write(walk: Walk, name: str, index: int, extension: str, data: bytes) -> Medium:
    kind = frame_requests.medium_kind(name, index)
    path, digest = media_store.film_path(walk.id, kind, extension, data)
    media_store.store().write(path, data)
    return Medium(walk_number=walk.number, kind=kind, path=path, bytes=len(data), etag=digest)
