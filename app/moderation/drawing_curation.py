"""What operators do to the sketchbook: add drawings, remove them, bring them back."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer

from app.drawings import added_drawings, offered
from app.errors import InvalidInput
from app.i18n.formatting import join_words
from app.i18n.gettext import _
from app.moderation import audit_log, drawing_request
from app.moderation.drawing_request import WORDS_MOST, CheckedDrawing, DrawingRequest
from app.storage.database import db, now, take_advisory_lock, writing
from app.storage.drawing_models import AddedDrawing
from app.text.folding import spaced
from sketch.sketchbook import Drawing, digest_of

ADDED, CHANGED, BROUGHT_BACK, REMOVED, AS_IT_WAS, SHIPPED = (
    "added",
    "changed",
    "brought back",
    "removed",
    "as it was",
    "shipped",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A drawing, and what became of it: ``shipped`` where it came with a model, so that nothing needed to be added."""

    drawing: Drawing
    what: str


def add(file: bytes, wanted: DrawingRequest, *, who: str = audit_log.CURATOR) -> Outcome:
    """Add a drawing to the sketchbooks of all models that sketches lead.

    Of one that is here, what is told is taken over: other names join its words. One that was removed is brought back,
    under the name that it is given now.

    :raises InvalidInput: for a file that is no drawing, or a field that breaks a rule.
    """
    checked = drawing_request.check(file, wanted)
    try:
        outcome = _add(checked, who)
    except IntegrityError:  # somebody added the same at the same time
        outcome = _add(checked, who)
    added_drawings.invalidate()
    return outcome


def remove(named: str, *, who: str = audit_log.CURATOR) -> Outcome:
    """Offer a drawing no longer, by its digest or name: prompts are not read as it. Walks that hold it keep it.

    :raises InvalidInput: when none of the drawings that were added, or several, are so called.
    """
    found = _find(named, is_removed=False)
    return _set(found, REMOVED, who) if found.removed_at is None else Outcome(found.drawing, AS_IT_WAS)


def bring_back(named: str, *, who: str = audit_log.CURATOR) -> Outcome:
    """Offer a drawing again that was removed, by its digest or name.

    :raises InvalidInput: when none of the drawings that were added, or several, are so called.
    """
    found = _find(named, is_removed=True)
    return Outcome(found.drawing, AS_IT_WAS) if found.removed_at is None else _set(found, BROUGHT_BACK, who)


def every(search: str = "") -> list[AddedDrawing]:
    """List the drawings that were added, the newest first; with a search, those that it finds."""
    query = select(AddedDrawing).options(defer(AddedDrawing.svg)).order_by(AddedDrawing.number.desc())
    rows = db.session.scalars(query, execution_options={"populate_existing": True})
    return [row for row in rows if is_found(row.drawing, search)]


def is_found(drawing: Drawing, search: str) -> bool:
    """Tell whether each word of a search begins one of what is told of a drawing, whatever its case and accents."""
    told = (drawing.name, *drawing.words, drawing.kind, drawing.style, drawing.artist, drawing.licence, drawing.digest)
    text = f" {spaced(' '.join(told))}"
    return all(f" {word}" in text for word in spaced(search).split())


def next_revision(session: Session) -> int:
    """Return the number of the change to come, unlike all before; until the end of it, nobody else makes any."""
    take_advisory_lock(session)
    return (session.scalar(select(func.max(AddedDrawing.revision))) or 0) + 1


def _add(checked: CheckedDrawing, who: str) -> Outcome:
    digest, (name, *words) = digest_of(checked.svg), checked.names
    shipped = [found for book in offered.list_books() if (found := book.drawings.get(digest))]
    kind = drawing_request.kind_of(checked.names)
    with writing() as session:
        revision = next_revision(session)
        row = session.scalar(select(AddedDrawing).where(AddedDrawing.digest == digest))
        if row is None and shipped:
            return Outcome(shipped[0], SHIPPED)
        before = None
        if row is None:
            row = AddedDrawing(digest=digest, svg=checked.svg, name=name, words=words, kind="")
            session.add(row)
            what = ADDED
        elif row.removed_at is not None:
            row.name, row.words, row.removed_at = name, words, None
            what = BROUGHT_BACK
        else:
            before, what = row.drawing, CHANGED
            row.words = _more_words(row, checked.names)
        for field, value in {"kind": row.kind or kind, **checked.told}.items():
            setattr(row, field, value)
        if row.drawing == before:
            return Outcome(before, AS_IT_WAS)
        row.revision = revision
        audit_log.note_in(session, f"{what} drawing", f"{digest} {row.name}", who=who)
    return Outcome(row.drawing, what)


def _more_words(row: AddedDrawing, names: list[str]) -> list[str]:
    known = {each.casefold() for each in (row.name, *row.words)}
    words = [*row.words, *(each for each in names if each.casefold() not in known)]
    if len(words) > WORDS_MOST:
        raise InvalidInput([drawing_request.too_many_words(len(words))])
    return words


def _set(found: AddedDrawing, what: str, who: str) -> Outcome:
    with writing() as session:
        row = session.get_one(AddedDrawing, found.number, populate_existing=True)
        row.removed_at, row.revision = now() if what == REMOVED else None, next_revision(session)
        audit_log.note_in(session, f"{what} drawing", f"{row.digest} {row.name}", who=who)
    added_drawings.invalidate()
    return Outcome(row.drawing, what)


def _find(named: str, *, is_removed: bool) -> AddedDrawing:
    """Find an added drawing by its digest or name; of those of one name, the one that is, or is not, removed."""
    asked = " ".join(named.split()).casefold()
    rows = [row for row in every() if asked in (row.digest, row.name.casefold())]
    wanted = [row for row in rows if (row.removed_at is not None) is is_removed] or rows
    if len(wanted) == 1:
        return wanted[0]
    told = {"name": f"{named.strip():.80}", "digests": join_words([row.digest for row in wanted])}
    shipped = (each for book in offered.list_books() for each in book.drawings.values())
    if wanted:
        flaw = _("Several drawings are called “%(name)s”: name one by its digest, %(digests)s.", **told)
    elif any(asked in (each.digest, each.name.casefold()) for each in shipped):
        flaw = _("“%(name)s” is shipped with the model; only what was added here can be removed.", **told)
    else:
        flaw = _("No drawing that was added is called “%(name)s”, nor has this digest.", **told)
    raise InvalidInput.on("drawing", message=flaw)
