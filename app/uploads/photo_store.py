"""Photos as long as no walk has taken them: kept for a day, for whoever brought them; the same twice is one."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError

from app.storage import media_store
from app.storage.database import db, now, writing
from app.storage.photo_models import Photo
from app.storage.walk_models import ID, new_id
from app.uploads.photo_check import CheckedPhoto

FOLDER = "photos"
TOGETHER = 100  # that are deleted in one transaction


def save(checked: CheckedPhoto, *, owner_hash: str, network: str) -> tuple[Photo, bool]:
    """Keep a photo for a day from now; return it, and whether its owner had not brought the same before.

    :raises MediaError: when the store cannot take it.
    """
    if earlier := _renewed(checked.digest, owner_hash):
        return earlier, False
    photo_id = new_id()
    path = f"{FOLDER}/{photo_id}.{checked.digest[:12]}.webp"
    media_store.store().write(path, checked.data)
    photo = Photo(
        id=photo_id,
        digest=checked.digest,
        owner_hash=owner_hash,
        network=network,
        path=path,
        width=checked.width,
        height=checked.height,
        bytes=len(checked.data),
        expires_at=_expiry(),
    )
    try:
        with writing() as session:
            session.add(photo)
    except IntegrityError:  # the same came twice at once
        media_store.store().delete(path)
        earlier = _renewed(checked.digest, owner_hash)
        if earlier is None:
            raise
        return earlier, False
    return photo, True


def find(named: str, owner_hash: str) -> Photo | None:
    """Return the photo of this id, or this digest, to whoever brought it, as long as it is kept."""
    by = Photo.id == named if ID.fullmatch(named) else Photo.digest == named
    query = select(Photo).where(by, Photo.owner_hash == owner_hash, Photo.expires_at > now())
    found: Photo | None = db.session.scalar(query)
    return found if found is not None and hmac.compare_digest(found.owner_hash, owner_hash) else None


def forget(owner_hash: str, digests: Collection[str] | None = None) -> list[str]:
    """Delete all that somebody brought, or that of these digests alone; return the ids of what there was."""
    of_theirs = Photo.owner_hash == owner_hash
    return _delete(of_theirs if digests is None else of_theirs & Photo.digest.in_(digests))


def forget_expired() -> int:
    """Delete what was kept for its day; return how many photos there were."""
    return len(_delete(Photo.expires_at <= now()))


def forget_these(ids: Collection[str]) -> int:
    """Delete the photos of these ids; return how many there were."""
    return len(_delete(Photo.id.in_(ids)))


def paths() -> set[str]:
    """List the files that rows name, those of previews too."""
    db.session.rollback()
    rows = db.session.execute(select(Photo.path, Photo.cut_path)).all()
    return {path for row in rows for path in row if path is not None}


def files(photo: Photo) -> Sequence[str]:
    """List the files of a photo."""
    return [path for path in (photo.path, photo.cut_path) if path is not None]


def _renewed(digest: str, owner_hash: str) -> Photo | None:
    """Return the photo that its owner brought before, kept for a day from now; one that is lost is brought anew."""
    found: Photo | None = db.session.scalar(select(Photo).where(Photo.digest == digest, Photo.owner_hash == owner_hash))
    if found is None:
        return None
    if not media_store.store().exists(found.path):
        _delete(Photo.id == found.id)
        return None
    with writing() as session:
        renewed = session.execute(update(Photo).where(Photo.id == found.id).values(expires_at=_expiry()))
    if not renewed.rowcount:  # type: ignore[attr-defined]  # its day was over this moment
        return None
    db.session.refresh(found)
    return found


def _delete(which: ColumnElement[bool]) -> list[str]:
    ids: list[str] = []
    while True:
        with writing() as session:
            found = session.scalars(select(Photo).where(which).limit(TOGETHER).with_for_update()).all()
            lost = [path for photo in found for path in files(photo)]
            ids += [photo.id for photo in found]
            for photo in found:
                session.delete(photo)
        if not found:
            return ids
        for path in lost:  # if that fails, nothing names them any more, and they are pruned
            media_store.store().delete(path)


def _expiry() -> datetime:
    return now() + timedelta(hours=current_app.config["KEEP_PHOTOS_HOURS"])
