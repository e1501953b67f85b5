"""Photos that wait to be looked at: each is made a task, which is claimed, held and swept as any other is.

The web side inserts photos alone. So a photo is looked at whoever took it in: a process of release 1.0.0 that knows no
such tasks, too.
"""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.queue import pieces
from app.storage.database import db, now, writing
from app.storage.photo_models import Photo
from app.storage.walk_models import PHOTOS, Piece

log = logging.getLogger(__name__)


def enqueue() -> None:
    """Make a task of each photo that waits and has none, those that came first before others."""
    with db.engine.connect() as connection:  # read before each task that is claimed, so that it takes no turn to write
        ids = connection.scalars(select(Photo.id).where(*_has_no_task()).order_by(Photo.created_at, Photo.id)).all()
    for photo_id in ids:
        try:
            with writing() as session:
                turn = pieces.next_turn(session)
                session.add(Piece(task=photo_id, kind=PHOTOS, urgency=pieces.PHOTO, turn=turn))
        except IntegrityError:
            log.debug("another worker made a task of photo %s", photo_id)


def describe(session: Session, photo_id: str, **found: Any) -> bool:
    """Write down what was found in a photo, and delete its task; return False where it is gone or was described."""
    session.execute(delete(Piece).where(Piece.task == photo_id, Piece.kind == PHOTOS))
    waits = Photo.id == photo_id, Photo.described_at.is_(None)
    written = session.execute(
        update(Photo).where(*waits).values(described_at=now(), **found).execution_options(synchronize_session=False)
    )
    return bool(written.rowcount)  # type: ignore[attr-defined]


def _has_no_task() -> tuple[ColumnElement[bool], ...]:
    has_task = exists().where(Piece.task == Photo.id, Piece.kind == PHOTOS)
    return Photo.described_at.is_(None), Photo.expires_at > now(), ~has_task
