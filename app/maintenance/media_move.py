"""A site's media, copied from one store to another while the site runs: what is missing there, again and again.

What is there counts as there when its size agrees, for stores hold a file whole or not at all, and its name tells its
content or it is the later of the two. What is copied is read back and compared. Nothing is deleted from where it comes
from. Files of walks and photos that were taken down are left behind, or they would come back after the switch.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import select

from app.errors import MediaError, MediaStoreAway
from app.storage.database import db
from app.storage.media_store import MediaStore, StoredFile, walk_folder
from app.storage.walk_models import ID, Walk
from app.uploads import photo_store
from app.walks import deletions, reuse

WALKS = "walks"
CHUNK = 50  # walks: as many are looked at together, and told of
AT_ONCE = 8  # files: an object store answers each late, and many at once
NAMED = re.compile(r"\.([0-9a-f]{12})\.[a-z0-9]+$")  # the first letters of its sha256, in a file's name


@dataclass
class MoveSummary:
    """What was found and done: files and bytes of all, of those copied, and what is amiss at the other end."""

    files: int = 0
    bytes: int = 0
    copied: int = 0
    copied_bytes: int = 0
    amiss: list[str] = field(default_factory=list)


def move(source: MediaStore, target: MediaStore, *, tell: Callable[[MoveSummary], None]) -> MoveSummary:
    """Copy what ``target`` lacks of what ``source`` holds; ``tell`` is told now and then how far that is.

    :raises MediaStoreAway: when one of them is away or full. Another run goes on from there.
    """
    return _each(source, target, _copied, tell)


def compare(source: MediaStore, target: MediaStore, *, tell: Callable[[MoveSummary], None]) -> MoveSummary:
    """Copy nothing; read all that ``target`` should hold, and hold it against its names or against ``source``."""
    return _each(source, target, _compared, tell)


Look = Callable[[MediaStore, MediaStore, str, StoredFile, StoredFile | None], tuple[int | None, str]]
"""Returns the bytes that were copied, ``None`` where none needed to be, and what is amiss."""


def _each(source: MediaStore, target: MediaStore, look: Look, tell: Callable[[MoveSummary], None]) -> MoveSummary:
    moved = MoveSummary()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for folders in _folders(source):
            here, there = (
                {path: file for files in threads.map(store.files, folders) for path, file in files.items()}
                for store in (source, target)
            )
            wanted = sorted(path for path in here if not path.rpartition("/")[2].startswith("."))  # written aside
            if folders == [photo_store.FOLDER]:
                named = _photos()
                wanted = [path for path in wanted if path in named]
            found = threads.map(lambda path: look(source, target, path, here[path], there.get(path)), wanted)  # noqa: B023
            for path, (copied, flaw) in zip(wanted, found, strict=True):
                moved.files += 1
                moved.bytes += here[path].bytes
                moved.copied += copied is not None
                moved.copied_bytes += copied or 0
                if flaw:
                    moved.amiss.append(f"{path} {flaw}")
            tell(moved)
    return moved


def _folders(source: MediaStore) -> Iterator[list[str]]:
    """Name folders that belong together: first what says who was taken down, last what may be gone within the day."""
    yield [deletions.FOLDER]
    walks = source.folders(WALKS)
    for start in range(0, len(walks), CHUNK):
        chunk = [name for name in walks[start : start + CHUNK] if ID.fullmatch(name)]
        if kept := _kept(chunk):
            yield [walk_folder(name) for name in chunk if name in kept]
    yield [photo_store.FOLDER]


def _kept(names: list[str]) -> set[str]:
    """Return those folders that hold files of a walk which was not taken down."""
    db.session.rollback()
    rows = db.session.execute(
        select(Walk.id, Walk.repeat_of).where(reuse.sharing(names), Walk.deleted_at.is_(None))
    ).all()
    db.session.rollback()
    return {name for row in rows for name in row if name}


def _photos() -> set[str]:
    db.session.rollback()
    return photo_store.paths()


def _copied(
    source: MediaStore, target: MediaStore, path: str, here: StoredFile, there: StoredFile | None
) -> tuple[int | None, str]:
    if there is not None and there.bytes == here.bytes and (NAMED.search(path) or there.modified >= here.modified):
        return None, ""
    try:
        data = source.read_bytes(path)
    except MediaStoreAway:
        raise
    except MediaError:
        return None, ""  # deleted since it was listed
    target.write(path, data)
    return len(data), "" if target.read_bytes(path) == data else "came back as another file than was written"


def _compared(
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
