"""Import walks from an archive; all of it is checked before anything is written.

Existing walks stay unchanged unless they are to be replaced, so an interrupted import can simply be repeated. A walk
whose files are not in the archive joins the queue and is rendered again from its recipe.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image
from pydantic import BaseModel, ValidationError
from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from app.access.auth import visitors
from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.collection.moderation import banned_words
from app.collection.moderation.audit_log import COMMAND
from app.core.errors import FieldError, InvalidInput
from app.core.field_errors import ERRORS_MAX
from app.offer.drawings import sketchbooks
from app.offer.generation import offers, walk_styles
from app.requests.walk_requests import brought_photos, recipe, walk_edits, walk_rows
from app.requests.walk_requests.walk_request import WalkRequest
from app.storage import media_store
from app.storage.collection_models import CollectionItem, Favourite
from app.storage.database import db, writing
from app.storage.film_measures import MEASURES, PUBLISHED
from app.storage.house_models import Exhibition, ExhibitionItem
from app.storage.walk_models import FINISHED, QUEUED, Frame, Medium, Walk
from app.upkeep.archives import archive_format, drawing_records, walk_records
from app.upkeep.archives.archive_format import MEDIA
from app.upkeep.archives.drawing_records import DRAWINGS, DrawingLine
from app.upkeep.archives.walk_records import ARCHIVE, ExhibitionLine, WalkLine
from app.walks.queue import fair_queue, jobs
from app.walks.saved import colours, film_formats, lookup

VISITOR = "import"
SIGNATURES: dict[str, Callable[[bytes], bool]] = {
    "flac": lambda data: data[:4] == b"fLaC",
    "avif": lambda data: data[4:12] == b"ftypavif",
} | {each.extension: each.has_signature for each in film_formats.FORMATS}
"""Whether the first bytes of a file are those of its extension."""
PLACES = ExhibitionItem, CollectionItem, Favourite
"""Rows of others that name a walk; a walk that is replaced keeps them."""
Line = TypeVar("Line", bound=BaseModel)


@dataclass(slots=True)
class ImportSummary:
    """What an import did: how many walks were published, queued, replaced or left as they were, and the rest."""

    hung: int = 0
    queued: int = 0
    replaced: int = 0
    there: int = 0
    exhibitions: int = 0
    exhibitions_there: int = 0
    drawings: int = 0


def import_archive(source: Path, *, replace: bool = False) -> ImportSummary:
    """Import the archive ``source``: what this site lacks, and with ``replace`` also what it has.

    :raises InvalidInput: when the archive or a line of it is invalid; nothing is written then.
    """
    try:
        with tarfile.open(source, "r:") as archive:
            manifest = archive_format.verify_manifest(archive, ARCHIVE)
            sizes = {entry["path"]: entry["bytes"] for entry in manifest["files"]}
            walks = list(_lines(archive, walk_records.WALKS, WalkLine))
            exhibition_lines = list(_lines(archive, walk_records.EXHIBITIONS, ExhibitionLine))
            drawings = list(_lines(archive, DRAWINGS, DrawingLine)) if DRAWINGS in sizes else []
            _check_drawings(drawings)
            _check(archive, walks, exhibition_lines, sizes, {line.digest for line in drawings}, replace=replace)
            return _write(archive, walks, exhibition_lines, drawing_records.unknown(drawings), replace=replace)
    except (tarfile.TarError, EOFError, ValueError, RecursionError, KeyError) as error:
        raise InvalidInput.on("file", message=f"The archive is damaged or holds no walks: {error}.") from error


def _lines(archive: tarfile.TarFile, name: str, kind: type[Line]) -> Iterator[Line]:
    with archive_format.open_member(archive, name) as file:
        for number, data in enumerate(iter(partial(file.readline, walk_records.LINE_MAX + 1), b""), start=1):
            if len(data) > walk_records.LINE_MAX:
                raise _broken(name, number, f"is longer than {walk_records.LINE_MAX:,} bytes")
            try:
                yield kind.model_validate_json(data)
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                place = ".".join(str(part) for part in first["loc"]) or "the line"
                raise _broken(name, number, f"cannot be read: {place:.60}: {first['msg']:.200}") from error


def _broken(name: str, number: int, reason: str) -> InvalidInput:
    return InvalidInput.on(name, number, message=f"Line {number} of {name} {reason}.")


def _check_drawings(drawings: list[DrawingLine]) -> None:
    """Check the drawings that this site lacks, because an archive may hold anything.

    :raises InvalidInput: naming the lines that cannot be imported.
    """
    errors: list[FieldError] = []
    new, seen = {line.digest for line in drawing_records.unknown(drawings)}, set[str]()
    for number, line in enumerate(drawings, start=1):
        flaw = drawing_records.flaw(line) if line.digest in new - seen else ""
        if flaw := "is there twice" if line.digest in seen else flaw:
            errors += _broken(DRAWINGS, number, f"({line.name:.40}) {flaw}").errors
        seen.add(line.digest)
        if len(errors) >= ERRORS_MAX:
            break
    if errors:
        raise InvalidInput(errors)


def _check(
    archive: tarfile.TarFile,
    walks: list[WalkLine],
    exhibition_lines: list[ExhibitionLine],
    sizes: dict[str, int],
    digests: set[str],
    *,
    replace: bool,
) -> None:
    """Check that each walk is valid and can be rendered, and has all its files in the formats that their names say.

    :raises InvalidInput: naming the lines that cannot be imported.
    """
    errors = []
    seen: set[str] = set()
    for number, walk in enumerate(walks, start=1):
        if flaw := "is there twice" if walk.id in seen else _flaw(archive, walk, sizes, digests, replace=replace):
            errors += _broken(walk_records.WALKS, number, f"(walk {walk.id}) {flaw}").errors
        seen.add(walk.id)
        if len(errors) >= ERRORS_MAX:
            break
    for number, line in enumerate(exhibition_lines, start=1):
        for wrong in exhibitions.flaws(ExhibitionRequest(line.title, line.text, line.slug, walks=line.walks)):
            errors += _broken(
                walk_records.EXHIBITIONS, number, f"cannot be published. {wrong.message}".rstrip(".")
            ).errors
    if errors:
        raise InvalidInput(errors)


def _flaw(archive: tarfile.TarFile, walk: WalkLine, sizes: dict[str, int], digests: set[str], *, replace: bool) -> str:
    earlier = lookup.any_walk(walk.id)
    if earlier is not None and not replace:
        return ""  # the existing walk stays as it is
    if earlier is not None and earlier.is_waiting:
        return "is being painted here; it can be replaced when that is done"
    try:
        wanted, pinned = _read_recipe(walk)
        if walk.title is not None:
            walk_edits.validate({"title": walk.title})
        if errors := banned_words.flaws(_shown(walk)):
            raise InvalidInput(errors)
    except InvalidInput as error:
        return f"cannot be published here. {error}".rstrip(".")
    if not walk.films and any(stop.picture for stop in wanted.stops):
        return "cannot be painted here: it is made of a photo, which stayed with its owner"
    if not walk.films and wanted.sound is not None:
        return "cannot be painted here: it is set to a sound, which stayed with its owner"
    if not walk.films and (gone := _missing_drawing(wanted, pinned.model_name, digests)):
        return f"cannot be painted here: the drawing {gone} is neither here nor in the archive"
    return _files_flaw(archive, walk, sizes)


def _shown(walk: WalkLine) -> Iterator[banned_words.ShownText]:
    """Yield the texts of a line that will be shown, except for its title and the prompts of its recipe."""
    for index, note in enumerate(walk.notes):
        yield ("notes", index), f"Note {index + 1}", note
    for drawing in recipe.parse_drawings(walk.recipe) or ():
        yield ("recipe", "drawings"), "The name of a drawing", drawing["name"]


def _missing_drawing(wanted: WalkRequest, model: str, digests: set[str]) -> str:
    """Return the digest of a drawing that a walk needs and neither this site nor the archive has; ``""`` if none."""
    offer = offers.current().find(model)
    book = None if offer is None else sketchbooks.find(offer)
    if book is None:
        return ""
    drawn = (thing["drawing"] for stop in wanted.stops if stop.scene for thing in stop.scene["things"])
    return next((digest for digest in drawn if digest not in book and digest not in digests), "")


def _files_flaw(archive: tarfile.TarFile, walk: WalkLine, sizes: dict[str, int]) -> str:
    if not walk.films and not walk.frames:
        return ""
    if len(walk.frames) != walk.recipe["frames"] or {film.kind for film in walk.films} < {"gif", "poster"}:
        return "lacks a frame, the GIF or the poster"
    frames = sorted(walk.frames, key=lambda frame: frame.index)
    if [(frame.index, frame.position) for frame in frames] != list(enumerate(walk.recipe["positions"])):
        return "has frames that are not those of its recipe"
    if len({film.kind for film in walk.films}) < len(walk.films):
        return "has a film twice"
    folders = {media_store.walk_folder(each) for each in (walk.id, walk.repeat_of) if each}
    for path, size in walk.paths:
        if path.rpartition("/")[0].removesuffix("/frames") not in folders:
            return f"names a file of another walk, {path}"
        if sizes.get(MEDIA + path) != size:
            return f"names {path}, which the archive lacks or has in another size"
        is_kind = SIGNATURES.get(path.rpartition(".")[2])
        if is_kind is None or not is_kind(_head(archive, path)):
            return f"names {path}, which is not what it is called"
    return ""


def _head(archive: tarfile.TarFile, path: str) -> bytes:
    with archive_format.open_member(archive, MEDIA + path) as file:
        return file.read(16)


def _read_recipe(walk: WalkLine) -> tuple[WalkRequest, Any]:
    """Return the request and the pinned settings of a line's recipe, checked like an uploaded recipe.

    :raises InvalidInput: when it breaks a rule.
    """
    document = recipe.parse_recipe(json.dumps(walk.recipe).encode())
    wanted, pinned = recipe.request_of(document)
    wanted.unlisted = walk.unlisted
    if len(walk.notes) != len(wanted.stops):
        raise InvalidInput.on("notes", message="It has not one note for each stop.")
    fps, prefix, software = document.get("fps"), document["model"].get("prefix"), document.get("software")
    if isinstance(fps, bool) or not isinstance(fps, int | float) or not 0 < fps <= 1000:
        raise InvalidInput.on("recipe", "fps", message="Its frames a second must be a number over 0.")
    recipe.parse_drawings(document)
    for name, text in (("prefix", prefix), ("software", software)):
        if not (text is None or (isinstance(text, str) and len(text) <= 200 and "\0" not in text)):
            raise InvalidInput.on("recipe", name, message=f"Its {name} must be a text of at most 200 characters.")
    return wanted, pinned


def _write(
    archive: tarfile.TarFile,
    walks: list[WalkLine],
    exhibition_lines: list[ExhibitionLine],
    drawings: list[DrawingLine],
    *,
    replace: bool,
) -> ImportSummary:
    report = ImportSummary(drawings=len(drawings))
    drawing_records.import_drawings(drawings)  # first, because a walk that joins the queue may be rendered at once
    for walk in walks:
        earlier = lookup.any_walk(walk.id)
        if earlier is not None and not replace:
            report.there += 1
            continue
        for path, _ in walk.paths:
            if earlier is not None or not media_store.store().exists(path):
                media_store.store().write(path, archive_format.read_member(archive, MEDIA + path))
        with writing() as session:
            _save(session, walk, earlier, archive)
        report.replaced += earlier is not None
        report.hung += bool(walk.films)
        report.queued += not walk.films
        db.session.expunge_all()
    for line in exhibition_lines:
        _publish_exhibition(line, report, replace=replace)
    if report.queued:
        jobs.notify_workers()
    return report


def _save(session: Session, line: WalkLine, earlier: Walk | None, archive: tarfile.TarFile) -> None:
    places: list[tuple[Table, list[dict[str, Any]]]] = []
    walk = _walk(line, archive)
    if earlier is not None:
        for table in (model.__table__ for model in PLACES):
            rows = session.execute(select(table).where(table.c.walk_number == earlier.number)).mappings()
            places.append((table, [dict(row) for row in rows]))
        walk.number = earlier.number
        session.delete(session.merge(earlier))
        session.flush()
    if not line.films:
        for name, value in fair_queue.enqueue(session, walk).items():
            setattr(walk, name, value)
    session.add(walk)
    session.flush()
    for table, values in places:
        if values:
            session.execute(insert(table), values)


def _walk(line: WalkLine, archive: tarfile.TarFile) -> Walk:
    wanted, pinned = _read_recipe(line)
    walk = walk_rows.new_walk(
        wanted,
        pinned=pinned,
        id=line.id,
        visitor=visitors.digest(VISITOR),
        owner_hash=line.owner,  # empty: no secret has this digest
        request_hash="",
        given_title=line.title,
        drawings=recipe.parse_drawings(line.recipe),
        music=line.music,  # its file came along only if its owner is in the archive
        **{PUBLISHED.get(name, name): getattr(line, name) for name in walk_records.KEPT},
    )
    for stop, note in zip(walk.stops, line.notes, strict=True):
        stop.note = note
    if not brought_photos.may_be_listed(walk):
        walk.unlisted = True
    walk_rows.record_stops(walk, walk_styles.known_to(walk))
    if not line.films:
        walk.state, walk.started_at, walk.finished_at = QUEUED, None, None
        for name in MEASURES:
            setattr(walk, name, None)
        walk.repeat_of = None
        return walk
    walk.state, walk.painted_count = FINISHED, len(line.frames)
    walk.prefix, walk.software = line.recipe["model"]["prefix"], line.recipe["software"]
    walk.painted = [Frame(**frame.model_dump()) for frame in line.frames]
    walk.media = {
        film.kind: Medium(
            **film.model_dump(), etag=media_store.etag_of(archive_format.read_member(archive, MEDIA + film.path))
        )
        for film in line.films
    }
    walk.colour = walk.colour or _measure_colour(archive, line)
    return walk


def _measure_colour(archive: tarfile.TarFile, line: WalkLine) -> str | None:
    """Return the main colour of a walk's poster, which archives of releases before 1.3 lack.

    It is ``None`` if the poster cannot be read.
    """
    poster = next(film for film in line.films if film.kind == "poster")
    try:
        return colours.main(archive_format.read_member(archive, MEDIA + poster.path))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _publish_exhibition(hall: ExhibitionLine, report: ImportSummary, *, replace: bool) -> None:
    existing: Exhibition | None = db.session.scalar(select(Exhibition).where(Exhibition.slug == hall.slug))
    if existing is not None and not replace:
        report.exhibitions_there += 1
        return
    known = set(db.session.scalars(select(Walk.id).where(Walk.id.in_(hall.walks), Walk.deleted_at.is_(None))))
    wanted = ExhibitionRequest(
        hall.title, hall.text, hall.slug, hall.shown, [each for each in hall.walks if each in known]
    )
    if existing is None:
        exhibitions.create(wanted, who=COMMAND)
    else:
        exhibitions.change(existing, wanted, who=COMMAND)
    report.exhibitions += 1
