"""The drawings that curators added, as this process knows them: at most a second behind the database."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import defer

from app.storage.database import db
from app.storage.drawing_models import AddedDrawing
from sketch.sketchbook import Sketchbook

SECONDS = 1.0
"""How long a process takes for granted that nothing was added or removed."""

EXTENSION = "moma-drawings"


def book() -> Sketchbook:
    """Return the drawings that were added; those removed since are withdrawn. The same one until something changes."""
    held: _Held = current_app.extensions.setdefault(EXTENSION, _Held())
    if held.book is None or time.monotonic() >= held.until:
        held.until = time.monotonic() + SECONDS  # first: others need not ask as well
        revision = db.session.scalar(select(func.max(AddedDrawing.revision))) or 0
        if held.book is None or revision != held.revision:
            held.book, held.revision = _read(), revision
    return held.book


def invalidate() -> None:
    """Ask the database when the drawings are next wanted: something was changed."""
    current_app.extensions.pop(EXTENSION, None)


@dataclass(slots=True)
class _Held:
    book: Sketchbook | None = None
    revision: int = 0
    until: float = field(default=0.0)


def _read() -> Sketchbook:
    query = select(AddedDrawing).options(defer(AddedDrawing.svg)).order_by(AddedDrawing.number)
    rows = db.session.scalars(query, execution_options={"populate_existing": True}).all()
    listed, withdrawn = (
        [row.drawing for row in rows if (row.removed_at is None) is is_listed] for is_listed in (True, False)
    )
    return Sketchbook(listed, _Stored(frozenset(row.digest for row in rows)), withdrawn)


class _Stored(Mapping[str, str]):
    """The SVGs in the database, read one by one."""

    def __init__(self, digests: frozenset[str]) -> None:
        self._digests = digests

    def __getitem__(self, digest: str) -> str:
        found = None
        if digest in self._digests:
            found = db.session.scalar(select(AddedDrawing.svg).where(AddedDrawing.digest == digest))
        if found is None:
            raise KeyError(digest)
        return str(found)

    def __iter__(self) -> Iterator[str]:
        return iter(self._digests)

    def __len__(self) -> int:
        return len(self._digests)
