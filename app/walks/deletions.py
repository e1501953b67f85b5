"""Which walks were deleted, kept in the media store beside the database: a backup from before must not bring them back.

For each of them an empty file lies there, named by a digest of the walk's id, by which nobody finds an id, or anything
else of the walk; its second part says who deleted it.
"""

from __future__ import annotations

import hashlib
import logging

from sqlalchemy import select

from app.errors import MediaError
from app.storage import media_store
from app.storage.database import db
from app.storage.photo_models import Photo
from app.storage.walk_models import Walk

FOLDER = "deleted"
OWNER, HOUSE = "owner", "house"

log = logging.getLogger(__name__)


def note(walk_id: str, *, by_house: bool) -> None:
    """Note that a walk was deleted. A store that is away is told by the next backup."""
    try:
        media_store.store().write(path_of(walk_id, by_house=by_house), b"")
    except MediaError as error:
        log.warning("That a walk was deleted could not be noted beside the database: %s", error)


def note_all() -> None:
    """Note all that the rows say were deleted and that is not noted yet.

    :raises MediaError: when the store cannot take it.
    """
    store = media_store.store()
    there = store.files(FOLDER)
    rows = db.session.execute(select(Walk.id, Walk.hidden_at).where(Walk.deleted_at.is_not(None))).all()
    db.session.rollback()
    for walk_id, hidden_at in rows:
        path = path_of(walk_id, by_house=hidden_at is not None)
        if path not in there:
            store.write(path, b"")


def resurrected() -> list[tuple[Walk, bool]]:
    """Find the walks that were deleted and whose rows do not know it; tell of each whether the house deleted it.

    :raises MediaError: when the store does not answer.
    """
    names = (path.removeprefix(f"{FOLDER}/").partition(".") for path in media_store.store().files(FOLDER))
    there = {digest: who == HOUSE for digest, _, who in sorted(names, key=lambda name: name[2], reverse=True)}
    rows = db.session.execute(select(Walk.number, Walk.id).where(Walk.deleted_at.is_(None))).all() if there else []
    found = {number: there[digest] for number, walk_id in rows if (digest := _digest(walk_id)) in there}
    return [(db.session.get_one(Walk, number), by_house) for number, by_house in found.items()]


def resurrected_photos() -> list[str]:
    """Find the photos that were deleted before their day was over and whose rows do not know it.

    :raises MediaError: when the store does not answer.
    """
    there = {path.removeprefix(f"{FOLDER}/").partition(".")[0] for path in media_store.store().files(FOLDER)}
    return [photo_id for photo_id in db.session.scalars(select(Photo.id)) if _digest(photo_id) in there]


def path_of(walk_id: str, *, by_house: bool) -> str:
    """Name the file that says that a walk was deleted."""
    return f"{FOLDER}/{_digest(walk_id)}.{HOUSE if by_house else OWNER}"


def _digest(walk_id: str) -> str:
    return hashlib.sha256(f"deleted {walk_id}".encode()).hexdigest()[:32]
