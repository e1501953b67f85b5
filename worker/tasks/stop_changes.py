"""Notes on what a worker changed of a stop's request while it generated the walk."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core.text import stop_notes
from app.storage.walk_models import Stop


def add_note(session: Session, walk_number: int, position: int, note: str) -> None:
    """Add a note of :mod:`app.core.text.stop_notes` to a stop; the caller's transaction has locked the walk."""
    stop = (Stop.walk_number == walk_number, Stop.position == position)
    stored = session.scalar(select(Stop.note).where(*stop)) or ""
    session.execute(update(Stop).where(*stop).values(note=stop_notes.with_note(stored, note)))
