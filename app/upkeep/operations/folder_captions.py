"""Captions for a folder of pictures: each is described by a worker as an upload, captioned, and deleted again.

Captions from an earlier run are kept if neither the picture nor the request changed, so a run continues where another
stopped.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flask import current_app

from app.access.auth import visitors
from app.collection.labels import captions, pictures, wall_label, writing
from app.collection.labels.captions import CaptionRequest
from app.collection.labels.pictures import Picture
from app.core.errors import InvalidInput, MediaError, MomaError
from app.core.i18n.foreign_messages import translate_foreign
from app.requests.walk_requests import brought_uploads
from app.storage.database import db
from app.storage.upload_models import WAITING, Upload
from app.walks.queue import jobs
from app.walks.uploads import kinds, photo_check, upload_store

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".heic", ".heif", ".gif", ".tif", ".tiff", ".bmp", ".svg")
"""The suffixes of pictures, also of formats that cannot be read, so that these are reported."""

BATCH = 8
"""How many pictures are uploaded for the workers at a time."""

TIMEOUT_SECONDS = 600.0
"""Seconds to wait for a worker to describe a picture."""

COLUMNS = ("file", "digest", "description", "is_guess", "language", "tone", "asked_tone", "audience", "by", "number",
           "caption", "wall_label")  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaptionedPicture:
    """A picture with its captions, each with its tone, audience and language, and a wall label for each language."""

    file: str
    digest: str
    width: int
    height: int
    description: str | None
    is_guess: bool
    captions: list[dict[str, Any]]
    wall_labels: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SkippedPicture:
    """A picture that was skipped, and why."""

    file: str
    error: str


def expand_requests(
    tones: Sequence[str], audiences: Sequence[str], languages: Sequence[str], variants: int
) -> list[CaptionRequest]:
    """Return the caption requests for each picture: one for each language, tone and audience.

    :raises InvalidInput: when one of the values is not allowed.
    """
    combinations = itertools.product(dict.fromkeys(languages), dict.fromkeys(tones), dict.fromkeys(audiences))
    return [
        captions.parse_request(
            {"tone": tone, "audience": audience, "language": language, "variants": variants}, CaptionRequest
        )
        for language, tone, audience in combinations
    ]


def find_pictures(paths: Iterable[Path], *, recursive: bool) -> dict[str, Path]:
    """Return the pictures by path: the files that are named, and those in named folders with a picture's suffix.

    Hidden files and folders are skipped.

    :raises InvalidInput: when a path does not exist or cannot be read, or there is no picture at all.
    """
    files_by_name: dict[str, Path] = {}
    for path in paths:
        if not path.exists():
            raise InvalidInput.on("folder", message=f"There is nothing at {path}.")
        try:
            inside = sorted(path.rglob("*") if recursive else path.iterdir()) if path.is_dir() else []
        except OSError as error:
            raise InvalidInput.on("folder", message=f"{path} cannot be read: {error.strerror or error}.") from error
        files = [each for each in inside if each.suffix.lower() in SUFFIXES and each.is_file()]
        shown = [each for each in files if not any(part.startswith(".") for part in each.relative_to(path).parts)]
        files_by_name |= {str(each): each for each in (shown if path.is_dir() else [path])}
    if not files_by_name:
        raise InvalidInput.on("folder", message=f"There are no pictures in {', '.join(map(str, paths))}.")
    return files_by_name


def compose(
    files: dict[str, Path], wanted: Sequence[CaptionRequest], *, look: bool, tend: Callable[[], None]
) -> Iterator[CaptionedPicture | SkippedPicture]:
    """Yield captions for the pictures in their order; ``tend`` is called while waiting for workers.

    Without ``look`` no worker describes the pictures, and captions do not say what they show.

    :raises MomaError: when no worker describes them in time, or the disk is full.
    """
    for names in _batches(list(files)):
        yield from _caption_batch({name: files[name] for name in names}, wanted, look=look, tend=tend)


def _batches(names: list[str]) -> Iterator[list[str]]:
    return (names[start : start + BATCH] for start in range(0, len(names), BATCH))


def _caption_batch(
    files: dict[str, Path], wanted: Sequence[CaptionRequest], *, look: bool, tend: Callable[[], None]
) -> Iterator[CaptionedPicture | SkippedPicture]:
    owner = visitors.digest(visitors.new_token())  # its own, so that no visitor's uploads are used or deleted
    photos: dict[str, Upload | SkippedPicture] = {}
    digests: dict[str, str] = {}
    try:
        for name, path in files.items():
            try:
                data = _read(path)
                digests[name] = hashlib.sha256(data).hexdigest()
                photos[name] = _upload(data, owner) if look else _unsaved_photo(data)
            except (OSError, ValueError) as error:
                reason = error.strerror or str(error) if isinstance(error, OSError) else f"The picture {error}"
                photos[name] = SkippedPicture(name, reason)
        for name, photo in photos.items():
            if isinstance(photo, Upload) and look:
                _wait_for(photo, tend)
            yield photo if isinstance(photo, SkippedPicture) else _caption(name, digests[name], photo, wanted)
    finally:
        if look:
            upload_store.forget(owner)


def _read(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(int(current_app.config["PHOTO_MAX"]) + 1)


def digest(path: Path) -> str:
    """Return the SHA-256 of a picture, as far as it is read; ``""`` if it cannot be read."""
    try:
        return hashlib.sha256(_read(path)).hexdigest()
    except OSError:
        return ""


def _upload(data: bytes, owner: str) -> Upload:
    return brought_uploads.upload(kinds.PHOTO, data, owner_hash=owner, **brought_uploads.NO_LIMITS)


def _unsaved_photo(data: bytes) -> Upload:
    checked = photo_check.check(data)
    return Upload(id=checked.digest[:16], digest=checked.digest, details=checked.details)


def _wait_for(photo: Upload, tend: Callable[[], None]) -> None:
    began, photo_id = time.monotonic(), photo.id
    for _ in jobs.poll(tend):
        db.session.rollback()
        if db.session.get(Upload, photo_id, populate_existing=True) is None:
            raise MomaError("A picture was deleted while it was looked at. Run the command again.")
        if photo.state != WAITING:
            return
        if time.monotonic() - began > TIMEOUT_SECONDS:
            raise MomaError(f"No worker has looked at a picture for {TIMEOUT_SECONDS:g} s.")


def _caption(
    name: str, file_digest: str, photo: Upload, wanted: Sequence[CaptionRequest]
) -> CaptionedPicture | SkippedPicture:
    if photo.error is not None:
        return SkippedPicture(name, translate_foreign(photo.error))
    content = pictures.of_photo(photo)
    # The file's digest seeds the captions, so that they are the same each time.
    about = Picture(content.shows, content.is_guess, *photo.size, file_digest)
    rows = []
    for each in wanted:
        result = writing.compose(about, each, admit=lambda: True)
        shared = {"language": each.language, "tone": result.tone, "asked_tone": each.tone, "audience": each.audience}
        rows += [{**shared, "by": result.by, "caption": text} for text in result.captions]
    labels: dict[str, dict[str, Any]] = {
        each.language: wall_label.compose(about, each.language).as_dict() for each in wanted
    }
    width, height = photo.size
    return CaptionedPicture(
        name,
        file_digest,
        width=width,
        height=height,
        description=about.shows or None,
        is_guess=bool(about.shows),
        captions=rows,
        wall_labels=labels,
    )


def as_lines(picture: CaptionedPicture) -> str:
    """Return a picture's captions as one line of JSON."""
    return json.dumps(asdict(picture), ensure_ascii=False) + "\n"


def as_rows(picture: CaptionedPicture) -> str:
    """Return a picture's captions as rows of CSV, one for each caption."""
    target = io.StringIO()
    table = csv.DictWriter(target, COLUMNS, extrasaction="ignore", lineterminator="\n")
    labels = {language: wall_label.WallLabel(**parts).lines() for language, parts in picture.wall_labels.items()}
    for number, each in enumerate(picture.captions, 1):
        lines = "\n".join(labels[each["language"]])
        table.writerow({**asdict(picture), **each, "number": number, "wall_label": lines})
    return target.getvalue()


HEAD = ",".join(COLUMNS) + "\n"


def read_earlier(
    path: Path, files: dict[str, Path], wanted: Sequence[CaptionRequest], *, is_table: bool
) -> dict[str, str]:
    """Return from an earlier file of captions the text for each picture, if neither picture nor request changed.

    A picture whose captions were not all written is left out. Without a file the result is empty.

    :raises MediaError: when the file cannot be read, or is no file of captions.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise MediaError(f"{path} cannot be read: {error}") from error
    earlier = _rows_of(text) if is_table else _lines_of(text)
    if text.strip() and not earlier and HEAD.strip() != text.strip():
        raise MediaError(f"{path} holds something else than captions. Name another file.")
    combinations = [(each.language, each.tone, each.audience) for each in wanted for _number in range(each.variants)]
    return {
        name: rows
        for name, (file_digest, present, rows) in earlier.items()
        if name in files and present == combinations and file_digest == digest(files[name])
    }


Earlier = dict[str, tuple[str, list[tuple[str, str, str]], str]]
"""For each picture its digest, the language, tone and audience of each caption, and their text in the file."""


def _lines_of(text: str) -> Earlier:
    earlier: Earlier = {}
    for line in text.splitlines(keepends=True):
        try:
            line_data = json.loads(line)
            present = [(each["language"], each["asked_tone"], each["audience"]) for each in line_data["captions"]]
            earlier[line_data["file"]] = line_data["digest"], present, line
        except (ValueError, LookupError, TypeError):
            continue  # incomplete: the earlier run was stopped while it wrote the line
    return earlier


def _rows_of(text: str) -> Earlier:
    earlier: Earlier = {}
    for row in csv.DictReader(io.StringIO(text)):
        if None in row or None in row.values() or set(row) != set(COLUMNS):
            continue
        file_digest, present, rows = earlier.get(row["file"], (row["digest"], [], ""))
        target = io.StringIO()
        csv.DictWriter(target, COLUMNS, lineterminator="\n").writerow(row)
        present = [*present, (row["language"], row["asked_tone"], row["audience"])]
        earlier[row["file"]] = file_digest, present, rows + target.getvalue()
    return earlier
