"""Search by meaning: walks whose words mean something like what is asked for, though they share none of it.

Every walk has a vector, which follows from its prompts and the table of meaning alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
from flask import Flask, current_app
from sqlalchemy import Connection, func, select

from app.search import ranking
from app.search.vector_file import Floats
from app.search.vector_index import Batch, Index, IndexProgress, SourceError, mark_of
from app.storage.walk_models import Stop, Walk
from app.text.embedding import Embedding, TableError, normalised

EXTENSION = "moma-meaning"
LEAST = 0.3
"""How like a query a walk must be at least, as a cosine: what is further off was not meant."""

UNMEANT = re.compile(r"(?:^|(?<=\s))-\S+|[\"*]")
"""What of a query is none of its meaning: words that are not wanted, and the marks of its syntax."""

MOST = 1000
"""How many walks are returned at most: more than are shown, as some are not public or do not pass a filter."""


def init_app(app: Flask) -> None:
    """Plug in to search; nothing is opened before the first."""
    source = _Walks()
    app.extensions[EXTENSION] = (source, Index(source))
    ranking.add_ranker(app, ranked)


def ranked(query: str) -> list[int]:
    """Return the numbers of the walks that mean what ``query`` says, the nearest first, some hundred at most.

    Whether they are public is for the database to say. Empty where nothing is like it, no word of it is known, or there
    is no index.
    """
    source, index = _ours()
    vectors = index.up_to_date()
    said = UNMEANT.sub(" ", query)
    if vectors is None or not (vector := source.embedding().embed([said])[0]).any():
        return []
    found = vectors.nearest(vector, MOST)
    return [int(key) for key in found.keys[found.likeness >= LEAST]]


def reindex() -> Iterator[IndexProgress]:
    """Make the index anew beside the one that is searched.

    :raises SourceError: when there is no table.
    """
    return _ours()[1].make_anew()


def embedding() -> Embedding:
    """Return the table of meaning, which is loaded once in a process.

    :raises SourceError: when there is none.
    """
    return _ours()[0].embedding()


def flaw() -> str:
    """Say what keeps walks from being found by their meaning: ``""`` if nothing does."""
    return _ours()[1].flaw()


def about() -> str:
    """Say how many walks can be found by their meaning."""
    return _ours()[1].about("walks")


class _Walks:
    """All walks by their numbers, whatever becomes of them."""

    name = "meaning"

    def __init__(self) -> None:
        self._embedding: Embedding | None = None

    def embedding(self) -> Embedding:
        """Load the table, once in a process."""
        if self._embedding is None:
            try:
                self._embedding = Embedding.load(current_app.config["MEANING"])
            except TableError as error:
                raise SourceError(str(error)) from error
        return self._embedding

    def kind(self) -> tuple[str, int]:
        embedding = self.embedding()
        return embedding.revision, embedding.width

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
        """Return the mean of the meanings of each walk's stops; zeros for one that was deleted."""
        vectors = np.zeros((len(numbers), self.embedding().width), np.float32)
        if not numbers:
            return vectors
        within = Stop.walk_number.between(numbers[0], numbers[-1])
        stops = connection.execute(select(Stop.walk_number, Stop.prompt, Stop.hand).where(within)).all()
        places = {number: place for place, number in enumerate(numbers)}
        stops = [stop for stop in stops if stop.walk_number in places]
        of_stops = self.embedding().embed([f"{stop.prompt} {stop.hand or ''}" for stop in stops])
        np.add.at(vectors, [places[stop.walk_number] for stop in stops], of_stops)
        return normalised(vectors)


def _ours() -> tuple[_Walks, Index]:
    return cast(tuple[_Walks, Index], current_app.extensions[EXTENSION])
