"""Benchmark semantic search in a full gallery: its speed, and its agreement with an exhaustive comparison."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask

from app.collection.gallery import catalogue
from app.collection.gallery.catalogue_query import CatalogueQuery
from app.collection.search import semantic_search
from app.collection.search.vector_file import BLOCK, Vectors
from app.core.text.embedding import Embedding, Floats
from app.offer.generation import offers

QUERIES = 100
SHOWN = 10
INDEX = "meaning.2.vectors"


def index() -> dict[str, float]:
    """Build the index, which every page sorted by relevance uses from then on; return its size and speed."""
    began, done = time.monotonic(), 0
    for progress in semantic_search.reindex():
        done = progress.done
    return {"indexed": done, "indexed_a_second": done / (time.monotonic() - began)}


def queries(count: int = QUERIES) -> list[str]:
    """Return queries: two motifs of the model's vocabulary each, seldom the words of one walk."""
    draw, known = random.Random(5), offers.first().facts.vocabulary
    return [" ".join(draw.sample(known, 2)) for _ in range(count)]


def measure(app: Flask) -> dict[str, Any]:
    """Return the recall of the first ten against an exhaustive comparison, alone and fused with words, and times."""
    with app.app_context():
        searches = queries()
        table = Embedding.load(app.config["MEANING"])
        exact = dict(zip(searches, _exact(Path(app.instance_path) / INDEX, table, searches), strict=True))
        walls, processor, alone, quick = [], [], [], {}
        for query in searches:
            began, spent = time.perf_counter(), time.process_time()
            found = semantic_search.ranked(query)
            walls.append(1000 * (time.perf_counter() - began))
            processor.append(1000 * (time.process_time() - spent))
            alone.append(_share(found, exact[query]))
            quick[query] = _first(query)
        rankers, app.extensions["rankers"] = app.extensions["rankers"], [exact.__getitem__]
        try:
            fused = [_share(quick[query], _first(query)) for query in searches]
        finally:
            app.extensions["rankers"] = rankers
    return {
        "recall_at_10": statistics.mean(alone),
        "fused_recall_at_10": statistics.mean(fused),
        "ranker_median": statistics.median(walls),
        "ranker_p95": statistics.quantiles(walls, n=20)[-1],
        "ranker_processor_p95": statistics.quantiles(processor, n=20)[-1],
    }


def summary(found: dict[str, Any]) -> str:
    """Return the results in two or three sentences."""
    index, fused = found["index"], found["fused"]
    return (
        f"Of the ten nearest by meaning that a comparison with all vectors finds, the index finds"
        f" {fused['recall_at_10']:.1%}; of the first ten fused with words {fused['fused_recall_at_10']:.1%} (aim ≥ 90)."
        f" Asking it takes {fused['ranker_median']:.1f} ms (median; p95 {fused['ranker_p95']:.1f} ms, of the processor"
        f" {fused['ranker_processor_p95']:.1f} ms) of each page that shows the best first. It was made at"
        f" {index['indexed_a_second']:,.0f} walks a second."
    )


def _first(query: str) -> list[int]:
    return [walk.number for walk in catalogue.page(CatalogueQuery(q=query, sort="best"), limit=SHOWN).walks]


def _share(found: Sequence[int], exact: Sequence[int]) -> float:
    wanted = set(exact[:SHOWN])
    return len(wanted & set(found[:SHOWN])) / len(wanted) if wanted else 1.0


def _exact(path: Path, table: Embedding, searches: Sequence[str]) -> list[list[int]]:
    """Return the numbers of each query's best walks, by comparison with every row of the index."""
    rows = Vectors(path, table.revision, table.width)._rows
    wanted: Floats = table.embed(searches)
    likeness = np.concatenate([_block(rows[start : start + BLOCK], wanted) for start in range(0, len(rows), BLOCK)])
    found = []
    for each in likeness.T:
        best = np.lexsort((-rows["key"], -each))[: semantic_search.MOST]
        found.append([int(key) for key in rows["key"][best][each[best] >= semantic_search.LEAST]])
    return found


def _block(rows: Any, wanted: Floats) -> Floats:
    found: Floats = rows["values"].astype(np.float32) @ wanted.T * rows["scale"][:, None]
    return found
