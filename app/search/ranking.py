"""Rankers, and the fusion of what they find into one row.

A *ranker* takes what was typed and returns the numbers of walks, the best first, a few hundred at most; it needs to
know nothing of filters, pages or what is in the gallery:

    ranking.add_ranker(app, semantic_search.ranked)  # ranked(query: str) -> Sequence[int]

The gallery asks each of them for "best first", leaves out what is not public or does not pass the filters, and joins
their rows with that of the words by :func:`fuse_rankings`. With none, "best first" is by words alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from flask import Flask, current_app

Ranker = Callable[[str], Sequence[int]]
FUSED_MAX = 500
"""How many walks "best first" shows at most: a bounded list, which its pages leaf through."""
EVENED = 60
"""What is added to each rank, so that the first few of a row do not decide all (Cormack et al., SIGIR 2009)."""


def add_ranker(app: Flask, ranker: Ranker) -> None:
    """Have "best first" ask one more way of finding."""
    app.extensions.setdefault("rankers", []).append(ranker)


def rankers() -> list[Ranker]:
    """Return the ways of finding that were added to the current application."""
    found: list[Ranker] = current_app.extensions.get("rankers", [])
    return found


def fuse_rankings(*rows: Sequence[int], limit: int = FUSED_MAX) -> list[int]:
    """Join rows of walks' numbers, each the best first, by reciprocal rank; of equals, that of the first row leads."""
    scores: Counter[int] = Counter()
    for row in rows:
        for rank, number in enumerate(dict.fromkeys(row), start=1):
            scores[number] += 1 / (EVENED + rank)  # type: ignore[assignment]
    return [number for number, _ in scores.most_common(limit)]
