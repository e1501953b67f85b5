"""What walks look like: a few frames of each as the house eye sees them, and the walks that look most like one frame.

The worker looks, once a film is finished, and at old films when it has nothing else to do. The web process compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np
from flask import Flask, current_app
from sqlalchemy import ColumnElement, Connection, and_, func, select
from sqlalchemy.orm import selectinload

from app.search.vector_file import Floats, to_int8
from app.search.vector_index import Batch, Index, IndexProgress, SourceError, mark_of
from app.storage.database import db
from app.storage.walk_models import FINISHED, VisualFeatures, Walk
from app.text.embedding import normalised
from app.walks import lookup
from app.walks.lookup import select_public

EXTENSION = "moma-looks"
FRAMES = 16
"""How many frames of a walk are looked at, at most."""

ROWS_A_WALK = 6
"""How many rows of the index one walk takes, about; so many more are compared than walks are wanted."""


def init_app(app: Flask) -> None:
    """Open nothing yet."""
    app.extensions[EXTENSION] = Index(_Frames())


def pack(vectors: Floats) -> bytes:
    """Encode vectors as 8-bit integers, each on its own scale."""
    return to_int8(vectors).tobytes()


def unpack(look: VisualFeatures) -> Floats:
    """Return the vectors of a walk's visual features, a row for each of its frames, of length 1."""
    return _unpacked(look.vectors, len(look.frames))


def of(walk: Walk) -> VisualFeatures | None:
    """Return how a walk looks, a repeat as what it repeats; ``None`` while no worker has looked at it."""
    numbers = select(Walk.number).where(Walk.id.in_([walk.id, walk.repeat_of or walk.id]))
    look: VisualFeatures | None = db.session.scalar(
        select(VisualFeatures).where(VisualFeatures.walk_number.in_(numbers)).limit(1)
    )
    return look


def similar_walks(walk: Walk, frame: int, *, limit: int) -> list[Walk] | None:
    """Return the public walks that look most like the frame with this index, nearest first; not the walk itself.

    The nearest of the frames that were looked at stands for it. ``None`` while no worker has looked at the walk.
    """
    look = of(walk)
    if look is None or (vectors := _index().up_to_date()) is None:
        return None
    row = min(range(len(look.frames)), key=lambda place: abs(look.frames[place] - frame))
    asked = unpack(look)[row]
    wanted = 2 * ROWS_A_WALK * limit
    if len(asked) != vectors.kind[1]:  # another eye has looked since
        return None
    found = vectors.nearest(asked, wanted)
    like = found.likeness > 0  # what another eye saw is like nothing
    marks = dict(zip((found.keys[like] // FRAMES).tolist(), found.marks[like].tolist(), strict=True))
    rows = db.session.execute(
        select_public().join(VisualFeatures, VisualFeatures.walk_number == Walk.number)
        .add_columns(VisualFeatures.number)
        .where(VisualFeatures.number.in_(list(marks)), Walk.id != (walk.repeat_of or walk.id))
        .options(selectinload(Walk.stops), selectinload(Walk.media))
    ).all()  # fmt: skip
    there = {number: each for each, number in rows if mark_of(each.id) == marks[number]}
    return lookup.without_deleted(there[number] for number in marks if number in there)[:limit]


def reindex() -> Iterator[IndexProgress]:
    """Make the index anew beside the one that is searched.

    :raises SourceError: when no worker has looked at anything yet.
    """
    return _index().make_anew()


def flaw() -> str:
    """Say what keeps walks from being found by their looks: ``""`` if nothing does, or nobody has looked yet."""
    is_looked_at = db.session.scalar(select(VisualFeatures.number).limit(1)) is not None
    return _index().flaw() if is_looked_at else ""


def about() -> str:
    """Say how many frames can be found by their looks, and how many walks cannot."""
    return f"{_index().about('frames')}, {count_without()} walks wait to be looked at"


def without(before: int | None, limit: int, *, eye: str) -> list[Walk]:
    """Return finished walks that this eye has not looked at, the newest first, from those with a smaller number on."""
    query = select(Walk).outerjoin(VisualFeatures, _seen_by(eye)).where(*_unseen())
    if before is not None:
        query = query.where(Walk.number < before)
    return list(db.session.scalars(query.order_by(Walk.number.desc()).limit(limit)))


def count_without() -> int:
    """Count the finished walks that the eye which looked last has not looked at."""
    eye = db.session.scalar(select(VisualFeatures.eye).order_by(VisualFeatures.number.desc()).limit(1)) or ""
    query = select(func.count()).select_from(Walk).outerjoin(VisualFeatures, _seen_by(eye))
    return db.session.scalar(query.where(*_unseen())) or 0


def _seen_by(eye: str) -> ColumnElement[bool]:
    return and_(VisualFeatures.walk_number == Walk.number, VisualFeatures.eye == eye)


def _unseen() -> tuple[ColumnElement[bool], ...]:
    return VisualFeatures.number.is_(None), Walk.state == FINISHED, Walk.deleted_at.is_(None), Walk.repeat_of.is_(None)


class _Frames:
    """The frames that were looked at, by the number of their row of features and their place in it."""

    name = "looks"

    def kind(self) -> tuple[str, int]:
        """Take the eye that looked last."""
        last = db.session.execute(
            select(VisualFeatures.eye, VisualFeatures.frames, func.length(VisualFeatures.vectors).label("bytes"))
            .order_by(VisualFeatures.number.desc())
            .limit(1)
        ).one_or_none()
        if last is None:
            raise SourceError("No worker has looked at a film yet.")
        return last.eye, last.bytes // len(last.frames)

    def after(self, connection: Connection, key: int, limit: int) -> Batch:
        eye, width = self.kind()
        newer = (
            select(VisualFeatures.number, VisualFeatures.eye, VisualFeatures.frames, VisualFeatures.vectors, Walk.id)
            .join(Walk, Walk.number == VisualFeatures.walk_number)
            .where(VisualFeatures.number > key // FRAMES)
            .order_by(VisualFeatures.number)
        )
        rows = connection.execute(newer.limit(limit)).all()
        keys, ids, parts = [], [], [np.zeros((0, width), np.float32)]
        for row in rows:
            keys += [row.number * FRAMES + place for place in range(len(row.frames))]
            ids += [row.id] * len(row.frames)
            fits = row.eye == eye  # what another eye saw is like nothing
            parts.append(_unpacked(row.vectors, len(row.frames)) if fits else np.zeros((len(row.frames), width), "f4"))
        return Batch(keys, ids, np.concatenate(parts))

    def count_after(self, connection: Connection, key: int) -> int:
        newer = select(func.count()).select_from(VisualFeatures).where(VisualFeatures.number > key // FRAMES)
        return connection.scalar(newer) or 0

    def is_foreign(self, connection: Connection, key: int, mark: int) -> bool:
        """Tell so only where the row is there: it goes with its walk."""
        walk_id = connection.scalar(
            select(Walk.id)
            .join(VisualFeatures, VisualFeatures.walk_number == Walk.number)
            .where(VisualFeatures.number == key // FRAMES)
        )
        return walk_id is not None and mark_of(walk_id) != mark


def _unpacked(data: bytes, count: int) -> Floats:
    rows = np.frombuffer(data, np.int8).reshape(count, -1).astype(np.float32)
    return normalised(rows)


def _index() -> Index:
    return cast(Index, current_app.extensions[EXTENSION])
