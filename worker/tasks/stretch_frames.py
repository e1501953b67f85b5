"""Frames of a walk that preserves a live wall: copied from the legs that it joins, which are deleted afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from app.core.errors import MediaLost
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import Frame
from worker.queue.leases import write_as_holder
from worker.tasks.film_assembly import WRITERS
from worker.tasks.painting import WalkInProgress

log = logging.getLogger(__name__)


def copy_frames(painting: WalkInProgress) -> None:
    """Copy frames that are stored in other walks' folders to the walk's own; lost ones are generated again later."""
    own = f"{media_store.walk_folder(painting.walk.id)}/"
    query = select(Frame).where(Frame.walk_number == painting.claim.walk_number)
    others = [frame for frame in db.session.scalars(query) if not frame.path.startswith(own)]
    if not others:
        return
    with ThreadPoolExecutor(WRITERS) as writers:
        copied = dict(zip((frame.index for frame in others), writers.map(_copier(painting), others), strict=True))
    with writing() as session:
        write_as_holder(session, painting.claim)
        for frame in session.scalars(query):
            if path := copied.get(frame.index):
                frame.path = path


def _copier(painting: WalkInProgress) -> Callable[[Frame], str | None]:
    store, walk_id = media_store.store(), painting.walk.id

    def copy(frame: Frame) -> str | None:
        try:
            data = store.read_bytes(frame.path)
        except MediaLost as error:
            log.warning("%s", error)
            return None
        path = media_store.frame_path(walk_id, frame.position, data)
        store.write(path, data)
        return path

    return copy
