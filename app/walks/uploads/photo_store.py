"""Uploaded photos before a walk uses them: stored for a day for their owner; equal photos are stored once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError

from app.storage import media_store
from app.storage.database import db, now, writing
from app.storage.photo_models import Photo
from app.storage.walk_models import ID, new_id
from app.walks.uploads.photo_check import CheckedPhoto

FOLDER = "photos"
TOGETHER = 100  # how many photos one transaction deletes


def save(checked: CheckedPhoto, *, owner_hash: str, network: str) -> tuple[Photo, bool]:
    """Store a photo for a day from now; return it, and whether it is new for its owner.

    :raises MediaError: when the store cannot write it.
    """
    if earlier := _renew(checked.digest, owner_hash):
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
    except IntegrityError:  # another request stored the same photo meanwhile
        media_store.store().delete(path)
        earlier = _renew(checked.digest, owner_hash)
        if earlier is None:
            raise
        return earlier, False
    return photo, True


def find(name: str, *owners: str) -> Photo | None:
    """Return the photo of an owner with these hashes and of this ID or digest until it expires, else ``None``."""
    by = Photo.id == name if ID.fullmatch(name) else Photo.digest == name
    query = select(Photo).where(by, Photo.owner_hash.in_(owners), Photo.expires_at > now())
    photo: Photo | None = db.session.scalar(query.limit(1))
    return photo


def forget(owner_hash: str, digests: Collection[str] | None = None) -> list[str]:
    """Delete all photos of an owner, or only those of some digests; return their IDs."""
    of_theirs = Photo.owner_hash == owner_hash
    return _delete(of_theirs if digests is None else of_theirs & Photo.digest.in_(digests))


def forget_expired() -> int:
    """Delete the expired photos; return how many."""
    return len(_delete(Photo.expires_at <= now()))


def forget_these(ids: Collection[str]) -> int:
    """Delete the photos with these IDs; return how many."""
    return len(_delete(Photo.id.in_(ids)))


def paths() -> set[str]:
    """Return the paths of all files that rows name, including those of previews."""
    db.session.rollback()
    rows = db.session.execute(select(Photo.path, Photo.cut_path)).all()
    return {path for row in rows for path in row if path is not None}


def files(photo: Photo) -> Sequence[str]:
    """Return the paths of a photo's files."""
    return [path for path in (photo.path, photo.cut_path) if path is not None]


def _renew(digest: str, owner_hash: str) -> Photo | None:
    """Return the owner's earlier photo with this digest, stored for a day from now; ``None`` if it is missing."""
    photo: Photo | None = db.session.scalar(select(Photo).where(Photo.digest == digest, Photo.owner_hash == owner_hash))
    if photo is None:
        return None
    if not media_store.store().exists(photo.path):
        _delete(Photo.id == photo.id)
        return None
    with writing() as session:
        renewed = session.execute(update(Photo).where(Photo.id == photo.id).values(expires_at=_expiry()))
    if not renewed.rowcount:  # type: ignore[attr-defined]  # it expired meanwhile
        return None
    db.session.refresh(photo)
    return photo


def _delete(which: ColumnElement[bool]) -> list[str]:
    """Delete the matching photos and their files, some per transaction; return their IDs."""
    ids: list[str] = []
    while True:
        with writing() as session:
            photos = session.scalars(select(Photo).where(which).limit(TOGETHER).with_for_update()).all()
            file_paths = [path for photo in photos for path in files(photo)]
            ids += [photo.id for photo in photos]
            for photo in photos:
                session.delete(photo)
        if not photos:
            return ids
        for path in file_paths:  # if this fails, pruning removes them, as no row names them
            media_store.store().delete(path)


def _expiry() -> datetime:
    return now() + timedelta(hours=current_app.config["KEEP_PHOTOS_HOURS"])
