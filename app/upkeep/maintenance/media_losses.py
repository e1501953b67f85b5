"""Find lost or damaged files: of walks and uploads, candidates' pictures, and the folders of styles."""

from __future__ import annotations

import hashlib
import io
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from PIL import Image, ImageSequence, UnidentifiedImageError
from sqlalchemy import Executable, func, select

from app.collection.styles import added
from app.core.errors import MediaError
from app.offer.generation import adapters, model_folders
from app.storage import media_store
from app.storage.candidate_models import Candidate, CandidateSet
from app.storage.database import db
from app.storage.media_store import MediaStore
from app.storage.upload_models import Upload
from app.storage.walk_models import Frame, Medium, Walk
from app.walks.saved import film_formats
from app.walks.uploads.kinds import KINDS

CHUNK = 200
PICTURES = {"avif": "AVIF"} | {each.extension: each.decoder for each in film_formats.FORMATS if each.decoder}
"""Pillow's name of the format of each extension that it reads."""
BROKEN = (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning)


@dataclass(frozen=True, slots=True)
class Loss:
    """A file that is missing or damaged: ``of`` is what it belongs to (such as ``walk``), ``id`` its ID or name."""

    of: str
    id: str
    path: str
    flaw: str


Found = tuple[int, list[Loss]]
"""The number of files that were checked, and those that are lost."""


def count_files() -> int:
    """Return how many files `verify` is going to check, without those of styles, which are few."""
    files = (Frame.path, Medium.path, Upload.path, Upload.preview_path, Candidate.set_number)
    return sum(number for column in files for (number,) in _read(select(func.count(column))))


def verify() -> Iterator[Found]:
    """Check every file that rows and folders name; yield the result for each walk, upload, candidate set and style."""
    yield from _walks()
    yield from _uploads()
    yield from _candidates()
    yield from _styles()


def _walks() -> Iterator[Found]:
    store, after = media_store.store(), 0
    while walks := db.session.execute(
        select(Walk.number, Walk.id).where(Walk.number > after).order_by(Walk.number).limit(CHUNK)
    ).all():
        after = walks[-1].number
        for number, walk_id in walks:
            rows = _rows(number)
            losses = [Loss("walk", walk_id, path, flaw) for path, size in rows if (flaw := _flaw(store, path, size))]
            # Since its row was read, a film may have been replaced, or a walk cancelled.
            still = dict(_rows(number)) if losses else {}
            yield len(rows), [loss for loss in losses if loss.path in still]


def _rows(number: int) -> list[tuple[str, int]]:
    return [
        (path, size)
        for table in (Frame, Medium)
        for path, size in _read(select(table.path, table.bytes).where(table.walk_number == number))
    ]


def _uploads() -> Iterator[Found]:
    store = media_store.store()
    for upload_id, name in _read(select(Upload.id, Upload.kind).order_by(Upload.kind, Upload.id)):
        kind = KINDS[name]
        row = select(Upload.path, Upload.bytes, Upload.digest, Upload.preview_path).where(Upload.id == upload_id)
        for path, size, digest, preview_path in _read(row):
            looked_at: dict[str, str] = {}
            if path is not None:
                looked_at[path] = _flaw(store, path, size, digest=digest if kind.is_final else None)
            if preview_path is not None:
                looked_at[preview_path] = _flaw(store, preview_path)
            losses = [Loss(kind.noun, upload_id, path, flaw) for path, flaw in looked_at.items() if flaw]
            # Since its row was read, it may have been processed or deleted.
            still = {path for row in _read(row) for path in row} if losses else set()
            yield len(looked_at), [loss for loss in losses if loss.path in still]


def _candidates() -> Iterator[Found]:
    rows = select(CandidateSet.number, CandidateSet.id).order_by(CandidateSet.number)
    for number, set_id in _read(rows):
        pictures = _read(select(Candidate.index, Candidate.picture).where(Candidate.set_number == number))
        flaws = {f"picture {index + 1}": _picture_flaw(picture, "WEBP") for index, picture in pictures}
        yield len(flaws), [Loss("candidates", set_id, name, flaw) for name, flaw in flaws.items() if flaw]


def _styles() -> Iterator[Found]:
    for folder in sorted(Path(current_app.instance_path, model_folders.STYLES).glob("*/")):
        looked_at = _style_flaws(folder)
        yield (
            len(looked_at),
            [Loss("style", folder.name, str(path), flaw) for path, flaw in looked_at.items() if flaw],
        )


def _style_flaws(folder: Path) -> dict[Path, str]:
    """Return for each file of a style what is wrong with it, ``""`` if nothing; a style still being taught has none."""
    about, sample, model = folder / added.ABOUT, folder / added.SAMPLE, folder / added.MODEL
    if not about.exists():
        return {} if (folder / "work").exists() else {about: "is missing"}
    style = added.find(folder.name)
    if style is None:
        return {about: "cannot be read as what is known of a style"}
    looked_at = {about: "" if style.vector or not style.pictures else "has no vector of the style's pictures"}
    if style.pictures:
        looked_at[sample] = _sample_flaw(sample)
    if model.exists():
        looked_at[model] = f"is amiss: {flaw}".rstrip(".") if (flaw := model_folders.flaw(str(model))) else ""
    return looked_at | adapters.flaws(folder.name)


def _sample_flaw(sample: Path) -> str:
    try:
        return _picture_flaw(sample.read_bytes(), "WEBP")
    except FileNotFoundError:
        return "is missing"
    except OSError:
        return "cannot be read"


def _flaw(store: MediaStore, path: str, size: int | None = None, *, digest: str | None = None) -> str:
    try:
        data = store.read_bytes(path)
    except MediaError:
        return "is missing" if not store.exists(path) else "cannot be read"
    if size is not None and len(data) != size:
        return f"has {len(data)} bytes and should have {size}"
    if digest is not None and hashlib.sha256(data).hexdigest() != digest:
        return "is another file than the one that was kept"
    ending = path.rpartition(".")[2]
    if ending == "npz":
        return _archive_flaw(data)
    kind = PICTURES.get(ending)
    return _picture_flaw(data, kind) if kind else ""


def _picture_flaw(data: bytes, kind: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(data), formats=[kind]) as picture:
                for frame in ImageSequence.Iterator(picture):
                    frame.load()
    except BROKEN as error:
        return f"is no {kind} that can be read ({error})"
    return ""


def _archive_flaw(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
        return f"is no NPZ that can be read ({error})"
    return f"is no NPZ that can be read ({broken} is broken)" if broken else ""


def _read(query: Executable) -> list[tuple[Any, ...]]:
    """Return the rows of a query in a new transaction, as they are now."""
    db.session.rollback()
    return [tuple(row) for row in db.session.execute(query)]
