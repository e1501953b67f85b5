"""Copy a site's media to another store while the site runs; may be repeated, and copies only what is missing.

A file at the target counts as copied if its size is the same and its name contains the hash of its content or it is the
newer one: stores hold a file whole or not at all. Each copy is read back and compared. Nothing is deleted at the
source. Files of deleted walks and uploads are not copied, or they would reappear after the switch.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import select

from app.core.errors import MediaLost
from app.core.progress import Report
from app.storage.database import db
from app.storage.media_store import MediaStore, StoredFile, walk_folder
from app.storage.walk_models import ID, Walk
from app.walks.saved import deletions, reuse
from app.walks.uploads import upload_store
from app.walks.uploads.kinds import KINDS

WALKS = "walks"
UPLOADS = tuple(kind.folder for kind in KINDS.values())
"""The folders of uploads."""
CHUNK = 50  # walks that are processed together, after which progress is reported
AT_ONCE = 8  # files in parallel, because an object store answers each request slowly
NAMED = re.compile(r"/(?!photo-|sound\.)[^/]*\.([0-9a-f]{12})\.[a-z0-9]+$")
"""The first digits of its SHA-256 in a file's name. The names of a walk's photos and its sound have random ones."""


@dataclass
class MoveSummary:
    """The files and bytes of the source, those that were copied, and in ``amiss`` what is wrong at the target."""

    files: int = 0
    bytes: int = 0
    copied: int = 0
    copied_bytes: int = 0
    amiss: list[str] = field(default_factory=list)


def move(source: MediaStore, target: MediaStore, *, report: Report) -> MoveSummary:
    """Copy the files of ``source`` that ``target`` lacks; ``report`` is called after each chunk of folders.

    :raises MediaStoreAway: when a store is unavailable or full. Another run continues from there.
    """
    return _each(source, target, _copy_file, report)


def compare(source: MediaStore, target: MediaStore, *, report: Report) -> MoveSummary:
    """Compare every file of ``target`` with the hash in its name, or with ``source``; copy nothing.

    :raises MediaStoreAway: when a store is unavailable.
    """
    return _each(source, target, _compare_file, report)


Action = Callable[[MediaStore, MediaStore, str, StoredFile, StoredFile | None], tuple[int | None, str]]
"""Processes one file; returns the number of bytes copied (``None`` if none) and what is wrong (``""`` if nothing)."""


def _each(source: MediaStore, target: MediaStore, act: Action, report: Report) -> MoveSummary:
    moved = MoveSummary()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for folders, done, total in _folders(source):
            here, there = (
                {path: file for files in threads.map(store.files, folders) for path, file in files.items()}
                for store in (source, target)
            )
            wanted = sorted(path for path in here if not path.rpartition("/")[2].startswith("."))  # no temporary files
            if folders[0] in UPLOADS:
                named_paths = upload_store.paths()
                wanted = [path for path in wanted if path in named_paths]
            results = threads.map(lambda path: act(source, target, path, here[path], there.get(path)), wanted)  # noqa: B023
            for path, (copied, flaw) in zip(wanted, results, strict=True):
                moved.files += 1
                moved.bytes += here[path].bytes
                moved.copied += copied is not None
                moved.copied_bytes += copied or 0
                if flaw:
                    moved.amiss.append(f"{path} {flaw}")
            report(f"{moved.files:,} files looked at, {moved.copied_bytes:,} bytes copied; folders", done, total)
    return moved


def _folders(source: MediaStore) -> Iterator[tuple[list[str], int, int]]:
    """Yield the folders to process together, how many are done with them, and of how many.

    The list of deletions comes first, then walks, then uploads.
    """
    walks = source.folders(WALKS)
    total = 1 + len(walks) + len(UPLOADS)
    yield [deletions.FOLDER], 1, total
    for start in range(0, len(walks), CHUNK):
        chunk = [name for name in walks[start : start + CHUNK] if ID.fullmatch(name)]
        if existing := _existing(chunk):
            done = 1 + min(start + CHUNK, len(walks))
            yield [walk_folder(name) for name in chunk if name in existing], done, total
    for number, folder in enumerate(UPLOADS, 1):
        yield [folder], 1 + len(walks) + number, total


def _existing(names: list[str]) -> set[str]:
    """Return those of the folders that hold files of a walk that is not deleted."""
    db.session.rollback()
    rows = db.session.execute(
        select(Walk.id, Walk.repeat_of).where(reuse.sharing(names), Walk.deleted_at.is_(None))
    ).all()
    db.session.rollback()
    return {name for row in rows for name in row if name}


def _copy_file(
    source: MediaStore, target: MediaStore, path: str, here: StoredFile, there: StoredFile | None
) -> tuple[int | None, str]:
    if there is not None and there.bytes == here.bytes and (NAMED.search(path) or there.modified >= here.modified):
        return None, ""
    try:
        data = source.read_bytes(path)
    except MediaLost:
        return None, ""  # deleted since it was listed
    target.write(path, data)
    return len(data), "" if target.read_bytes(path) == data else "came back as another file than was written"


def _compare_file(
    source: MediaStore, target: MediaStore, path: str, here: StoredFile, there: StoredFile | None
) -> tuple[int | None, str]:
    if there is None:
        return None, "is missing" if source.exists(path) else ""
    if there.bytes != here.bytes:
        return None, f"has {there.bytes:,} bytes and should have {here.bytes:,}"
    data = target.read_bytes(path)
    if named := NAMED.search(path):
        return None, "" if hashlib.sha256(data).hexdigest().startswith(named[1]) else "is not what its name says"
    return None, "" if data == source.read_bytes(path) else "is another file"
