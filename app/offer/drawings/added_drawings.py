"""The drawings that curators added, cached in this process for at most a second."""

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
"""How long the cache is used before the database is asked for changes."""

EXTENSION = "moma-drawings"


def book() -> Sketchbook:
    """Return the library of added drawings; removed ones are withdrawn. The same object until a drawing changes."""
    cache: _Cache = current_app.extensions.setdefault(EXTENSION, _Cache())
    if cache.book is None or time.monotonic() >= cache.until:
        cache.until = time.monotonic() + SECONDS  # first, so that other threads do not ask too
        revision = db.session.scalar(select(func.max(AddedDrawing.revision))) or 0
        if cache.book is None or revision != cache.revision:
            cache.book, cache.revision = _read(), revision
    return cache.book


def invalidate() -> None:
    """Drop the cache, so that the next use reads the database: a drawing changed."""
    current_app.extensions.pop(EXTENSION, None)


@dataclass(slots=True)
class _Cache:
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
    """The SVGs in the database, read one at a time."""

    def __init__(self, digests: frozenset[str]) -> None:
        self._digests = digests

    def __getitem__(self, digest: str) -> str:
        svg = None
        if digest in self._digests:
            svg = db.session.scalar(select(AddedDrawing.svg).where(AddedDrawing.digest == digest))
        if svg is None:
            raise KeyError(digest)
        return str(svg)

    def __iter__(self) -> Iterator[str]:
        return iter(self._digests)

    def __len__(self) -> int:
        return len(self._digests)
