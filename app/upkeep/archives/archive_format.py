"""The format of backups and exported walks: plain tar files with a manifest of sizes and SHA-256 sums.

The manifest comes last, because its sums are computed while the files are written. No file is ever extracted to the
path that its name in the archive gives.
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

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.errors import InvalidInput, MomaError
from app.core.progress import Report, ignore
from app.storage.database import now

FORMAT = "moma-lisa backup"
VERSION = 1
MANIFEST = "manifest.json"
SEAL = "seal"
DATABASES = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
MEDIA = "media/"
MEDIA_PATH = re.compile(r"media/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*")
MANIFEST_MAX = 500_000_000
CHUNK = 1 << 20


def check_free(target: Path) -> None:
    """Check that an archive can be written to ``target``.

    :raises InvalidInput: when the file exists already, or its folder does not.
    """
    if target.exists():
        raise InvalidInput.on("file", message=f"{target} exists already. Choose another name.")
    if not target.parent.is_dir():
        raise InvalidInput.on("file", message=f"There is no folder {target.parent} to write {target.name} to.")


@contextmanager
def write_aside(target: Path) -> Iterator[Path]:
    """Yield a temporary path to write an archive to, and move it to ``target`` once the context ends without error.

    :raises MomaError: when the archive cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".archive-") as folder:
            aside = Path(folder) / "archive.tar"
            yield aside
            aside.chmod(0o600)  # it holds unlisted walks, and who requested which
            aside.replace(target)
    except OSError as error:
        raise MomaError(f"{target} cannot be written: {error.strerror or error}") from error


def add_file(archive: tarfile.TarFile, name: str, path: Path) -> dict[str, Any]:
    """Add the file at ``path`` under ``name``; return its entry for the manifest."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        file.seek(0)
        archive.addfile(_member(name, size), file)
    return {"path": name, "bytes": size, "sha256": digest}


def add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> dict[str, Any]:
    """Add ``data`` under ``name``; return its entry for the manifest."""
    archive.addfile(_member(name, len(data)), io.BytesIO(data))
    return {"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


class Entry(BaseModel):
    """A file's entry in a manifest."""

    model_config = ConfigDict(strict=True, extra="forbid")

    path: str
    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What every manifest holds in addition to its format and version."""

    model_config = ConfigDict(strict=True)

    software: str
    walks: int
    files: list[Entry]


class BackupManifest(Manifest):
    """The manifest of a backup: ``forgotten``, ``lost`` and ``outdated`` list paths of files deleted meanwhile.

    ``outdated`` was not in the manifests of the first releases, ``seal`` not in those before 1.2.
    """

    revision: str
    database: str
    forgotten: list[str]
    lost: list[str]
    outdated: list[str] = []
    seal: str = Field("", pattern="^[0-9a-f]*$")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of archive: its format, its name in messages, its files other than media, and its manifest's model."""

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


def sealed_text(manifest: dict[str, Any]) -> str:
    """Return what a manifest's seal is computed of: its other fields, and so the sums of all files."""
    content = {name: value for name, value in manifest.items() if name != SEAL}
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def verify_manifest(archive: tarfile.TarFile, kind: Kind = BACKUP, *, report: Report = ignore) -> dict[str, Any]:
    """Return an archive's manifest, after checking that the archive holds exactly its files, whole, once and plain.

    :raises ValueError: when the archive is damaged or of another kind; ``tarfile`` and ``json`` raise their own errors.
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
    for number, entry in enumerate(manifest["files"]):
        report("files of the archive checked", number, len(manifest["files"]))
        if archive.getmember(entry["path"]).size != entry["bytes"] or _sum(archive, entry["path"]) != entry["sha256"]:
            raise ValueError(f"{entry['path']} is not as the manifest says")
    return manifest


def read_member(archive: tarfile.TarFile, name: str) -> bytes:
    """Return the content of a file in the archive.

    :raises KeyError: when the archive has no such file.
    """
    with open_member(archive, name) as file:
        return file.read()


def open_member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    """Open a file in the archive for reading.

    :raises KeyError: when the archive has no such member.
    :raises ValueError: when the member is no file.
    """
    file = archive.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is no file")
    return file


def unusable_backup(reason: str) -> InvalidInput:
    """Return the error for a backup that cannot be used; ``reason`` continues the sentence "The backup …"."""
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
