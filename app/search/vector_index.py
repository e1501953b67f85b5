"""Indexes of vectors in the instance folder, one on each machine, which every question first brings up to date.

What is in them follows from rows of the database, which has the last word: an index that is missing, broken, or made of
another database's rows only means that walks are not found by it. Whoever asks it then has it made anew behind the
questions, by a thread of one process; nobody waits for that.
"""

from __future__ import annotations

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

from app.search.vector_file import Floats, Vectors, VectorsError
from app.storage.database import db
from app.storage.walk_models import Walk

LOOK_SECONDS = 1.0
"""How often a process looks for rows that the index lacks."""

CATCH_UP = 400
"""How many rows a question adds to the index at most; an index that lacks all of more is made behind the questions."""

FORGET_SECONDS = 60.0
"""How often a process looks for walks that were deleted, whose vectors it then blanks."""

AGAIN_SECONDS = 60.0
"""How long a process waits before it has an index made anew once more, which it could not make or not use."""

BATCH = 2000
SUFFIX, OF_RELEASE_1 = ".2.vectors", ".vectors"
"""How files of indexes end. Those of release 1.0.0 have another form, and are deleted: nothing would blank them."""

MAKING = "indexes"
"""The lock of the process that makes an index: one process on a machine at a time makes one index."""

REINDEX = "flask --app wsgi gallery reindex"
ANEW = f"It is made anew when it is asked; at once by: {REINDEX}"

log = logging.getLogger(__name__)


class SourceError(Exception):
    """There is nothing to make vectors from; the message says why."""


class Batch(NamedTuple):
    """Some rows' keys, rising, and the public ids of their walks, each with its vector."""

    keys: list[int]
    walk_ids: list[str]
    vectors: Floats


class Source(Protocol):
    """What an index is made from."""

    name: str
    """What the index is of, and how its file is called."""

    def kind(self) -> tuple[str, int]:
        """Name what the vectors are made with, and how many numbers they have.

        :raises SourceError: when there is nothing.
        """

    def after(self, connection: Connection, key: int, limit: int) -> Batch:
        """Return what follows a key, of up to ``limit`` rows."""

    def count_after(self, connection: Connection, key: int) -> int:
        """Count the rows that follow a key."""

    def is_foreign(self, connection: Connection, key: int, mark: int) -> bool:
        """Tell whether the row of this key is another walk's than that of the mark."""


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """How many vectors were added, and how many rows are left."""

    done: int
    left: int


class Index:
    """An index of one source, as a process has it open."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._vectors: Vectors | None = None
        self._looked, self._forgot = -LOOK_SECONDS, -math.inf
        self._flaw = ""
        self._lock = threading.Lock()
        self._is_to_be_made = False
        self._tried = -math.inf

    def up_to_date(self) -> Vectors | None:
        """Return the vectors, with what was added since by any process; ``None`` where none can be used.

        Those are then made again by a thread, while the caller goes on without.
        """
        with self._lock:
            self._refresh()
            if self._is_to_be_made and time.monotonic() - self._tried >= AGAIN_SECONDS:
                self._tried = time.monotonic()
                app = cast(Any, current_app)._get_current_object()
                name = f"index of {self._source.name}"
                threading.Thread(target=self._make_behind, args=(app,), name=name, daemon=True).start()
            return self._vectors

    def make_anew(self) -> Iterator[IndexProgress]:
        """Make the index beside the one that is searched, and put it in its place when all is in it.

        :raises SourceError: when there is nothing to make it from.
        """
        with _file_lock(MAKING):
            yield from self._made_anew()

    def _made_anew(self) -> Iterator[IndexProgress]:
        path = self._path()
        aside, left = path.with_suffix(".new"), 1  # what was left of one by a process that was killed is written over
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
        self._looked = -LOOK_SECONDS

    def flaw(self) -> str:
        """Say what keeps walks from being found by it: ``""`` if nothing does. One that is not made yet is no flaw."""
        with self._lock:
            self._refresh()
            vectors = self._vectors
        if vectors is None or self._flaw:
            return self._flaw
        with db.engine.connect() as connection:
            left = self._source.count_after(connection, vectors.last_key)
        return (
            f"{left} walks are not in the index of {self._source.name} yet. Run: {REINDEX}" if left > CATCH_UP else ""
        )

    def about(self, what: str) -> str:
        """Say how many vectors there are of ``what``, as they were last seen."""
        if self._is_to_be_made:
            return f"no {what} are in the index yet: it is made when it is first asked"
        return f"{self._vectors.count if self._vectors else 0} {what} are in the index"

    def _refresh(self) -> None:
        """Open the index, or look what is new in it, unless that was done a moment ago."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        flaw, self._is_to_be_made = "", False
        try:
            self._is_to_be_made = not self._path().exists() and self._is_much()
            self._vectors = None if self._is_to_be_made else self._opened()
            if self._vectors is not None:
                flaw = self._look(self._vectors)
        except SourceError as error:
            self._vectors, flaw = None, str(error)
        except (VectorsError, OSError) as error:
            self._vectors, flaw, self._is_to_be_made = None, f"{error} {ANEW}", True
        if flaw and flaw != self._flaw:
            log.warning("%s", flaw)
        self._looked, self._flaw = time.monotonic(), flaw

    def _opened(self) -> Vectors:
        """Open the file, or begin one; where it is open already, see what was added by others."""
        path, kind = self._path(), self._source.kind()
        if not path.exists():
            return Vectors.create(path, *kind)
        try:
            if self._vectors is None or self._vectors.kind != kind:
                path.with_name(f"{self._source.name}{OF_RELEASE_1}").unlink(missing_ok=True)
                return Vectors(path, *kind)
            self._vectors.refresh()
            return self._vectors
        except VectorsError as error:
            raise VectorsError(f"There is no index of {self._source.name}: {error}") from error

    def _make_behind(self, app: Flask) -> None:
        """Make the index again, unless another process has done so by the time that this one may."""
        try:
            with app.app_context(), _file_lock(MAKING):
                if self._is_whole():
                    return
                log.info("the index of %s is made anew", self._source.name)
                began = time.monotonic()
                for _ in self._made_anew():
                    time.sleep(time.monotonic() - began)  # half of the process is the visitors'
                    began = time.monotonic()
                log.info("the index of %s is made", self._source.name)
        except (SourceError, VectorsError, OSError, SQLAlchemyError) as error:
            log.warning("The index of %s cannot be made: %s", self._source.name, error)

    def _is_whole(self) -> bool:
        """Return whether the file that lies there can be used."""
        try:
            vectors = Vectors(self._path(), *self._source.kind())
        except VectorsError:
            return False
        with db.engine.connect() as connection:
            return not self._is_foreign(connection, vectors)

    def _is_foreign(self, connection: Connection, vectors: Vectors) -> bool:
        """Return whether the last row is another walk's than that of its key; zeros are what a power cut left."""
        last = vectors.last()
        return last is not None and (last == (0, 0) or self._source.is_foreign(connection, *last))

    def _is_much(self) -> bool:
        with db.engine.connect() as connection:
            return self._source.count_after(connection, 0) > CATCH_UP

    def _look(self, vectors: Vectors) -> str:
        """Compare the index with the rows as they are now, and add what it lacks; say why nothing can be added.

        On a connection of its own: a transaction that began before another process's row does not see it.
        """
        with db.engine.connect() as connection:
            if self._is_foreign(connection, vectors):
                raise VectorsError(f"The index of {self._source.name} was made of other walks.")
            try:
                with suppress(Timeout), _file_lock(self._source.name).acquire(blocking=False):
                    vectors.refresh()
                    self._add(connection, vectors, CATCH_UP)
                    self._forget(connection, vectors)
            except OSError as error:  # what is in it can be searched on a full disk as well
                return f"Nothing can be added to the index of {self._source.name}: {error.strerror or error}."
        return ""

    def _add(self, connection: Connection, vectors: Vectors, limit: int) -> None:
        found = self._source.after(connection, vectors.last_key, limit)
        if found.keys:
            vectors.add(found.keys, [mark_of(walk_id) for walk_id in found.walk_ids], found.vectors)

    def _forget(self, connection: Connection, vectors: Vectors) -> None:
        """Blank the vectors of walks that were deleted: they tell of their words, or of what a picture shows."""
        if time.monotonic() - self._forgot < FORGET_SECONDS:
            return
        # Nobody owns them any more, by which the index of owners finds them: all rows are many, and long.
        gone = connection.scalars(select(Walk.id).where(Walk.owner_hash == "", Walk.deleted_at.is_not(None)))
        vectors.blank({mark_of(walk_id) for walk_id in gone})
        self._forgot = time.monotonic()

    def _path(self) -> Path:
        return Path(current_app.instance_path) / f"{self._source.name}{SUFFIX}"


def _file_lock(name: str) -> FileLock:
    """Return a lock that all processes with this instance folder share."""
    return FileLock(Path(current_app.instance_path) / f".{name}.lock")


def mark_of(walk_id: str) -> int:
    """Return the number by which a row of an index is known to be of this walk."""
    return zlib.crc32(walk_id.encode())
