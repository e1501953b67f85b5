"""A file of vectors, which all processes of the site map into memory and search by comparing every row.

A row is a key, a mark that identifies its walk, a scale, and a vector of 8-bit integers. Rows are only appended, so a
reader never sees a partial row, and a row that a crash cut off is ignored. The vectors of deleted walks are overwritten
with zeros. The file can be rebuilt from the database at any time.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.files import atomic_write

MAGIC = b"moma-v2\0"
HEADER = struct.Struct("<8s16sQ")  # magic, revision, width
BLOCK = 1 << 12
"""How many rows are compared at a time: as floats they fit into the cache of a CPU core."""

Floats = NDArray[np.float32]


class VectorsError(Exception):
    """A file of vectors is missing, broken, or of another revision or width."""


class Found(NamedTuple):
    """The keys and marks of the most similar rows, and their cosine similarities, the most similar first."""

    keys: NDArray[np.int64]
    marks: NDArray[np.uint32]
    likeness: Floats


class Vectors:
    """An open file of vectors with ``width`` numbers each; ``revision`` names the model that computed them."""

    def __init__(self, path: Path, revision: str, width: int) -> None:
        """Open the file at ``path``.

        :raises VectorsError: when it is missing, broken, or of another revision or width.
        """
        self.path, self.kind = path, (revision, width)
        self._row = np.dtype([("key", "<i8"), ("mark", "<u4"), ("scale", "<f4"), ("values", "i1", (width,))])
        self._rows = np.empty(0, self._row)
        self._seen = (0, 0)
        self.refresh()

    @classmethod
    def create(cls, path: Path, revision: str, width: int) -> Vectors:
        """Write an empty file at ``path``, replacing an earlier one atomically, and open it.

        :raises OSError: when the file cannot be written.
        """
        atomic_write(path, _header(revision, width))
        return cls(path, revision, width)

    def refresh(self) -> None:
        """Map the file again if it has grown or was replaced.

        :raises VectorsError: when it is missing, broken, or of another revision or width.
        """
        try:
            with self.path.open("rb") as file:
                about = os.fstat(file.fileno())
                if (about.st_ino, about.st_size) == self._seen:
                    return
                if file.read(HEADER.size) != _header(*self.kind):
                    raise VectorsError(f"{self.path} is an index of something else.")
                count = (about.st_size - HEADER.size) // self._row.itemsize
                rows = np.memmap(file, self._row, "r", HEADER.size, (count,)) if count else np.empty(0, self._row)
                self._rows, self._seen = rows, (about.st_ino, about.st_size)
        except OSError as error:
            raise VectorsError(f"{self.path} cannot be opened: {error.strerror}.") from error

    @property
    def count(self) -> int:
        """The number of rows, blanked ones too."""
        return len(self._rows)

    def add(self, keys: Sequence[int], marks: Sequence[int], vectors: Floats) -> None:
        """Append rows. Their keys must be greater than all earlier ones; only one process at a time may append.

        :param vectors: one vector per row, float32 of shape (rows, width); stored as 8-bit integers.
        :raises OSError: when the file cannot be written.
        """
        rows = np.zeros(len(keys), self._row)
        rows["key"], rows["mark"], rows["values"] = keys, marks, to_int8(vectors)
        rows["scale"] = 1 / np.maximum(np.linalg.norm(rows["values"].astype(np.float32), axis=1), 1)
        with self.path.open("r+b") as file:
            file.seek(HEADER.size + self.count * self._row.itemsize)
            file.write(rows.tobytes())
        self.refresh()

    def blank(self, marks: Collection[int]) -> int:
        """Overwrite the vectors of the rows with these marks by zeros; return how many rows were changed."""
        at = np.flatnonzero(np.isin(self._rows["mark"], np.fromiter(marks, np.uint32, len(marks))))
        at = at[self._rows["values"][at].any(axis=1)]
        if len(at):
            rows = np.memmap(self.path, self._row, "r+", HEADER.size, (self.count,))
            rows["values"][at] = 0
            rows.flush()
        return len(at)

    def last(self) -> tuple[int, int] | None:
        """Return the key and mark of the last row, or ``None`` if there is none."""
        return (int(self._rows["key"][-1]), int(self._rows["mark"][-1])) if self.count else None

    @property
    def last_key(self) -> int:
        """The key of the last row, or 0 if there is none."""
        last = self.last()
        return last[0] if last else 0

    def vector(self, key: int) -> Floats | None:
        """Return the stored vector with a key, of length 1; ``None`` if there is none, or it was blanked."""
        at = int(np.searchsorted(self._rows["key"], key))
        if at == len(self._rows) or self._rows["key"][at] != key or not self._rows["values"][at].any():
            return None
        return np.asarray(self._rows["values"][at].astype(np.float32) * self._rows["scale"][at])

    def nearest(self, vector: Floats, limit: int) -> Found:
        """Return the ``limit`` rows most similar to a vector of length 1, by cosine; of equal rows the newest first."""
        rows = self._rows
        likeness = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            likeness[start : start + BLOCK] = block["values"].astype(np.float32) @ vector * block["scale"]
        least = np.partition(likeness, -limit)[-limit] if limit < len(rows) else -np.inf
        at = np.flatnonzero(likeness >= least)
        keys, likeness = rows["key"][at], likeness[at]
        best = np.lexsort((-keys, -likeness))[:limit]
        return Found(keys[best], rows["mark"][at[best]], likeness[best])


def to_int8(vectors: Floats) -> NDArray[np.int8]:
    """Quantise vectors to 8-bit integers, each scaled so that its greatest absolute value becomes 127."""
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    return np.rint(vectors * (127 / np.where(largest > 0, largest, 1))).astype(np.int8)


def _header(revision: str, width: int) -> bytes:
    return HEADER.pack(MAGIC, revision.encode(), width)
