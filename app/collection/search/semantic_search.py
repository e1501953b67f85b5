"""Semantic search: find walks whose prompts mean something similar to the query, though they share no word with it.

Each walk has one vector, the mean of its prompts' text embeddings. They depend only on the prompts and the embedding
table.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
from flask import Flask, current_app
from sqlalchemy import Connection, func, select

from app.collection.search import ranking
from app.collection.search.vector_file import Floats
from app.collection.search.vector_index import Batch, Index, IndexProgress, SourceError, mark_of
from app.core.text.embedding import Embedding, TableError, normalise
from app.storage.walk_models import Stop, Walk

EXTENSION = "moma-meaning"
LEAST = 0.3
"""The least cosine similarity of a match."""

UNMEANT = re.compile(r"(?:^|(?<=\s))-\S+|[\"*]")
"""Parts of a query without meaning: excluded words, quotation marks and asterisks."""

VERSION = ".2"
"""Ends the revision that an index is built for; it changes with the text that is embedded of a stop."""

MOST = 1000
"""The most walks that are returned: more than are shown, because some are not public or do not pass a filter."""


def init_app(app: Flask) -> None:
    """Register semantic search as a ranker; the index is opened at the first search."""
    source = _Walks()
    app.extensions[EXTENSION] = (source, Index(source))
    ranking.add_ranker(app, ranked)


def ranked(query: str) -> list[int]:
    """Return the numbers of up to ``MOST`` walks whose meaning is similar to the query, the most similar first.

    Includes walks that are not public. Empty if there is no index, the embedding table has no word of the query, or no
    walk reaches the similarity ``LEAST``.
    """
    source, index = _ours()
    vectors = index.up_to_date()
    text = UNMEANT.sub(" ", query)
    if vectors is None or not (vector := source.embedding().embed([text])[0]).any():
        return []
    matches = vectors.nearest(vector, MOST)
    return [int(key) for key in matches.keys[matches.likeness >= LEAST]]


def similar_numbers(walk: Walk) -> list[int]:
    """Return the numbers of walks whose meaning is similar to that of a walk, the most similar first, without its own.

    Includes walks that are not public. Empty under the same conditions as `ranked`.
    """
    vectors = _ours()[1].up_to_date()
    vector = None if vectors is None else vectors.vector(walk.number)
    if vectors is None or vector is None:
        return []
    matches = vectors.nearest(vector, MOST)
    return [int(key) for key in matches.keys[matches.likeness >= LEAST] if key != walk.number]


def reindex() -> Iterator[IndexProgress]:
    """Rebuild the index and replace the current one; yield progress.

    :raises SourceError: when there is no embedding table.
    """
    return _ours()[1].rebuild()


def embedding() -> Embedding:
    """Return the embedding table, which is loaded once per process.

    :raises SourceError: when it is missing or broken.
    """
    return _ours()[0].embedding()


def flaw() -> str:
    """Return a sentence on why semantic search does not find all walks, or ``""`` if it does."""
    return _ours()[1].flaw()


def summary() -> str:
    """Return a sentence on how many walks the index holds."""
    return _ours()[1].summary("walks")


class _Walks:
    """The source of the index: all walks, public or not, by number."""

    name = "meaning"

    def __init__(self) -> None:
        self._embedding: Embedding | None = None

    def embedding(self) -> Embedding:
        """Return the embedding table, loading it at the first call."""
        if self._embedding is None:
            try:
                self._embedding = Embedding.load(current_app.config["MEANING"])
            except TableError as error:
                raise SourceError(str(error)) from error
        return self._embedding

    def kind(self) -> tuple[str, int]:
        embedding = self.embedding()
        revision = embedding.revision[: -len(VERSION)] + VERSION  # as long as before: the header is fixed
        return revision, embedding.width

    def after(self, connection: Connection, key: int, limit: int) -> Batch:
        newer = select(Walk.number, Walk.id).where(Walk.number > key).order_by(Walk.number)
        walks = connection.execute(newer.limit(limit)).all()
        numbers = [walk.number for walk in walks]
        return Batch(numbers, [walk.id for walk in walks], self._vectors(connection, numbers))

    def count_after(self, connection: Connection, key: int) -> int:
        return connection.scalar(select(func.count()).select_from(Walk).where(Walk.number > key)) or 0

    def is_foreign(self, connection: Connection, key: int, mark: int) -> bool:
        return mark_of(connection.scalar(select(Walk.id).where(Walk.number == key)) or "") != mark

    def _vectors(self, connection: Connection, numbers: Sequence[int]) -> Floats:
        """Return the normalised mean of the embeddings of each walk's stops; zeros for a deleted walk."""
        vectors = np.zeros((len(numbers), self.embedding().width), np.float32)
        if not numbers:
            return vectors
        within = Stop.walk_number.between(numbers[0], numbers[-1])
        stops = connection.execute(
            select(
                Stop.walk_number,
                Stop.prompt,
                Stop.requested_style.label("requested_style"),  # a connection names columns as the database does
                Stop.chosen_style,
                Stop.scene,
            ).where(within)
        ).all()
        places = {number: index for index, number in enumerate(numbers)}
        stops = [stop for stop in stops if stop.walk_number in places]
        of_stops = self.embedding().embed([_text_of(stop) for stop in stops])
        np.add.at(vectors, [places[stop.walk_number] for stop in stops], of_stops)
        return normalise(vectors)


def _text_of(stop: Any) -> str:
    """Return the text of a stop that is embedded: its prompt and style, and what its scene shows in English.

    The embedding knows English best. A prompt in English has the scene's words in it, except for their style.
    """
    styles = {stop.requested_style, stop.chosen_style}
    shown = " ".join(part for part in str((stop.scene or {}).get("words", "")).split(", ") if part not in styles)
    known = set(stop.prompt.lower().split())
    added = [word for word in shown.lower().split() if word not in known]
    return " ".join([stop.prompt, stop.requested_style or "", *added])


def _ours() -> tuple[_Walks, Index]:
    return cast(tuple[_Walks, Index], current_app.extensions[EXTENSION])
