"""Vector indexes in the instance folder, one per machine, which each query first brings up to date.

An index is derived from rows of the database. If it is missing, broken or of another database, queries go on without
it, and the first of them starts a thread that rebuilds it in the background.
"""

import logging
import math
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

from filelock import FileLock, Timeout
from flask import Flask, current_app
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from app.collection.search.vector_file import Floats, Vectors, VectorsError
from app.storage.database import db
from app.storage.walk_models import Walk

REFRESH_SECONDS = 1.0
"""How often, at most, a process looks for rows that the index lacks."""

CATCH_UP_MAX = 400
"""The most rows that a query adds to the index; a missing index of more rows is built in the background."""

BLANK_SECONDS = 60.0
"""How often, at most, a process blanks the vectors of deleted walks."""

RETRY_SECONDS = 60.0
"""How long a process waits after a failed rebuild before it tries again."""

BATCH = 2000
SUFFIX, RELEASE_1_SUFFIX = ".2.vectors", ".vectors"
"""The suffixes of index files. Files of release 1.0.0 have another format and are deleted: nothing would blank them."""

REBUILD_LOCK = "indexes"
"""The name of the lock that lets one process on a machine rebuild one index at a time."""

REINDEX = "flask --app wsgi gallery reindex"
REBUILD_HINT = f"The next search rebuilds it; to rebuild it now, run: {REINDEX}"

log = logging.getLogger(__name__)


class SourceError(Exception):
    """There is no model or data from which vectors could be computed; the message says why."""


class Batch(NamedTuple):
    """Rows to add to an index: ascending keys, the IDs of their walks, and one vector for each."""

    keys: list[int]
    walk_ids: list[str]
    vectors: Floats


class Source(Protocol):
    """The rows of the database from which an index is built."""

    name: str
    """The name of the index, which is also the name of its file and lock."""

    def kind(self) -> tuple[str, int]:
        """Return the revision of the model that computes the vectors, and their width.

        :raises SourceError: when there is no model or no vector yet.
        """

    def after(self, connection: Connection, key: int, limit: int) -> Batch:
        """Return the vectors of up to ``limit`` database rows after a key."""

    def count_after(self, connection: Connection, key: int) -> int:
        """Return the number of database rows after a key."""

    def is_foreign(self, connection: Connection, key: int, mark: int) -> bool:
        """Return whether the database row with this key belongs to another walk than the one with this mark."""


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """Progress of a rebuild: the number of vectors added, and of database rows left."""

    done: int
    left: int


class Index:
    """The vector index of one source, opened by this process."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._vectors: Vectors | None = None
        self._refreshed_at, self._blanked_at = -REFRESH_SECONDS, -math.inf
        self._flaw = ""
        self._lock = threading.Lock()
        self._needs_rebuild = False
        self._tried_at = -math.inf

    def up_to_date(self) -> Vectors | None:
        """Return the vectors, including rows that any process added, or ``None`` if the index cannot be used.

        If the index must be rebuilt, starts a thread for it and returns without waiting.
        """
        with self._lock:
            self._refresh()
            if self._needs_rebuild and time.monotonic() - self._tried_at >= RETRY_SECONDS:
                self._tried_at = time.monotonic()
                app = cast(Any, current_app)._get_current_object()
                name = f"index of {self._source.name}"
                threading.Thread(target=self._rebuild_in_background, args=(app,), name=name, daemon=True).start()
            return self._vectors

    def rebuild(self) -> Iterator[IndexProgress]:
        """Build the index in a temporary file, then replace the current one; yield progress.

        :raises SourceError: when there is no model or data to build it from.
        """
        with _file_lock(REBUILD_LOCK):
            yield from self._rebuild()

    def _rebuild(self) -> Iterator[IndexProgress]:
        path = self._path()
        aside, left = path.with_suffix(".new"), 1  # a partial file of a process that was killed is overwritten
        try:
            fresh = Vectors.create(aside, *self._source.kind())
            while left:
                with db.engine.connect() as connection:
                    self._add(connection, fresh, BATCH)
                    left = self._source.count_after(connection, fresh.last_key)
                yield IndexProgress(fresh.count, left)
            with _file_lock(self._source.name):
                aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        self._refreshed_at = -REFRESH_SECONDS

    def flaw(self) -> str:
        """Return a sentence on why the index does not find all walks, or ``""``; an index not built yet is no flaw."""
        with self._lock:
            self._refresh()
            vectors = self._vectors
        if vectors is None or self._flaw:
            return self._flaw
        with db.engine.connect() as connection:
            left = self._source.count_after(connection, vectors.last_key)
        return (
            f"{left} walks are not in the index of {self._source.name} yet. Run: {REINDEX}"
            if left > CATCH_UP_MAX
            else ""
        )

    def summary(self, what: str) -> str:
        """Return a sentence on how many items the index holds; ``what`` names them, such as "walks"."""
        if self._needs_rebuild:
            return f"no {what} are in the index yet: the first search builds it"
        return f"{self._vectors.count if self._vectors else 0} {what} are in the index"

    def _refresh(self) -> None:
        """Open the index or bring it up to date, unless that was done within ``REFRESH_SECONDS``."""
        if time.monotonic() - self._refreshed_at < REFRESH_SECONDS:
            return
        flaw, self._needs_rebuild = "", False
        try:
            self._needs_rebuild = not self._path().exists() and self._is_much()
            self._vectors = None if self._needs_rebuild else self._open()
            if self._vectors is not None:
                flaw = self._update(self._vectors)
        except SourceError as error:
            self._vectors, flaw = None, str(error)
        except (VectorsError, OSError) as error:
            self._vectors, flaw, self._needs_rebuild = None, f"{error} {REBUILD_HINT}", True
        if flaw and flaw != self._flaw:
            log.warning("%s", flaw)
        self._refreshed_at, self._flaw = time.monotonic(), flaw

    def _open(self) -> Vectors:
        """Return the file of vectors: opened, created if it is missing, or refreshed if it is open.

        :raises VectorsError: when the file is broken or of another kind.
        """
        path, kind = self._path(), self._source.kind()
        if not path.exists():
            return Vectors.create(path, *kind)
        try:
            if self._vectors is None or self._vectors.kind != kind:
                path.with_name(f"{self._source.name}{RELEASE_1_SUFFIX}").unlink(missing_ok=True)
                return Vectors(path, *kind)
            self._vectors.refresh()
            return self._vectors
        except VectorsError as error:
            raise VectorsError(f"There is no index of {self._source.name}: {error}") from error

    def _rebuild_in_background(self, app: Flask) -> None:
        """Rebuild the index, unless another process has done so while this one waited for the lock."""
        try:
            with app.app_context(), _file_lock(REBUILD_LOCK):
                if self._is_whole():
                    return
                log.info("Rebuilding the vector index of %s.", self._source.name)
                began = time.monotonic()
                for _ in self._rebuild():
                    time.sleep(time.monotonic() - began)  # leave half of the process's time to requests
                    began = time.monotonic()
                log.info("Rebuilt the vector index of %s.", self._source.name)
        except (SourceError, VectorsError, OSError, SQLAlchemyError) as error:
            log.warning("The vector index of %s cannot be rebuilt: %s", self._source.name, error)

    def _is_whole(self) -> bool:
        """Return whether the file of the index can be used."""
        try:
            vectors = Vectors(self._path(), *self._source.kind())
        except VectorsError:
            return False
        with db.engine.connect() as connection:
            return not self._is_foreign(connection, vectors)

    def _is_foreign(self, connection: Connection, vectors: Vectors) -> bool:
        """Return whether the last row does not belong to this database, or is zeros after a power cut."""
        last = vectors.last()
        return last is not None and (last == (0, 0) or self._source.is_foreign(connection, *last))

    def _is_much(self) -> bool:
        with db.engine.connect() as connection:
            return self._source.count_after(connection, 0) > CATCH_UP_MAX

    def _update(self, vectors: Vectors) -> str:
        """Add missing rows to the index and blank deleted walks; return why this failed, or ``""``.

        Uses a new connection, because an older transaction would not see rows that other processes added since.

        :raises VectorsError: when the index was built from another database.
        """
        with db.engine.connect() as connection:
            if self._is_foreign(connection, vectors):
                raise VectorsError(f"The index of {self._source.name} was built from other walks.")
            try:
                with suppress(Timeout), _file_lock(self._source.name).acquire(blocking=False):
                    vectors.refresh()
                    self._add(connection, vectors, CATCH_UP_MAX)
                    self._blank_deleted(connection, vectors)
            except OSError as error:  # on a full disk the index can still be searched
                return f"Nothing can be added to the index of {self._source.name}: {error.strerror or error}."
        return ""

    def _add(self, connection: Connection, vectors: Vectors, limit: int) -> None:
        batch = self._source.after(connection, vectors.last_key, limit)
        if batch.keys:
            vectors.add(batch.keys, [mark_of(walk_id) for walk_id in batch.walk_ids], batch.vectors)

    def _blank_deleted(self, connection: Connection, vectors: Vectors) -> None:
        """Blank the vectors of deleted walks, which would reveal their prompts or pictures."""
        if time.monotonic() - self._blanked_at < BLANK_SECONDS:
            return
        # Deleted walks have no owner, so the database's index of owners finds them without scanning all walks.
        gone = connection.scalars(select(Walk.id).where(Walk.owner_hash == "", Walk.deleted_at.is_not(None)))
        vectors.blank({mark_of(walk_id) for walk_id in gone})
        self._blanked_at = time.monotonic()

    def _path(self) -> Path:
        return Path(current_app.instance_path) / f"{self._source.name}{SUFFIX}"


def _file_lock(name: str) -> FileLock:
    """Return a lock that all processes with this instance folder share; it is not acquired yet."""
    return FileLock(Path(current_app.instance_path) / f".{name}.lock")


def mark_of(walk_id: str) -> int:
    """Return the number that identifies a walk in an index: the CRC-32 of its ID."""
    return zlib.crc32(walk_id.encode())
