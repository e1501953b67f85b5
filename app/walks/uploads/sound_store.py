"""Uploaded sounds: stored for a day for their owner; equal sounds of an owner are stored once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.storage import media_store
from app.storage.database import db, now, writing
from app.storage.sound_models import FAILED, Sound
from app.storage.task_kinds import SOUNDS
from app.storage.walk_models import ID, Task, new_id
from app.walks.uploads.sound_check import CheckedSound

FOLDER = "sounds"
OF_A_WALK = "sound"  # the media kind of the copy that a walk has
TOGETHER = 100  # how many sounds one transaction deletes
ENDINGS = {"wav": "wav", "flac": "flac", "vorbis": "ogg", "opus": "opus", "mp3": "mp3"}


def save(
    checked: CheckedSound, *, owner_hash: str, network: str, enqueue: Callable[[Session, str], None]
) -> tuple[Sound, bool]:
    """Store a sound for a day from now; return it, and whether it is new for its owner.

    ``enqueue`` creates the task of a new sound in the same transaction. A sound that failed before is tried again.

    :raises MediaError: when the store cannot write it.
    """
    if earlier := _renew(checked.digest, owner_hash):
        return earlier, False
    sound_id, header = new_id(), checked.header
    path = f"{FOLDER}/{sound_id}.{checked.digest[:12]}.{ENDINGS[header.kind]}"
    media_store.store().write(path, checked.data)
    sound = Sound(
        id=sound_id,
        digest=checked.digest,
        owner_hash=owner_hash,
        network=network,
        path=path,
        bytes=len(checked.data),
        format=header.kind,
        seconds=header.seconds,
        rate=header.rate,
        channels=header.channels,
        expires_at=_expiry(),
    )
    try:
        with writing() as session:
            session.add(sound)
            session.flush()
            enqueue(session, sound_id)
    except IntegrityError:  # another request stored the same sound meanwhile
        media_store.store().delete(path)
        earlier = _renew(checked.digest, owner_hash)
        if earlier is None:
            raise
        return earlier, False
    return sound, True


def find(name: str, *owners: str) -> Sound | None:
    """Return the sound of an owner with these hashes and of this ID or digest until it expires, else ``None``."""
    by = Sound.id == name if ID.fullmatch(name) else Sound.digest == name
    query = select(Sound).where(by, Sound.owner_hash.in_(owners), Sound.expires_at > now())
    # a worker may have read it since this session loaded its row
    sound: Sound | None = db.session.scalar(query.limit(1), execution_options={"populate_existing": True})
    return sound


def ids_of(owner_hash: str, digest: str) -> list[str]:
    """Return the ID of the owner's sound with a digest, if there is one."""
    return list(db.session.scalars(select(Sound.id).where(Sound.owner_hash == owner_hash, Sound.digest == digest)))


def forget(owner_hash: str, ids: Collection[str] | None = None) -> list[str]:
    """Delete all sounds of an owner, or only those with some IDs; return their IDs."""
    of_theirs = Sound.owner_hash == owner_hash
    return _delete(of_theirs if ids is None else of_theirs & Sound.id.in_(ids))


def forget_expired() -> int:
    """Delete the expired sounds; return how many."""
    return len(_delete(Sound.expires_at <= now()))


def forget_these(ids: Collection[str]) -> int:
    """Delete the sounds with these IDs; return how many."""
    return len(_delete(Sound.id.in_(ids)))


def paths() -> set[str]:
    """Return the paths of all files that rows name."""
    db.session.rollback()
    return set(db.session.scalars(select(Sound.path).where(Sound.path.is_not(None))))


def _renew(digest: str, owner_hash: str) -> Sound | None:
    """Return the owner's earlier sound with this digest, stored for a day from now; ``None`` if it is of no use."""
    sound: Sound | None = db.session.scalar(select(Sound).where(Sound.digest == digest, Sound.owner_hash == owner_hash))
    if sound is None:
        return None
    unchanged = (Sound.id == sound.id) & (Sound.state == sound.state)  # else a worker has replaced the file meanwhile
    is_useless = sound.state == FAILED or sound.path is None or not media_store.store().exists(sound.path)
    if is_useless and _delete(unchanged):
        return None
    with writing() as session:
        renewed = session.execute(update(Sound).where(Sound.id == sound.id).values(expires_at=_expiry()))
    if not renewed.rowcount:  # type: ignore[attr-defined]  # it expired meanwhile
        return None
    db.session.refresh(sound)
    return sound


def _delete(which: ColumnElement[bool]) -> list[str]:
    """Delete the matching sounds with their tasks and files, some per transaction; return their IDs."""
    ids: list[str] = []
    while True:
        with writing() as session:
            sounds = session.scalars(select(Sound).where(which).limit(TOGETHER).with_for_update()).all()
            file_paths = [sound.path for sound in sounds if sound.path is not None]
            ids += [sound.id for sound in sounds]
            of_them = Task.kind == SOUNDS, Task.task.in_([sound.id for sound in sounds])
            session.execute(delete(Task).where(*of_them))
            for sound in sounds:
                session.delete(sound)
        if not sounds:
            return ids
        for path in file_paths:  # if this fails, pruning removes them, as no row names them
            media_store.store().delete(path)


def _expiry() -> datetime:
    return now() + timedelta(hours=current_app.config["KEEP_SOUNDS_HOURS"])
