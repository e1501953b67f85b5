"""Operators' actions on the drawing library: add, remove and restore drawings."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer

from app.collection.moderation import audit_log, drawing_request
from app.collection.moderation.drawing_request import WORDS_MOST, CheckedDrawing, DrawingRequest
from app.core.errors import InvalidInput
from app.core.i18n.formatting import join_words
from app.core.i18n.gettext import _
from app.core.text.folding import spaced
from app.offer.drawings import added_drawings, offered
from app.storage.database import db, now, take_advisory_lock, writing
from app.storage.drawing_models import AddedDrawing
from sketch.sketchbook import Drawing, digest_of

ADDED, CHANGED, RESTORED, REMOVED = "added", "changed", "brought back", "removed"
AS_IT_WAS, SHIPPED = "as it was", "shipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A drawing and the result of an action on it, one of ``ADDED`` to ``SHIPPED``.

    ``SHIPPED``: the drawing came with a model, so nothing was added.
    """

    drawing: Drawing
    what: str


def add(file: bytes, request: DrawingRequest, *, who: str = audit_log.CURATOR) -> Outcome:
    """Add a drawing to the drawing libraries of all sketch-conditioned models.

    If the drawing was added before, updates its fields and adds the new names to its words. If it was removed,
    restores it under the new name.

    :param file: the content of an SVG file.
    :raises InvalidInput: for a file that is not a usable drawing, or a field that breaks a rule.
    """
    checked = drawing_request.check(file, request)
    try:
        outcome = _add(checked, who)
    except IntegrityError:  # another process added the same drawing at the same time
        outcome = _add(checked, who)
    added_drawings.invalidate()
    return outcome


def remove(name: str, *, who: str = audit_log.CURATOR) -> Outcome:
    """Remove an added drawing: prompts are no longer interpreted as it. Walks that use it keep it.

    :param name: its digest or name.
    :raises InvalidInput: when no added drawing, or more than one, has this digest or name.
    """
    row = _find(name, is_removed=False)
    return _set(row, REMOVED, who) if row.removed_at is None else Outcome(row.drawing, AS_IT_WAS)


def restore(name: str, *, who: str = audit_log.CURATOR) -> Outcome:
    """Restore an added drawing that was removed.

    :param name: its digest or name.
    :raises InvalidInput: when no added drawing, or more than one, has this digest or name.
    """
    row = _find(name, is_removed=True)
    return Outcome(row.drawing, AS_IT_WAS) if row.removed_at is None else _set(row, RESTORED, who)


def every(search: str = "") -> list[AddedDrawing]:
    """Return the added drawings that match a search (all without one), removed ones too, the newest first."""
    query = select(AddedDrawing).options(defer(AddedDrawing.svg)).order_by(AddedDrawing.number.desc())
    rows = db.session.scalars(query, execution_options={"populate_existing": True})
    return [row for row in rows if is_found(row.drawing, search)]


def is_found(drawing: Drawing, search: str) -> bool:
    """Return whether each word of a search is a prefix of a word in a drawing's fields, ignoring case and accents."""
    fields = (
        drawing.name, *drawing.words, drawing.kind, drawing.style, drawing.artist, drawing.licence, drawing.digest
    )  # fmt: skip
    text = f" {spaced(' '.join(fields))}"
    return all(f" {word}" in text for word in spaced(search).split())


def next_revision(session: Session) -> int:
    """Return the number of the next change to the added drawings, and lock out other changes until the commit."""
    take_advisory_lock(session)
    return (session.scalar(select(func.max(AddedDrawing.revision))) or 0) + 1


def _add(checked: CheckedDrawing, who: str) -> Outcome:
    digest, (name, *words) = digest_of(checked.svg), checked.names
    shipped = [drawing for book in offered.list_books() if (drawing := book.drawings.get(digest))]
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
            what = RESTORED
        else:
            before, what = row.drawing, CHANGED
            row.words = _more_words(row, checked.names)
        for field, value in {"kind": row.kind or kind, **checked.fields}.items():
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


def _set(drawing: AddedDrawing, what: str, who: str) -> Outcome:
    with writing() as session:
        row = session.get_one(AddedDrawing, drawing.number, populate_existing=True)
        row.removed_at, row.revision = now() if what == REMOVED else None, next_revision(session)
        audit_log.note_in(session, f"{what} drawing", f"{row.digest} {row.name}", who=who)
    added_drawings.invalidate()
    return Outcome(row.drawing, what)


def _find(name: str, *, is_removed: bool) -> AddedDrawing:
    """Return the added drawing with a digest or name; of several, the one whose state of removal matches.

    :raises InvalidInput: when there is none, or more than one.
    """
    folded = " ".join(name.split()).casefold()
    rows = [row for row in every() if folded in (row.digest, row.name.casefold())]
    matches = [row for row in rows if (row.removed_at is not None) is is_removed] or rows
    if len(matches) == 1:
        return matches[0]
    values = {"name": f"{name.strip():.80}", "digests": join_words([row.digest for row in matches])}
    shipped = (each for book in offered.list_books() for each in book.drawings.values())
    if matches:
        flaw = _("Several drawings are called “%(name)s”: name one by its digest, %(digests)s.", **values)
    elif any(folded in (each.digest, each.name.casefold()) for each in shipped):
        flaw = _("“%(name)s” is shipped with the model; only what was added here can be removed.", **values)
    else:
        flaw = _("No drawing that was added is called “%(name)s”, nor has this digest.", **values)
    raise InvalidInput.on("drawing", message=flaw)
