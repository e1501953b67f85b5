"""The archives of backups and of exported walks: plain tars whose manifest says what each file is.

The manifest comes last, because the sums it holds are taken while the files are written. Nothing is ever unpacked to
where a name in the archive says.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import InvalidInput, MomaError
from app.storage.database import now

FORMAT = "moma-lisa backup"
VERSION = 1
MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
MEDIA = "media/"
MEDIA_PATH = re.compile(r"media/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*")
MANIFEST_MAX = 500_000_000
CHUNK = 1 << 20


def check_free(target: Path) -> None:
    """Check that an archive can be written here.

    :raises InvalidInput: when something is there already, or there is no such folder.
    """
    if target.exists():
        raise InvalidInput.on("file", message=f"{target} exists already. Choose another name.")
    if not target.parent.is_dir():
        raise InvalidInput.on("file", message=f"There is no folder {target.parent} to write {target.name} to.")


@contextmanager
def write_aside(target: Path) -> Iterator[Path]:
    """Have an archive written aside, in a folder of its own, and put it in its place once it is whole.

    :raises MomaError: when it cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".archive-") as folder:
            aside = Path(folder) / "archive.tar"
            yield aside
            aside.chmod(0o600)  # it tells of unlisted walks, and who asked for what
            aside.replace(target)
    except OSError as error:
        raise MomaError(f"{target} cannot be written: {error.strerror or error}") from error


def add_file(archive: tarfile.TarFile, name: str, path: Path) -> dict[str, Any]:
    """Add a file under ``name``; return its entry in the manifest."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        file.seek(0)
        archive.addfile(_member(name, size), file)
    return {"path": name, "bytes": size, "sha256": digest}


def add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> dict[str, Any]:
    """Add bytes under ``name``; return their entry in the manifest."""
    archive.addfile(_member(name, len(data)), io.BytesIO(data))
    return {"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


class Entry(BaseModel):
    """What a manifest says of a file."""

    model_config = ConfigDict(strict=True, extra="forbid")

    path: str
    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What every manifest holds besides its format and version."""

    model_config = ConfigDict(strict=True)

    software: str
    walks: int
    files: list[Entry]


class BackupManifest(Manifest):
    """What the manifest of a backup holds; ``outdated`` was not in the first ones."""

    revision: str
    database: str
    forgotten: list[str]
    lost: list[str]
    outdated: list[str] = []


@dataclass(frozen=True, slots=True)
class Kind:
    """What identifies a kind of archive: its name, the files beside the media, and what its manifest holds."""

    format: str
    called: str
    files: tuple[str, ...]
    manifest: type[Manifest]
    version: int = VERSION


BACKUP = Kind(
    FORMAT,
    "a backup",
    tuple(DATABASES.values()),
    BackupManifest,
)


def verify_manifest(archive: tarfile.TarFile, kind: Kind = BACKUP) -> dict[str, Any]:
    """Return the manifest of an archive in which each file is there once, is a plain file, and has its sum.

    :raises ValueError: when it is another, or damaged; so do ``tarfile`` and ``json``, with errors of their own.
    """
    members = archive.getmembers()
    names = [member.name for member in members]
    if MANIFEST not in names:
        raise ValueError("it has no manifest")
    if strange := [member.name for member in members if not member.isreg() or not _is_ours(member.name, kind)]:
        raise ValueError(f"{strange[0]!r:.80} has no place in {kind.called}")
    if len(set(names)) != len(names):
        raise ValueError("a file is in it twice")
    manifest = _manifest(archive, kind)
    if {entry["path"] for entry in manifest["files"]} | {MANIFEST} != set(names):
        raise ValueError("its manifest names other files than are in it")
    for entry in manifest["files"]:
        if archive.getmember(entry["path"]).size != entry["bytes"] or _sum(archive, entry["path"]) != entry["sha256"]:
            raise ValueError(f"{entry['path']} is not as the manifest says")
    return manifest


def read_member(archive: tarfile.TarFile, name: str) -> bytes:
    """Return the bytes of a file in the archive."""
    with open_member(archive, name) as file:
        return file.read()


def open_member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    """Open a file in the archive.

    :raises ValueError: when it is none.
    """
    file = archive.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is no file")
    return file


def unusable_backup(reason: str) -> InvalidInput:
    """Make the error that says what is wrong with a backup."""
    return InvalidInput.on("file", message=f"The backup {reason}.")


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, int(now().timestamp()), 0o600
    return member


def _is_ours(name: str, kind: Kind) -> bool:
    return name in (MANIFEST, *kind.files) or bool(MEDIA_PATH.fullmatch(name))


def _manifest(archive: tarfile.TarFile, kind: Kind) -> dict[str, Any]:
    if archive.getmember(MANIFEST).size > MANIFEST_MAX:
        raise ValueError("its manifest is too large")
    manifest = json.loads(read_member(archive, MANIFEST))
    if not isinstance(manifest, dict) or manifest.get("format") != kind.format:
        raise ValueError(f"it is no {kind.format}")
    if manifest.get("version") != kind.version:
        maker, found = f"{manifest.get('software')!s:.60}", f"{manifest.get('version')!r:.20}"
        raise ValueError(f"it is of version {found}, made by {maker}; this site reads version {kind.version}")
    try:
        return manifest | kind.manifest.model_validate(manifest).model_dump()
    except ValidationError as error:
        name = error.errors(include_url=False, include_input=False)[0]["loc"][0]
        raise ValueError(f"its manifest has no {name} that can be read") from error


def _sum(archive: tarfile.TarFile, name: str) -> str:
    digest = hashlib.sha256()
    with open_member(archive, name) as file:
        for chunk in _chunks(file):
            digest.update(chunk)
    return digest.hexdigest()


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
