"""Maintenance of the media store: find and delete files that no row names."""

from __future__ import annotations

import time
from collections.abc import Iterator

from sqlalchemy import select

from app.collection.search import text_index
from app.core.progress import Report, ignore
from app.storage import media_store
from app.storage.database import db
from app.storage.media_store import StoredFile, walk_folder
from app.storage.walk_models import ID, Frame, Medium, Walk
from app.walks.saved import lifecycle, reuse
from app.walks.uploads import upload_store
from app.walks.uploads.kinds import KINDS

WALKS = "walks"
YOUNG_SECONDS = 3600.0  # a worker writes a file before the row that names it, so younger files are skipped
CHUNK = 200


def find_unreferenced(
    *, young_seconds: float = YOUNG_SECONDS, report: Report = ignore
) -> Iterator[tuple[str, StoredFile]]:
    """Yield each file of walks and uploads, with its path, that no row names; none younger than ``young_seconds``.

    Files of walks that are still to be rendered are left out.
    """
    store = media_store.store()
    folders = store.folders(WALKS)
    for start in range(0, len(folders), CHUNK):
        report("folders searched", start, len(folders))
        chunk = folders[start : start + CHUNK]
        # List the files before the rows: what is published in between is too young.
        files = {path: file for name in chunk for path, file in store.files(walk_folder(name)).items()}
        waiting, named = _named_paths([name for name in chunk if ID.fullmatch(name)])
        oldest = time.time() - young_seconds
        for path, file in files.items():
            if path not in named and path.split("/")[1] not in waiting and file.modified < oldest:
                yield path, file
    for kind in KINDS.values():
        uploads = store.files(kind.folder)
        named, oldest = upload_store.paths(), time.time() - young_seconds
        yield from ((path, file) for path, file in uploads.items() if path not in named and file.modified < oldest)


def prune(*, young_seconds: float = YOUNG_SECONDS, report: Report = ignore) -> list[tuple[str, StoredFile]]:
    """Delete unreferenced files and then empty folders; return the deleted files.

    Also removes the owners of deleted walks, and their words from the full-text index.
    """
    store, deleted = media_store.store(), []
    unreferenced = list(find_unreferenced(young_seconds=young_seconds, report=report))
    for number, (path, file) in enumerate(unreferenced):
        report("files deleted", number, len(unreferenced))
        if store.files(path).get(path, file) == file:  # otherwise it was rewritten: the walk is queued again
            store.delete(path)
            deleted.append((path, file))
    for folder in {"/".join(path.split("/")[:2]) for path, _ in deleted}:
        store.delete_empty(folder)
    lifecycle.forget_owners()
    text_index.forget_deleted()
    return deleted


def _named_paths(walk_ids: list[str]) -> tuple[set[str], set[str]]:
    """Return the IDs of the walks still to be rendered, and the paths that rows of any of the walks name."""
    db.session.rollback()  # read the rows as they are now
    walks = db.session.scalars(select(Walk).where(reuse.sharing(walk_ids))).all()
    numbers = [walk.number for walk in walks]
    named: set[str] = set()
    for table in (Frame, Medium):
        named |= set(db.session.scalars(select(table.path).where(table.walk_number.in_(numbers))))
    waiting = {walk.id for walk in walks if walk.is_waiting}
    db.session.expunge_all()
    return waiting, named
