"""The media store: a folder, or S3 or GCS through fsspec. Paths in the database are relative to it."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import secrets
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from flask import Flask, current_app
from fsspec.implementations.local import LocalFileSystem

from app.core.errors import ConfigError, MediaError, MediaLost, MediaStoreAway, MediaStoreFull
from app.core.files import atomic_write
from app.storage import buckets, disk_space

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

EXTENSION = "media_store"
NOT_THERE = FileNotFoundError, NotADirectoryError
FULL = f"{disk_space.CURE}, or have MOMA_MEDIA_URL name a larger place"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file's size in bytes, and when it was last written, in seconds since 1970."""

    bytes: int
    modified: float


class MediaStore:
    """Files under one root URL; a file is there whole or not at all.

    Every error is raised as :class:`MediaError`, because object stores raise errors of many kinds, most of them no
    OSError.
    """

    def __init__(self, url: str, *, is_public: bool = False) -> None:
        """Open the store at ``url``; other users may read new files in a folder if ``is_public``."""
        self.url, self._is_public = url, is_public
        self._open()
        self.is_local = isinstance(self._filesystem, LocalFileSystem)
        self._folder = self.root if self.is_local else ""

    def _open(self) -> None:
        self._pid = os.getpid()
        self._filesystem, self.root = buckets.connect(self.url)

    @property
    def filesystem(self) -> Any:
        """Return fsspec's file system; a new one after a fork, which object stores' connections do not survive."""
        if self._pid != os.getpid():
            self._open()
        return self._filesystem

    def write(self, path: str, data: bytes) -> None:
        """Write ``data`` to ``path`` atomically: in a folder by a temporary file, sync and rename.

        :raises MediaStoreFull: when the disk is full.
        :raises MediaError: when the store cannot write it.
        """
        with _translate_errors(f"{path} could not be written to the media store", lost=()):
            if self.is_local:
                atomic_write(Path(self._full(path)), data, is_public=self._is_public)
            else:
                self.filesystem.pipe_file(self._full(path), data)

    def read_bytes(self, path: str) -> bytes:
        """Return the content of ``path``.

        :raises MediaError: when there is no such file.
        :raises MediaStoreAway: when the store itself is unavailable.
        """
        with _translate_errors(f"{path} could not be read from the media store", folder=self._folder):
            return cast(bytes, self.filesystem.cat_file(self._full(path)))

    def read_part(self, path: str, start: int, end: int) -> bytes:
        """Return the bytes of ``path`` from ``start`` to before ``end``; an object store sends no others.

        :raises MediaError: as `read_bytes`.
        """
        with _translate_errors(f"{path} could not be read from the media store", folder=self._folder):
            return cast(bytes, self.filesystem.cat_file(self._full(path), start=start, end=end))

    def open(self, path: str) -> BinaryIO:
        """Open ``path`` as a seekable binary file.

        :raises MediaError: when there is no such file; a file of an object store may also raise it while it is read.
        """
        with _translate_errors(f"{path} could not be opened in the media store", folder=self._folder):
            file = cast(BinaryIO, self.filesystem.open(self._full(path), "rb"))
        return file if self.is_local else cast(BinaryIO, _Remote(file, path))  # gunicorn sends a real file by sendfile

    def sign_url(self, path: str) -> str:
        """Return a signed URL of ``path``, valid for a minute; ``""`` if the store signs none.

        Does not check whether the file exists.
        """
        return buckets.sign_url(self.filesystem, self._full(path))

    def exists(self, path: str) -> bool:
        """Return whether a file exists at ``path``.

        :raises MediaError: when the store does not answer.
        """
        with _translate_errors(f"The media store does not say whether it has {path}"):
            try:
                self.filesystem.info(self._full(path))  # fsspec's exists() returns False on every error
            except NOT_THERE:
                return False
        return True

    def delete(self, path: str) -> None:
        """Delete a file, or a folder with all it holds; a missing one is no error.

        :raises MediaError: when the store cannot delete it.
        """
        with _translate_errors(f"{path} could not be deleted from the media store"), suppress(*NOT_THERE):
            if self.is_local:
                self.filesystem.rm(self._full(path), recursive=True)
            else:
                buckets.delete_tree(self.filesystem, self._full(path))

    def delete_empty(self, folder: str) -> None:
        """Remove the empty folders in ``folder``, and itself if empty; does nothing in object stores."""
        if not self.is_local:
            return
        for path, _, _ in os.walk(self._full(folder), topdown=False):
            with suppress(OSError):  # it is not empty
                Path(path).rmdir()

    def files(self, folder: str) -> dict[str, StoredFile]:
        """Return all files in ``folder`` and its subfolders by path, sorted; empty if there is no such folder.

        :raises MediaError: when the store does not answer.
        """
        with _translate_errors(f"{folder} cannot be listed in the media store"):
            try:
                found = self.filesystem.find(self._full(folder), detail=True)
            except NOT_THERE:
                return {}
            start = len(self.filesystem._strip_protocol(self.root)) + 1
            return {
                path[start:]: StoredFile(int(about["size"]), _modified(about)) for path, about in sorted(found.items())
            }

    def folders(self, folder: str) -> list[str]:
        """Return the names of the folders in ``folder``, sorted; empty if there is no such folder.

        :raises MediaError: when the store does not answer.
        """
        with _translate_errors(f"{folder} cannot be listed in the media store"):
            try:
                entries = self.filesystem.ls(self._full(folder), detail=True, refresh=True)
            except NOT_THERE:
                return []
            names = (entry["name"] for entry in entries if entry["type"] == "directory")
            return sorted(name.rstrip("/").rpartition("/")[2] for name in names)

    def check(self, size: int = 5) -> str:
        """Write, read and delete a probe of ``size`` bytes; return ``""`` if that works, else why it does not."""
        probe, data = _probe(), b"probe".ljust(size, b".")
        try:
            self.write(probe, data)
            if self.read_bytes(probe) != data:
                return f"The media store at {self.url} gave back something else than was written."
            self.delete(probe)
            if self.exists(probe):
                return f"The media store at {self.url} does not delete what it is told to."
        except MediaError as error:
            return f"The media store at {self.url} does not work: {error}"
        return ""

    def find_refusal(self) -> str:
        """Return why the store answers but cannot write or delete; ``""`` if it can, or does not answer at all."""
        probe = _probe()
        try:
            self.write(probe, b"probe")
            self.delete(probe)
        except MediaError as error:
            try:
                self.exists(probe)
            except MediaError:
                return ""
            return f"The media store at {self.url} refuses writes: {error}"
        return ""

    def _full(self, path: str) -> str:
        if "\0" in path or {"", ".", ".."} & set(path.split("/")):
            raise MediaLost(f"{path!r} is not a path inside the media store")
        return f"{self.root}/{path}"


def _probe() -> str:
    return f".probe-{os.getpid()}-{secrets.token_hex(4)}"


@contextmanager
def _translate_errors(what: str, lost: tuple[type[Exception], ...] = NOT_THERE, folder: str = "") -> Iterator[None]:
    """Translate every error of the context to a :class:`MediaError` whose message says ``what`` failed, and why.

    Errors of the types ``lost`` mean that a file does not exist, unless the store's ``folder`` is missing too, and are
    raised as :class:`MediaLost`; all others as :class:`MediaStoreAway`, or as :class:`MediaStoreFull`.
    """
    try:
        yield
    except MediaError:
        raise
    except Exception as error:  # botocore, gcsfs and aiohttp may not be installed, and have no other common base
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if disk_space.is_full(error):
            raise MediaStoreFull(f"{what}: {reason}. {FULL}") from error
        is_lost = isinstance(error, lost) and (not folder or Path(folder).is_dir())
        raise (MediaLost if is_lost else MediaStoreAway)(f"{what}: {reason}") from error


class _Remote(io.RawIOBase):
    """A file of an object store, fetched while it is read; raises :class:`MediaError`."""

    def __init__(self, file: BinaryIO, path: str) -> None:
        self._file = file
        self._what = f"{path} could not be read from the media store"

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        room = memoryview(buffer)
        with _translate_errors(self._what):
            data = self._file.read(len(room))
        room[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        with _translate_errors(self._what):
            return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        super().close()


def _modified(info: Mapping[str, Any]) -> float:
    """Return when a file was written; folders, S3, GCS and memory each use another key for it.

    :raises MediaError: when ``info`` has none of the keys.
    """
    for name in ("mtime", "LastModified", "updated", "created"):
        if (value := info.get(name)) is not None:
            if isinstance(value, str):
                value = datetime.fromisoformat(value)
            return value.timestamp() if isinstance(value, datetime) else float(value)
    raise MediaError(f"The media store does not say when {info.get('name')} was written.")


def walk_folder(walk_id: str) -> str:
    """Return the path of the folder that holds all files of a walk."""
    return f"walks/{walk_id}"


def frame_path(walk_id: str, position: float, data: bytes) -> str:
    """Return the path of a frame's file, named by the frame's position and a hash of its content.

    The name begins with the position's eight bytes in hexadecimal, so that names are unique and sort in the order of
    the film. The hash keeps a late worker, which rendered other pixels, from overwriting another's file.
    """
    digest = hashlib.sha256(data).hexdigest()[:12]
    return f"{walk_folder(walk_id)}/frames/{struct.pack('>d', position).hex()}.{digest}.png"


def samples_folder(walk_id: str) -> str:
    """Return the path of the folder of a walk's intermediate samples; it is deleted once the film is finished."""
    return f"{walk_folder(walk_id)}/knots"


def etag_of(data: bytes) -> str:
    """Return the hash of a file's content by which browsers know it."""
    return hashlib.sha256(data).hexdigest()[:32]


STEMS = {"card": "poster"}
"""The names of files whose kind is not their name. A card is named as a poster, since public buckets pass those on."""


def film_path(walk_id: str, kind: str, extension: str, data: bytes) -> tuple[str, str]:
    """Return the path of a film's file, named by a hash of its content, and that hash.

    The name keeps a late worker from overwriting another's film.
    """
    digest = etag_of(data)
    return f"{walk_folder(walk_id)}/{STEMS.get(kind, kind)}.{digest[:12]}.{extension}", digest


def init_app(app: Flask) -> None:
    """Open the media store of ``app``; one that is temporarily unavailable is logged and does not prevent the start.

    :raises ConfigError: when its URL cannot be used.
    """
    # nginx, another user, sends the files where ACCEL_PREFIX is set
    store, away = open_store(app.config["MEDIA_URL"], "MOMA_MEDIA_URL", is_public=bool(app.config["ACCEL_PREFIX"]))
    app.extensions[EXTENSION] = store
    if away:
        log.warning("The media store at %s does not answer; pictures are unavailable: %s", store.url, away)


def open_store(url: str, name: str, *, is_public: bool = False) -> tuple[MediaStore, str]:
    """Open the media store at ``url``; return it, and why it does not answer (``""`` if it does).

    ``name`` is the setting or argument that holds the URL, for the message. Other users may read new files in a folder
    if ``is_public``.

    :raises ConfigError: when the URL cannot be used.
    """
    try:
        store = MediaStore(url, is_public=is_public)
        if store.is_local and Path(store.root).exists() and not Path(store.root).is_dir():
            raise ConfigError(f"{store.root} is a file. Name a folder, or a bucket such as s3://bucket/moma")
        away = buckets.examine(store.filesystem, store.root)
        signs = "" if away or store.is_local else buckets.pattern_signs(store.root)
        if signs and (flaw := store.check()):
            raise ConfigError(f"{flaw} Its address has the signs {signs}; choose one without them")
        return store, away
    except Exception as error:  # libraries of object stores raise errors of many kinds
        raise ConfigError(f"{name} cannot be used: {error}") from error


def store() -> MediaStore:
    """Return the current application's media store."""
    return cast(MediaStore, current_app.extensions[EXTENSION])
