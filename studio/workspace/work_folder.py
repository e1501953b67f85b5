"""The work folder: the only module that knows where pictures lie and how lists are written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import IO, Any

from studio.errors import FolderError

FORMAT = 1
ID_LENGTH = 24


@dataclass(frozen=True, slots=True)
class Record:
    """A picture in the catalogue; docs/reference/studio.md describes the fields."""

    id: str
    file: str
    width: int
    height: int
    kind: str
    title: str
    original: str
    hash: str
    vendor: str
    source: str
    licence: str
    attribution: str = ""
    artist: str = ""
    date: str = ""
    materials: str = ""
    group: str = ""
    split: str = "train"
    on_view: str | None = None
    keywords: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Caption:
    """A line of ``metadata.jsonl``: the picture's path, the training text, and two captions without the prefix."""

    file_name: str
    text: str
    short: str
    long: str
    id: str


class Folder:
    """A work folder at ``path``, created by the first write.

    :raises FolderError: when it has another format version.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        mark = self.path / "studio.json"
        if mark.exists() and _object(mark).get("format") != FORMAT:
            raise FolderError(f"{self.path} is a work folder of another format version than {FORMAT}: {mark}")

    def make(self) -> None:
        """Create the folder and ``studio.json`` when they are missing."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not (self.path / "studio.json").exists():
            self.write("studio.json", (json.dumps({"format": FORMAT}) + "\n").encode())

    def write(self, name: str, data: bytes) -> None:
        """Write ``data`` to ``name`` atomically: written aside, synced and renamed."""
        self.write_by(name, lambda file: file.write(data))

    def write_by(self, name: str, fill: Callable[[IO[bytes]], object]) -> None:
        """Call ``fill`` with an open file and put the result at ``name`` atomically, without holding it in memory."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, aside = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                fill(file)
                file.flush()
                os.fsync(file.fileno())
            Path(aside).chmod(0o644)
            Path(aside).replace(target)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise

    def write_lines(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        """Write a whole list as JSON Lines."""
        self.write(name, "".join(map(_line, rows)).encode())

    def append(self, name: str, row: dict[str, Any]) -> None:
        """Append a row to a JSON Lines file; call :meth:`mend` once before the first append."""
        with (self.path / name).open("ab") as file:
            file.write(_line(row).encode())

    def mend(self, name: str) -> None:
        """Drop an incomplete last line, left by a process that was killed."""
        path = self.path / name
        if not path.exists():
            return
        with path.open("rb+") as file:
            data = file.read()
            if data and not data.endswith(b"\n"):
                file.truncate(data.rfind(b"\n") + 1)

    def rows(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a JSON Lines file; nothing when it is missing. An incomplete last line is skipped.

        :raises FolderError: naming the line that is not a JSON object.
        """
        path = self.path / name
        if not path.exists():
            return
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return
                if line.strip():
                    yield _parsed(line, f"{path}, line {number}")

    def catalogue(self) -> Iterator[Record]:
        """Yield the records of the catalogue, in the order of collection.

        :raises FolderError: when a record lacks a field.
        """
        known = {each.name for each in fields(Record)}
        for number, row in enumerate(self.rows("catalogue.jsonl"), 1):
            try:
                yield Record(**{name: value for name, value in row.items() if name in known})
            except TypeError as error:
                raise FolderError(f"{self.path / 'catalogue.jsonl'}, record {number}: {error}") from error

    def captions(self) -> Iterator[Caption]:
        """Yield the captions.

        :raises FolderError: when a line lacks ``file_name`` or ``text``.
        """
        for number, row in enumerate(self.rows("pictures/metadata.jsonl"), 1):
            name, text = row.get("file_name"), row.get("text")
            if not (isinstance(name, str) and isinstance(text, str)):
                raise FolderError(f"{self.path / 'pictures/metadata.jsonl'}, line {number}: no file_name and text")
            short, long = row.get("short", text), row.get("long", text)
            yield Caption(name, text, short, long, row.get("id", Path(name).stem))

    def add(self, record: Record) -> None:
        """Append a record to the catalogue; its picture file must exist already."""
        self.append("catalogue.jsonl", asdict(record))

    def write_captions(self, captions: Iterable[Caption]) -> None:
        """Replace ``metadata.jsonl``."""
        self.write_lines("pictures/metadata.jsonl", map(asdict, captions))


def digest(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in hex."""
    return hashlib.sha256(data).hexdigest()


def picture_path(identity: str, extension: str) -> str:
    """Return the path of a picture's file, relative to the work folder."""
    return f"pictures/{identity[:2]}/{identity}.{extension}"


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _object(path: Path) -> dict[str, Any]:
    return _parsed(path.read_bytes(), str(path))


def _parsed(data: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FolderError(f"{where}: no JSON: {error}") from error
    if not isinstance(value, dict):
        raise FolderError(f"{where}: no JSON object")
    return value


def put_folder(target: Path, fill: Callable[[Path], object]) -> None:
    """Call ``fill`` with a temporary folder, then move the result to ``target``, replacing what is there.

    ``target`` is complete at any time; on an error it stays as it was.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part"))
    old = aside.with_suffix(".old")
    try:
        fill(aside)
        # safetensors makes files readable by their owner only; the site may run as another user.
        for path in aside.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        aside.chmod(0o755)
        if target.exists():
            target.rename(old)
        aside.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
