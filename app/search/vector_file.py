"""Vectors in a file that all processes of the site share: found by one bit a dimension first, compared in full then.

The file is an array on disk, mapped into memory: blocks of rows, each row a key, a mark that tells whose it is, its
bits and its vector in eight bits a number. It only grows: rows are written and synced first, the count of them last, so
that a reader never sees half of one and a crash costs no more than what was just being added. Of what was deleted the
vector is blanked in its place. What is in it can be made
again, and is then put in its place as a whole.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import threading
import weakref
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAGIC = b"moma-v1\0"
HEADER = struct.Struct("<8s16sIIQ")  # magic, revision, width, rows a block, count
COUNT_AT = HEADER.size - 8
HEADER_BYTES = mmap.ALLOCATIONGRANULARITY
BLOCK = 1 << 14
POOL = 8
"""How many rows are compared in full for each that is asked for …"""

POOL_LEAST = 4000
"""… and how many at least."""

Floats = NDArray[np.float32]


class VectorsError(Exception):
    """A file is no index of vectors, or not the one that is wanted."""


class Found(NamedTuple):
    """Keys and marks of the nearest rows, nearest first, and the cosine of each."""

    keys: NDArray[np.int64]
    marks: NDArray[np.uint32]
    likeness: Floats


class Vectors:
    """An open index of ``width`` numbers a vector, made of what ``revision`` names."""

    def __init__(self, path: Path, revision: str, width: int) -> None:
        """Open an index.

        :raises VectorsError: when it is missing, broken, or of another revision or width.
        """
        self.path, self.width = path, width
        self._revision = revision.encode()
        self._places, at = {}, 0
        for name, kind, each in _parts(width):
            self._places[name] = (at, kind, each)
            at += kind.itemsize * each * BLOCK
        self._block_bytes = at
        try:
            self._file = os.open(path, os.O_RDWR)
        except OSError as error:
            raise VectorsError(f"{path} cannot be opened: {error.strerror}.") from error
        weakref.finalize(self, os.close, self._file)
        self._mapped: list[dict[str, NDArray[Any]]] = []
        self._mapping = threading.Lock()
        self.inode = os.fstat(self._file).st_ino
        self.count = self._read_count()

    @classmethod
    def create(cls, path: Path, revision: str, width: int) -> None:
        """Write an empty index, aside and then in its place."""
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        with aside.open("wb") as file:
            file.write(HEADER.pack(MAGIC, revision.encode(), width, BLOCK, 0).ljust(HEADER_BYTES, b"\0"))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)

    def is_current(self, revision: str) -> bool:
        """See what was added since; tell whether this is still the file that lies there, whole and of this revision."""
        with suppress(OSError, VectorsError):
            self.count = self._read_count()
            return self.path.stat().st_ino == self.inode and self._revision == revision.encode()
        return False

    @contextmanager
    def adding(self) -> Iterator[bool]:
        """Be the one process that adds; tells whether it is, without waiting."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            self.count = self._read_count()
            yield True
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def add(self, keys: Sequence[int], marks: Sequence[int], vectors: Floats) -> None:
        """Add rows; only within :meth:`adding`, and with greater keys than all before."""
        bits, rows = _bits(vectors), _small(vectors)
        done = 0
        while done < len(keys):
            block, start = divmod(self.count + done, BLOCK)
            end = min(BLOCK, start + len(keys) - done)
            taken = slice(done, done + end - start)
            there = self._block(block)
            there["keys"][0, start:end] = keys[taken]
            there["marks"][0, start:end] = marks[taken]
            there["bits"][:, start:end] = bits[taken].T
            there["rows"][start:end] = rows[taken]
            done += end - start
        os.fdatasync(self._file)
        self.count += done
        os.pwrite(self._file, struct.pack("<Q", self.count), COUNT_AT)

    def blank(self, marks: Collection[int]) -> int:
        """Leave nothing of the vectors of these marks' rows; only within :meth:`adding`. Return how many there were."""
        blanked, wanted = 0, np.fromiter(marks, np.uint32, len(marks))
        for block in range(-(-self.count // BLOCK)):
            there, size = self._block(block), min(BLOCK, self.count - block * BLOCK)
            at = np.flatnonzero(np.isin(there["marks"][0, :size], wanted))
            at = at[there["rows"][at].any(axis=1)]
            there["bits"][:, at] = 0
            there["rows"][at] = 0
            blanked += len(at)
        if blanked:
            os.fdatasync(self._file)
        return blanked

    def last(self) -> tuple[int, int] | None:
        """Return key and mark of the last row."""
        if not self.count:
            return None
        block, at = divmod(self.count - 1, BLOCK)
        there = self._block(block)
        return int(there["keys"][0, at]), int(there["marks"][0, at])

    @property
    def last_key(self) -> int:
        """Return the key of the last row, 0 where there is none."""
        last = self.last()
        return last[0] if last else 0

    def nearest(self, vector: Floats, limit: int) -> Found:
        """Return the rows nearest to a vector: those that differ from it in the fewest bits, compared in full."""
        picked = self._picked(vector, max(POOL * limit, POOL_LEAST))
        parts: list[tuple[NDArray[np.int64], NDArray[np.uint32], Floats]] = []
        for block in np.unique(picked // BLOCK):
            at, there = picked[picked // BLOCK == block] % BLOCK, self._block(int(block))
            rows = there["rows"][at].astype(np.float32)
            likeness = rows @ vector / np.maximum(np.linalg.norm(rows, axis=1), 1e-9)
            parts.append((there["keys"][0, at], there["marks"][0, at], likeness))
        if not parts:
            return Found(np.empty(0, np.int64), np.empty(0, np.uint32), np.empty(0, np.float32))
        keys, marks, likeness = (np.concatenate(part) for part in zip(*parts, strict=True))
        best = np.lexsort((-keys, -likeness))[:limit]
        return Found(keys[best], marks[best], likeness[best])

    def _picked(self, vector: Floats, pool: int) -> NDArray[np.int64]:
        """Return where those rows are that differ in the fewest bits, ``pool`` of them or as many more as tie."""
        asked, count = _bits(vector[None])[0], self.count
        if count <= pool:
            return np.arange(count)
        apart = np.empty(count, np.uint16)
        for start in range(0, count, BLOCK):
            size = min(BLOCK, count - start)
            bits, part = self._block(start // BLOCK)["bits"], apart[start : start + size]
            part[:] = np.bitwise_count(bits[0, :size] ^ asked[0])
            for word in range(1, len(asked)):
                part += np.bitwise_count(bits[word, :size] ^ asked[word])
        most = int(np.searchsorted(np.cumsum(np.bincount(apart, minlength=self.width + 1)), pool))
        return np.flatnonzero(apart <= most)

    def _block(self, number: int) -> dict[str, NDArray[Any]]:
        """Map a block into memory, the file grown to it."""
        with self._mapping:
            while len(self._mapped) <= number:
                start = self._bytes(len(self._mapped))
                if os.fstat(self._file).st_size < start + self._block_bytes:
                    # not truncate: a full disk is to be an error here, not the death of who writes into memory
                    os.posix_fallocate(self._file, start, self._block_bytes)
                memory = mmap.mmap(self._file, self._block_bytes, offset=start)
                self._mapped.append(
                    {
                        name: np.frombuffer(memory, kind, each * BLOCK, at).reshape(
                            (BLOCK, each) if name == "rows" else (each, BLOCK)
                        )
                        for name, (at, kind, each) in self._places.items()
                    }
                )
        return self._mapped[number]

    def _read_count(self) -> int:
        header = os.pread(self._file, HEADER.size, 0)
        if len(header) < HEADER.size:
            raise VectorsError(f"{self.path} is no index of vectors.")
        magic, revision, width, block, count = HEADER.unpack(header)
        if (magic, revision.rstrip(b"\0"), width, block) != (MAGIC, self._revision, self.width, BLOCK):
            raise VectorsError(f"{self.path} is an index of something else.")
        if os.fstat(self._file).st_size < self._bytes(-(-count // BLOCK)):
            raise VectorsError(f"{self.path} is cut off.")  # to read beyond a file's end would end the process
        return int(count)

    def _bytes(self, blocks: int) -> int:
        """Return how large a file with so many blocks is."""
        return HEADER_BYTES + blocks * self._block_bytes


def _parts(width: int) -> list[tuple[str, np.dtype[Any], int]]:
    """Say what a block holds, one after the other: name, kind, and how many numbers a row."""
    return [
        ("keys", np.dtype("<i8"), 1),
        ("marks", np.dtype("<u4"), 1),
        ("bits", np.dtype("<u8"), width // 64),
        ("rows", np.dtype("i1"), width),
    ]


def _bits(vectors: Floats) -> NDArray[np.uint64]:
    """Keep of each number whether it is above zero."""
    return np.packbits(vectors > 0, axis=1, bitorder="little").view("<u8")


def _small(vectors: Floats) -> NDArray[np.int8]:
    """Keep vectors in eight bits a number, each on a scale of its own; a cosine does not ask for it."""
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    return np.rint(vectors * (127 / np.where(largest > 0, largest, 1))).astype(np.int8)
