"""The exhibition's programme: a request and a title for each walk, and the pictures that stops are made from.

A stop names its picture by its file in the exhibition's folder ``pictures``. Recipes name the same picture by its
SHA-256, as recipes of visitors' walks do.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.errors import InvalidInput, MomaError
from app.core.text.stored import visible_text
from app.requests.walk_requests.brought_photos import UploadedPhoto
from app.requests.walk_requests.validation import validate
from app.requests.walk_requests.walk_request import WalkRequest

PICTURES = "pictures"
TITLE_MAX = 80


@dataclass(frozen=True, slots=True)
class ProgrammeEntry:
    """A walk of the programme: its title, "" if it has none, and its request."""

    title: str
    request: WalkRequest


def load(path: Path) -> list[ProgrammeEntry]:
    """Return the entries of a programme file.

    :raises MomaError: when the file or a picture cannot be read, or a request is invalid; the message names it.
    """
    try:
        entries = list(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise MomaError(f"{path.name} cannot be read: {error}") from error
    return [_entry(number, entry, path) for number, entry in enumerate(entries, start=1)]


def _entry(number: int, entry: Any, path: Path) -> ProgrammeEntry:
    title = ""
    try:
        if isinstance(entry, dict):
            entry = dict(entry)
            if "title" in entry:
                title = _title(entry.pop("title"))
            if isinstance(entry.get("stops"), list):
                entry["stops"] = [_with_digest(stop, path.parent) for stop in entry["stops"]]
        request = validate(entry)
    except (InvalidInput, OSError, ValueError) as error:
        raise MomaError(f"Piece {number} of {path.name}: {error}") from error
    request.unlisted = True
    return ProgrammeEntry(title, request)


def _title(title: Any) -> str:
    if not isinstance(title, str):
        raise ValueError("The title is not a text.")
    try:
        return visible_text(title, TITLE_MAX)
    except ValueError as error:
        raise ValueError(f"The title {error}") from error


def _with_digest(stop: Any, folder: Path) -> Any:
    """Return a stop with the digest of its picture instead of the file's name.

    :raises OSError: when the file cannot be read.
    """
    if not isinstance(stop, dict) or not isinstance(stop.get("picture"), str):
        return stop
    return stop | {"picture": _digest((folder / PICTURES / Path(stop["picture"]).name).read_bytes())}


def pictures_for(request: WalkRequest, folder: Path) -> dict[int, UploadedPhoto]:
    """Return the pictures of a request's stops by the stops' indexes, from the exhibition's folder.

    :raises MomaError: when a picture is missing.
    """
    wanted = {index: stop for index, stop in enumerate(request.stops) if stop.picture is not None}
    files = [path.read_bytes() for path in sorted((folder / PICTURES).glob("*.webp"))] if wanted else []
    by_digest = {_digest(data): data for data in files}
    photos = {}
    for index, stop in wanted.items():
        digest = stop.picture or ""
        if digest not in by_digest:
            raise MomaError(f"The picture of stop {index + 1} is missing in {folder / PICTURES}: {digest[:12]}.")
        photos[index] = UploadedPhoto(by_digest[digest], digest, cut_out=stop.cut_out, may_be_shown=True)
    return photos


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
