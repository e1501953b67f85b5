"""Added drawings in an archive of walks: the format of their lines, and how another site imports them.

An imported drawing has the state of a removed one: walks that use it can be rendered, but the prompt parser does not
offer it until a curator restores it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from app.collection.moderation import audit_log, drawing_curation, drawing_request
from app.collection.moderation.drawing_request import KIND, WORDS_MOST
from app.offer.drawings import added_drawings, offered
from app.requests.walk_requests.recipe_pins import PRINTABLE
from app.storage.database import db, now, writing
from app.storage.drawing_models import CREDIT_MAX, KIND_MAX, NAME_MAX, SOURCE_MAX, STYLE_MAX, AddedDrawing
from sketch import svg as svg_files
from sketch.sketchbook import SketchbookError, digest_of

DRAWINGS = "drawings.jsonl"
BATCH = 100

Name = Annotated[str, Field(min_length=1, max_length=NAME_MAX, pattern=PRINTABLE)]
Credit = Annotated[str, Field(max_length=CREDIT_MAX, pattern=PRINTABLE)]


class DrawingLine(BaseModel):
    """The line of an added drawing, whether removed or not."""

    model_config = ConfigDict(extra="forbid")

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{20}$")]
    name: Name
    words: Annotated[list[Name], Field(max_length=WORDS_MOST)]
    kind: Annotated[str, Field(max_length=KIND_MAX, pattern=rf"^(?:{KIND.pattern})?$")]
    style: Annotated[str, Field(max_length=STYLE_MAX, pattern=PRINTABLE)]
    artist: Credit
    licence: Credit
    source: Annotated[str, Field(max_length=SOURCE_MAX, pattern=PRINTABLE)]
    svg: Annotated[str, Field(max_length=svg_files.BYTES)]


def lines_of(digests: Collection[str]) -> Iterable[DrawingLine]:
    """Yield the lines of those of the drawings that were added on this site, by digest."""
    wanted = sorted(digests)
    for start in range(0, len(wanted), BATCH):
        query = select(AddedDrawing).where(AddedDrawing.digest.in_(wanted[start : start + BATCH]))
        for row in db.session.scalars(query.order_by(AddedDrawing.digest)):
            yield DrawingLine(**{name: getattr(row, name) for name in DrawingLine.model_fields})


def unknown(lines: Iterable[DrawingLine]) -> list[DrawingLine]:
    """Return the lines of drawings that were neither added here (removed or not) nor shipped with a model on offer."""
    books = [added_drawings.book(), *offered.list_books()]
    return [line for line in lines if not any(line.digest in book for book in books)]


def flaw(line: DrawingLine) -> str:
    """Return why a drawing cannot be imported, as the end of a sentence; ``""`` if it can."""
    if digest_of(line.svg) != line.digest:
        return "is another than its digest says"
    if errors := drawing_request.shown_flaws([line.name, *line.words]):
        return f"cannot be taken in. {errors[0].message}".rstrip(".")
    try:
        kept = svg_files.try_rendering(line.svg)
    except SketchbookError as error:
        return f"cannot be taken in. {error}".rstrip(".")
    return "" if kept == line.svg else "does not stand in a square"


def import_drawings(lines: Sequence[DrawingLine]) -> None:
    """Store drawings that `flaw` has checked, as removed ones: walks can use them, but they are not offered."""
    for line in lines:
        with writing() as session:
            revision = drawing_curation.next_revision(session)
            session.add(AddedDrawing(**line.model_dump(), revision=revision, removed_at=now()))
            audit_log.note_in(session, "took in drawing", f"{line.digest} {line.name}", who=audit_log.COMMAND)
    if lines:
        added_drawings.invalidate()
