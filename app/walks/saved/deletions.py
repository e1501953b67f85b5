"""Records of what was deleted or ended, in the media store, so that restoring an older backup does not restore it.

Walks, uploads and the sharing of browsers are recorded. A record is an empty file. Its name is a digest of the
ID, from which the ID cannot be found, and ``owner`` or ``house`` for who deleted the walk: its owner or an operator.
"""

from __future__ import annotations

import hashlib
import logging

from sqlalchemy import select

from app.core.errors import MediaError
from app.storage import media_store
from app.storage.database import db
from app.storage.upload_models import Upload
from app.storage.walk_models import Walk

FOLDER = "deleted"
OWNER, HOUSE = "owner", "house"

log = logging.getLogger(__name__)


def record(walk_id: str, *, by_operator: bool) -> None:
    """Record that a walk or an upload was deleted. If the media store fails, the next backup records a walk."""
    try:
        media_store.store().write(path_of(walk_id, by_operator=by_operator), b"")
    except MediaError as error:
        log.warning("The deletion of a walk could not be recorded in the media store: %s", error)


def record_all() -> None:
    """Record all walks that are deleted in the database and have no record yet.

    :raises MediaError: when the media store fails.
    """
    store = media_store.store()
    there = store.files(FOLDER)
    rows = db.session.execute(select(Walk.id, Walk.hidden_at).where(Walk.deleted_at.is_not(None))).all()
    db.session.rollback()
    for walk_id, hidden_at in rows:
        path = path_of(walk_id, by_operator=hidden_at is not None)
        if path not in there:
            store.write(path, b"")


def find_resurrected() -> list[tuple[Walk, bool]]:
    """Return the walks that were deleted but are present in the database, as after restoring a backup.

    The second value is whether an operator deleted the walk.

    :raises MediaError: when the media store fails.
    """
    names = (path.removeprefix(f"{FOLDER}/").partition(".") for path in media_store.store().files(FOLDER))
    there = {digest: who == HOUSE for digest, _, who in sorted(names, key=lambda name: name[2], reverse=True)}
    rows = db.session.execute(select(Walk.number, Walk.id).where(Walk.deleted_at.is_(None))).all() if there else []
    matches = {number: there[name] for number, walk_id in rows if (name := digest(walk_id)) in there}
    return [(db.session.get_one(Walk, number), by_operator) for number, by_operator in matches.items()]


def find_resurrected_uploads() -> list[str]:
    """Return the IDs of the uploads that were deleted but are present in the database, as after restoring a backup.

    :raises MediaError: when the media store fails.
    """
    there = digests()
    return [upload_id for upload_id in db.session.scalars(select(Upload.id)) if digest(upload_id) in there]


def digests() -> set[str]:
    """Return the digests of all that was recorded.

    :raises MediaError: when the media store fails.
    """
    return {path.removeprefix(f"{FOLDER}/").partition(".")[0] for path in media_store.store().files(FOLDER)}


def path_of(walk_id: str, *, by_operator: bool) -> str:
    """Return the path of the record in the media store."""
    return f"{FOLDER}/{digest(walk_id)}.{HOUSE if by_operator else OWNER}"


def digest(walk_id: str) -> str:
    """Return the digest of an ID, by which its record is named."""
    return hashlib.sha256(f"deleted {walk_id}".encode()).hexdigest()[:32]
