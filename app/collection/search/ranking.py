"""Rankers, and the fusion of their rankings into one.

A *ranker* takes the search text and returns the numbers of matching walks, the best first, at most some hundred. It
does not apply filters or check whether a walk is public:

    ranking.add_ranker(app, semantic_search.ranked)  # ranked(query: str) -> Sequence[int]

For the order "best first" the gallery calls every ranker, removes walks that are not public or do not pass the filters,
and joins the rankings with that of the full-text search by :func:`fuse_rankings`.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from flask import Flask, current_app

Ranker = Callable[[str], Sequence[int]]
FUSED_MAX = 500
"""The most walks that the order "best first" shows, on all its pages together."""
EVENED = 60
"""The constant k of reciprocal rank fusion: it lessens the weight of the first ranks (Cormack et al., SIGIR 2009)."""


def add_ranker(app: Flask, ranker: Ranker) -> None:
    """Register a ranker with the application."""
    app.extensions.setdefault("rankers", []).append(ranker)


def rankers() -> list[Ranker]:
    """Return the rankers of the current application."""
    registered: list[Ranker] = current_app.extensions["rankers"]
    return registered


def fuse_rankings(*rows: Sequence[int], limit: int = FUSED_MAX) -> list[int]:
    """Join rankings of walk numbers, each the best first, by reciprocal rank fusion; return up to ``limit`` numbers.

    Numbers with equal scores are sorted as they first occur.
    """
    scores: Counter[int] = Counter()
    for row in rows:
        for rank, number in enumerate(dict.fromkeys(row), start=1):
            scores[number] += 1 / (EVENED + rank)  # type: ignore[assignment]
    return [number for number, _ in scores.most_common(limit)]
