"""Uploads before a walk uses them: stored for a day for their owner; an owner's equal uploads are stored once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import MediaLost
from app.storage import media_store
from app.storage.database import db, now, writing
from app.storage.upload_models import FAILED, Upload
from app.storage.walk_models import ID, Task, new_id
from app.walks.uploads.checked_upload import CheckedUpload
from app.walks.uploads.kinds import KINDS, UploadKind

TOGETHER = 100  # how many uploads one transaction deletes


def save(
    kind: UploadKind,
    checked: CheckedUpload,
    *,
    owner_hash: str,
    network: str,
    enqueue: Callable[[Session, Upload], None] | None = None,
) -> tuple[Upload, bool]:
    """Store an upload for a day from now; return it, and whether it is new for its owner.

    ``enqueue`` creates the task of a new upload in the same transaction; without it a worker does, when it looks for
    work. An upload that failed before is tried again.

    :raises MediaError: when the store cannot write it.
    """
    if earlier := _renew(kind, checked.digest, owner_hash):
        return earlier, False
    upload_id = new_id()
    path = f"{kind.folder}/{upload_id}.{checked.digest[:12]}.{checked.ending}"
    media_store.store().write(path, checked.data)
    upload = Upload(
        id=upload_id,
        kind=kind.name,
        digest=checked.digest,
        owner_hash=owner_hash,
        network=network,
        path=path,
        bytes=len(checked.data),
        seconds=checked.seconds,
        details=dict(checked.details),
        expires_at=_expiry(kind),
    )
    try:
        with writing() as session:
            session.add(upload)
            session.flush()
            if enqueue is not None:
                enqueue(session, upload)
    except IntegrityError:  # another request stored the same file meanwhile
        media_store.store().delete(path)
        earlier = _renew(kind, checked.digest, owner_hash)
        if earlier is None:
            raise
        return earlier, False
    return upload, True


def find(among: Collection[UploadKind], name: str, *owners: str) -> Upload | None:
    """Return the upload of an owner with these hashes, of one of some kinds and of this ID or digest, or ``None``.

    One that expired is not found.
    """
    by = Upload.id == name if ID.fullmatch(name) else Upload.digest == name
    own = Upload.owner_hash.in_(owners), Upload.kind.in_([kind.name for kind in among]), Upload.expires_at > now()
    query = select(Upload).where(by, *own)
    # a worker may have processed it since this session loaded its row
    upload: Upload | None = db.session.scalar(query.limit(1), execution_options={"populate_existing": True})
    return upload


def read_file(upload: Upload) -> bytes:
    """Return the stored file.

    :raises MediaError: when it cannot be read.
    """
    if upload.path is None:
        raise MediaLost(f"The file of upload {upload.id} is not here.")
    return media_store.store().read_bytes(upload.path)


def forget(owner_hash: str, digests: Collection[str] | None = None) -> list[str]:
    """Delete all uploads of an owner, or only those with some digests; return their IDs."""
    of_theirs = Upload.owner_hash == owner_hash
    return _delete(of_theirs if digests is None else of_theirs & Upload.digest.in_(digests))


def forget_expired() -> int:
    """Delete the expired uploads; return how many."""
    return len(_delete(Upload.expires_at <= now()))


def forget_these(ids: Collection[str]) -> int:
    """Delete the uploads with these IDs; return how many."""
    return len(_delete(Upload.id.in_(ids)))


def paths() -> set[str]:
    """Return the paths of all files that rows name, including those of previews."""
    db.session.rollback()
    rows = db.session.execute(select(Upload.path, Upload.preview_path)).all()
    return {path for row in rows for path in row if path is not None}


def _renew(kind: UploadKind, digest: str, owner_hash: str) -> Upload | None:
    """Return the owner's earlier upload with this digest, stored for a day from now; ``None`` if it is of no use."""
    query = select(Upload).where(Upload.kind == kind.name, Upload.digest == digest, Upload.owner_hash == owner_hash)
    upload: Upload | None = db.session.scalar(query)
    if upload is None:
        return None
    unchanged = (Upload.id == upload.id) & (Upload.state == upload.state)  # else a worker has replaced the file
    is_useless = upload.state == FAILED or upload.path is None or not media_store.store().exists(upload.path)
    if is_useless and _delete(unchanged):
        return None
    with writing() as session:
        renewed = session.execute(update(Upload).where(Upload.id == upload.id).values(expires_at=_expiry(kind)))
    if not renewed.rowcount:  # type: ignore[attr-defined]  # it expired meanwhile
        return None
    db.session.refresh(upload)
    return upload


def _delete(which: ColumnElement[bool]) -> list[str]:
    """Delete the matching uploads with their tasks and files, some per transaction; return their IDs."""
    ids: list[str] = []
    while True:
        with writing() as session:
            uploads = session.scalars(select(Upload).where(which).limit(TOGETHER).with_for_update()).all()
            file_paths = [path for each in uploads for path in (each.path, each.preview_path) if path is not None]
            here = [upload.id for upload in uploads]
            session.execute(delete(Task).where(Task.kind.in_(KINDS), Task.task.in_(here)))
            for upload in uploads:
                session.delete(upload)
        if not uploads:
            return ids
        ids += here
        for path in file_paths:  # if this fails, pruning removes them, as no row names them
            media_store.store().delete(path)


def _expiry(kind: UploadKind) -> datetime:
    return now() + timedelta(hours=current_app.config[kind.hours])
