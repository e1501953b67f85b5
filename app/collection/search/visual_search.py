"""Visual similarity: image embeddings of some frames of each walk, and the walks most similar to a frame.

Workers compute the embeddings, of each finished film and, when idle, of older ones. The web process compares them.
"""

from collections.abc import Iterator
from typing import cast

import numpy as np
from flask import Flask, current_app
from sqlalchemy import ColumnElement, Connection, and_, func, select

from app.collection.search.vector_file import Floats, to_int8
from app.collection.search.vector_index import Batch, Index, IndexProgress, SourceError, mark_of
from app.core.text.embedding import normalise
from app.storage.database import db
from app.storage.walk_models import FINISHED, VisualFeatures, Walk
from app.walks.saved import lookup
from app.walks.saved.lookup import select_public

EXTENSION = "moma-looks"
FRAMES = 16
"""The most frames of a walk that are embedded."""

LEAST = 0.3
"""The least cosine similarity of a walk that looks like a frame. Of frames of different walks of the first exhibition
three quarters have less than 0.29."""

ROWS_A_WALK = 6
"""The usual number of rows per walk; as many more rows than walks are fetched."""


def init_app(app: Flask) -> None:
    """Register the index with the application; it is opened at the first query."""
    app.extensions[EXTENSION] = Index(_Frames())


def pack(vectors: Floats) -> bytes:
    """Encode vectors as bytes: 8-bit integers, each vector scaled by its greatest absolute value."""
    return to_int8(vectors).tobytes()


def unpack(features: VisualFeatures) -> Floats:
    """Return the image embeddings of a walk as an array of shape (frames, width), each normalised to length 1."""
    return _unpacked(features.vectors, len(features.frames))


def features_of(walk: Walk) -> VisualFeatures | None:
    """Return the visual features of a walk, or of the walk whose files it shares; ``None`` if there are none yet."""
    numbers = select(Walk.number).where(Walk.id.in_([walk.id, walk.repeat_of or walk.id]))
    features: VisualFeatures | None = db.session.scalar(
        select(VisualFeatures).where(VisualFeatures.walk_number.in_(numbers)).limit(1)
    )
    return features


def similar_walks(walk: Walk, frame: int, *, limit: int) -> list[Walk] | None:
    """Return up to ``limit`` public walks that look like a frame, the most similar first, without the walk itself.

    Compares the embedded frame that is nearest to ``frame``. ``None`` if the walk or the index has no embeddings yet.

    :param frame: the index of a frame of the walk.
    """
    features = features_of(walk)
    if features is None or (vectors := _index().up_to_date()) is None:
        return None
    row = min(range(len(features.frames)), key=lambda place: abs(features.frames[place] - frame))
    vector = unpack(features)[row]
    wanted = 2 * ROWS_A_WALK * limit
    if len(vector) != vectors.kind[1]:  # the index is of another image encoder
        return None
    matches = vectors.nearest(vector, wanted)
    like = matches.likeness >= LEAST  # rows of another image encoder are zeros
    marks = dict(zip((matches.keys[like] // FRAMES).tolist(), matches.marks[like].tolist(), strict=True))
    rows = db.session.execute(
        select_public()
        .join(VisualFeatures, VisualFeatures.walk_number == Walk.number)
        .add_columns(VisualFeatures.number)
        .where(VisualFeatures.number.in_(list(marks)), Walk.id != (walk.repeat_of or walk.id))
        .options(*lookup.WHOLE)
    ).all()
    there = {number: each for each, number in rows if mark_of(each.id) == marks[number]}
    return lookup.without_deleted(there[number] for number in marks if number in there)[:limit]


def reindex() -> Iterator[IndexProgress]:
    """Rebuild the index and replace the current one; yield progress.

    :raises SourceError: when no walk has image embeddings yet.
    """
    return _index().rebuild()


def flaw() -> str:
    """Return a sentence on why the index lacks walks, or ``""`` if it lacks none or no walk has embeddings yet."""
    has_features = db.session.scalar(select(VisualFeatures.number).limit(1)) is not None
    return _index().flaw() if has_features else ""


def summary() -> str:
    """Return a sentence on how many frames the index holds, and how many walks have no image embeddings."""
    return f"{_index().summary('frames')}, {count_walks_without_features()} walks wait for image embeddings"


def walks_without_features(before: int | None, limit: int, *, eye: str) -> list[Walk]:
    """Return finished walks that an image encoder has not embedded, the newest first.

    :param before: only walks with smaller numbers; ``None`` for all.
    :param eye: the revision of the image encoder.
    """
    query = select(Walk).outerjoin(VisualFeatures, _seen_by(eye)).where(*_unseen())
    if before is not None:
        query = query.where(Walk.number < before)
    return list(db.session.scalars(query.order_by(Walk.number.desc()).limit(limit)))


def count_walks_without_features() -> int:
    """Return the number of finished walks that the most recently used image encoder has not embedded."""
    eye = db.session.scalar(select(VisualFeatures.encoder).order_by(VisualFeatures.number.desc()).limit(1)) or ""
    query = select(func.count()).select_from(Walk).outerjoin(VisualFeatures, _seen_by(eye))
    return db.session.scalar(query.where(*_unseen())) or 0


def _seen_by(eye: str) -> ColumnElement[bool]:
    return and_(VisualFeatures.walk_number == Walk.number, VisualFeatures.encoder == eye)


def _unseen() -> tuple[ColumnElement[bool], ...]:
    return VisualFeatures.number.is_(None), Walk.state == FINISHED, Walk.deleted_at.is_(None), Walk.repeat_of.is_(None)


class _Frames:
    """The source of the index: embedded frames.

    A key is the number of the row of features times ``FRAMES``, plus the frame's place in that row.
    """

    name = "looks"

    def kind(self) -> tuple[str, int]:
        """Return the revision of the most recently used image encoder, and the width of its vectors."""
        last = db.session.execute(
            select(VisualFeatures.encoder, VisualFeatures.frames, func.length(VisualFeatures.vectors).label("bytes"))
            .order_by(VisualFeatures.number.desc())
            .limit(1)
        ).one_or_none()
        if last is None:
            raise SourceError("No worker has computed image embeddings yet.")
        return last.encoder, last.bytes // len(last.frames)

    def after(self, connection: Connection, key: int, limit: int) -> Batch:
        eye, width = self.kind()
        newer = (
            select(
                VisualFeatures.number,
                VisualFeatures.encoder.label("encoder"),  # a connection names columns as the database does
                VisualFeatures.frames,
                VisualFeatures.vectors,
                Walk.id,
            )
            .join(Walk, Walk.number == VisualFeatures.walk_number)
            .where(VisualFeatures.number > key // FRAMES)
            .order_by(VisualFeatures.number)
        )
        rows = connection.execute(newer.limit(limit)).all()
        keys, ids, parts = [], [], [np.zeros((0, width), np.float32)]
        for row in rows:
            keys += [row.number * FRAMES + index for index in range(len(row.frames))]
            ids += [row.id] * len(row.frames)
            fits = row.encoder == eye  # rows of another image encoder become zeros, which match nothing
            parts.append(_unpacked(row.vectors, len(row.frames)) if fits else np.zeros((len(row.frames), width), "f4"))
        return Batch(keys, ids, np.concatenate(parts))

    def count_after(self, connection: Connection, key: int) -> int:
        newer = select(func.count()).select_from(VisualFeatures).where(VisualFeatures.number > key // FRAMES)
        return connection.scalar(newer) or 0

    def is_foreign(self, connection: Connection, key: int, mark: int) -> bool:
        """Return whether the row of features belongs to another walk; ``False`` if it was deleted with its walk."""
        walk_id = connection.scalar(
            select(Walk.id)
            .join(VisualFeatures, VisualFeatures.walk_number == Walk.number)
            .where(VisualFeatures.number == key // FRAMES)
        )
        return walk_id is not None and mark_of(walk_id) != mark


def _unpacked(data: bytes, count: int) -> Floats:
    rows = np.frombuffer(data, np.int8).reshape(count, -1).astype(np.float32)
    return normalise(rows)


def _index() -> Index:
    return cast(Index, current_app.extensions[EXTENSION])
