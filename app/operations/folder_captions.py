"""Captions for a folder of pictures: each is looked at by a worker, as visitors' are, captioned, and forgotten there.

What was written before is kept where neither the picture nor the wishes changed, so that a run goes on where another
was stopped.
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

from app.auth import visitors
from app.commissions import brought_photos
from app.errors import InvalidInput, MediaError, MomaError
from app.i18n.foreign_messages import translate_foreign
from app.labels import captions, pictures, wall_label, writing
from app.labels.captions import CaptionRequest
from app.labels.pictures import Picture
from app.queue import jobs
from app.storage.database import db
from app.storage.photo_models import Photo
from app.uploads import photo_check, photo_store

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".heic", ".heif", ".gif", ".tif", ".tiff", ".bmp", ".svg")
"""How pictures are called; of those that cannot be read, too, so that they are named."""

TOGETHER = 8
"""How many pictures workers are given at a time."""

PATIENCE_SECONDS = 600.0
"""How long the next picture to be looked at is waited for."""

COLUMNS = ("file", "digest", "description", "is_guess", "language", "tone", "asked_tone", "audience", "by", "number",
           "caption", "wall_label")  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaptionedPicture:
    """A picture with its captions, each with its tone, audience and language, and a wall label in each language."""

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
    """A picture that cannot be read, and why."""

    file: str
    error: str


def expand_requests(
    tones: Sequence[str], audiences: Sequence[str], languages: Sequence[str], variants: int
) -> list[CaptionRequest]:
    """Write out which captions each picture gets: in each language, in each tone, for each audience.

    :raises InvalidInput: when one of them cannot be.
    """
    asked = itertools.product(dict.fromkeys(languages), dict.fromkeys(tones), dict.fromkeys(audiences))
    return [
        captions.parse_request(
            {"tone": tone, "audience": audience, "language": language, "variants": variants}, CaptionRequest
        )
        for language, tone, audience in asked
    ]


def find_pictures(paths: Iterable[Path], *, recursive: bool) -> dict[str, Path]:
    """Find the pictures: files that are named, and those in folders that are called as pictures are.

    :raises InvalidInput: when there is nothing at a path, or no picture at all.
    """
    found: dict[str, Path] = {}
    for path in paths:
        if not path.exists():
            raise InvalidInput.on("folder", message=f"There is nothing at {path}.")
        try:
            inside = sorted(path.rglob("*") if recursive else path.iterdir()) if path.is_dir() else []
        except OSError as error:
            raise InvalidInput.on("folder", message=f"{path} cannot be read: {error.strerror or error}.") from error
        files = [each for each in inside if each.suffix.lower() in SUFFIXES and each.is_file()]
        shown = [each for each in files if not any(part.startswith(".") for part in each.relative_to(path).parts)]
        found |= {str(each): each for each in (shown if path.is_dir() else [path])}
    if not found:
        raise InvalidInput.on("folder", message=f"There are no pictures in {', '.join(map(str, paths))}.")
    return found


def compose(
    files: dict[str, Path], wanted: Sequence[CaptionRequest], *, look: bool, tend: Callable[[], None]
) -> Iterator[CaptionedPicture | SkippedPicture]:
    """Write captions of pictures, one after the other in their order; ``tend`` is called while workers look.

    Without ``look`` nobody looks at them, and captions do not say what they show.

    :raises MomaError: when no worker looks at them, or there is no room for them.
    """
    for names in _batches(list(files)):
        yield from _together({name: files[name] for name in names}, wanted, look=look, tend=tend)


def _batches(names: list[str]) -> Iterator[list[str]]:
    return (names[start : start + TOGETHER] for start in range(0, len(names), TOGETHER))


def _together(
    files: dict[str, Path], wanted: Sequence[CaptionRequest], *, look: bool, tend: Callable[[], None]
) -> Iterator[CaptionedPicture | SkippedPicture]:
    owner = visitors.digest(visitors.new_token())  # so that nobody else's are found or forgotten
    photos: dict[str, Photo | SkippedPicture] = {}
    digests: dict[str, str] = {}
    try:
        for name, path in files.items():
            try:
                data = _read(path)
                digests[name] = hashlib.sha256(data).hexdigest()
                photos[name] = _brought(data, owner) if look else _unseen(data)
            except (OSError, ValueError) as error:
                told = error.strerror or str(error) if isinstance(error, OSError) else f"The picture {error}"
                photos[name] = SkippedPicture(name, told)
        for name, photo in photos.items():
            if isinstance(photo, Photo) and look:
                _wait_for(photo, tend)
            yield photo if isinstance(photo, SkippedPicture) else _captioned(name, digests[name], photo, wanted)
    finally:
        if look:
            photo_store.forget(owner)


def _read(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(int(current_app.config["PHOTO_MAX"]) + 1)


def digest(path: Path) -> str:
    """Return the SHA-256 of what is read of a picture; ``""`` where it cannot be read."""
    try:
        return hashlib.sha256(_read(path)).hexdigest()
    except OSError:
        return ""


def _brought(data: bytes, owner: str) -> Photo:
    return brought_photos.upload(data, owner_hash=owner, network="", check_room=lambda: None, admit=lambda: None)


def _unseen(data: bytes) -> Photo:
    checked = photo_check.check(data)
    return Photo(id=checked.digest[:16], digest=checked.digest, width=checked.width, height=checked.height)


def _wait_for(photo: Photo, tend: Callable[[], None]) -> None:
    began, photo_id = time.monotonic(), photo.id
    for _ in jobs.pauses(tend):
        db.session.rollback()
        if db.session.get(Photo, photo_id, populate_existing=True) is None:
            raise MomaError("A picture was deleted while it was looked at. Run the command again.")
        if photo.described_at is not None:
            return
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise MomaError(f"No worker has looked at a picture for {PATIENCE_SECONDS:g} s.")


def _captioned(
    name: str, file_digest: str, photo: Photo, wanted: Sequence[CaptionRequest]
) -> CaptionedPicture | SkippedPicture:
    if photo.error is not None:
        return SkippedPicture(name, translate_foreign(photo.error))
    found = pictures.of_photo(photo)
    about = Picture(found.shows, found.is_guess, photo.width, photo.height, file_digest)  # the same words each time
    written = []
    for each in wanted:
        told = writing.compose(about, each, admit=lambda: True)
        shared = {"language": each.language, "tone": told.tone, "asked_tone": each.tone, "audience": each.audience}
        written += [{**shared, "by": told.by, "caption": text} for text in told.captions]
    labels: dict[str, dict[str, Any]] = {
        each.language: wall_label.compose(about, each.language).as_dict() for each in wanted
    }
    return CaptionedPicture(
        name, file_digest, photo.width, photo.height, about.shows or None, bool(about.shows), written, labels
    )


def as_lines(told: CaptionedPicture) -> str:
    """Write a picture's captions as a line of JSON."""
    return json.dumps(asdict(told), ensure_ascii=False) + "\n"


def as_rows(told: CaptionedPicture) -> str:
    """Write a picture's captions as rows of CSV, one for each caption."""
    target = io.StringIO()
    table = csv.DictWriter(target, COLUMNS, extrasaction="ignore", lineterminator="\n")
    labels = {language: wall_label.WallLabel(**parts).lines() for language, parts in told.wall_labels.items()}
    for number, each in enumerate(told.captions, 1):
        lines = "\n".join(labels[each["language"]])
        table.writerow({**asdict(told), **each, "number": number, "wall_label": lines})
    return target.getvalue()


HEAD = ",".join(COLUMNS) + "\n"


def read_earlier(
    path: Path, files: dict[str, Path], wanted: Sequence[CaptionRequest], *, is_table: bool
) -> dict[str, str]:
    """Read what stands in an earlier file of captions, for each picture that has not changed, if the wishes have not.

    A picture of which only a part was written is left out.

    :raises MediaError: when the file is there and cannot be read, or is no file of captions.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise MediaError(f"{path} cannot be read: {error}") from error
    found = _rows_of(text) if is_table else _lines_of(text)
    if text.strip() and not found and HEAD.strip() != text.strip():
        raise MediaError(f"{path} holds something else than captions. Name another file.")
    asked = [(each.language, each.tone, each.audience) for each in wanted for _number in range(each.variants)]
    return {
        name: written
        for name, (file_digest, has, written) in found.items()
        if name in files and has == asked and file_digest == digest(files[name])
    }


Earlier = dict[str, tuple[str, list[tuple[str, str, str]], str]]
"""Of each picture its digest, which captions there are, and how they are written."""


def _lines_of(text: str) -> Earlier:
    found: Earlier = {}
    for line in text.splitlines(keepends=True):
        try:
            told = json.loads(line)
            has = [(each["language"], each["asked_tone"], each["audience"]) for each in told["captions"]]
            found[told["file"]] = told["digest"], has, line
        except (ValueError, LookupError, TypeError):
            continue  # cut off, as what was being written when the last run was stopped
    return found


def _rows_of(text: str) -> Earlier:
    found: Earlier = {}
    for row in csv.DictReader(io.StringIO(text)):
        if None in row or None in row.values() or set(row) != set(COLUMNS):
            continue
        file_digest, has, written = found.get(row["file"], (row["digest"], [], ""))
        target = io.StringIO()
        csv.DictWriter(target, COLUMNS, lineterminator="\n").writerow(row)
        has = [*has, (row["language"], row["asked_tone"], row["audience"])]
        found[row["file"]] = file_digest, has, written + target.getvalue()
    return found
