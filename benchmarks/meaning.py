"""Benchmark semantic search: its recall on real titles, alone and fused with words; and its speed at a million walks.

    python -m benchmarks.meaning --catalogue FILE [--database sqlite|postgres] [--walks 1000000]

A catalogue's works are published as walks, each with its title for its stops. Queries are random tags of 5 to 50 works;
the works with the tag are the right results. Then an index is filled with the requested number of vectors, each of a
walk between two titles, and its results are compared with an exact search.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask
from sqlalchemy import insert

from app import create_app
from app.collection.gallery import catalogue
from app.collection.gallery.catalogue_query import CatalogueQuery
from app.collection.search import semantic_search
from app.collection.search.vector_file import Floats, Vectors
from app.core.text import folding
from app.core.text.embedding import Embedding, normalise
from app.storage.database import db
from app.storage.schema import upgrade
from app.storage.walk_models import FINISHED, Stop, Walk
from tests.support import postgres

RESULTS = Path(__file__).resolve().parent / "results"
FIRST = 50
SEED = 11
COMMON = {"visitor": "", "owner_hash": "", "commission_hash": "", "seed": 1, "frames": 24, "fps": 12.5,
          "sampler_steps": 10, "guidance": 3.5, "state": FINISHED}  # fmt: skip

Works = list[dict[str, Any]]
Find = Callable[[str], Sequence[int]]


def main() -> None:
    """Run the measurements, print the results and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--walks", type=int, default=1_000_000)
    options = parser.parse_args()
    with gzip.open(options.catalogue, "rt", encoding="utf-8") as lines:
        works = [json.loads(line) for line in lines]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="moma-meaning-")))
        settings: dict[str, Any] = {"REDIS_URL": "unix:///nonexistent.sock", "EXHIBITION": False}
        if options.database == "postgres":
            server = stack.enter_context(postgres.running())
            settings["DATABASE_URL"] = server.url(server.create())
        app = create_app(settings, instance_path=str(folder))
        found = {"database": options.database, "relevance": _relevance(app, works),
                 "index": _index(app, works, options.walks, folder)}  # fmt: skip
    print(json.dumps(found, indent=2))
    RESULTS.mkdir(exist_ok=True)
    at = datetime.now(UTC).isoformat(timespec="seconds").replace(":", "")
    (RESULTS / f"meaning-{at}.json").write_text(json.dumps(found, indent=2) + "\n", "utf-8")


def _relevance(app: Flask, works: Works) -> dict[str, Any]:
    """Return the results of searches for tags by words, by meaning and by both."""
    carrying: dict[str, set[int]] = {}
    for number, work in enumerate(works, 1):
        for tag in set(work["subjects"]):
            carrying.setdefault(tag, set()).add(number)
    tags = random.Random(SEED).sample(sorted(tag for tag, found in carrying.items() if 5 <= len(found) <= 50), 200)
    with app.app_context():
        upgrade()
        _publish(works)
        began = time.monotonic()
        added = [progress.done for progress in semantic_search.reindex()][-1]
        rate = added / (time.monotonic() - began)
        rankers = app.extensions["rankers"]
        both = {tag: _numbers(tag) for tag in tags}
        app.extensions["rankers"] = []
        words = {tag: _numbers(tag) for tag in tags}
        app.extensions["rankers"] = rankers
        results = {name: _measure_recall(find, carrying, tags) for name, find in
                (("words", words.get), ("meaning", semantic_search.ranked), ("fused", both.get))}  # fmt: skip
        db.engine.dispose()
    return results | {"works": len(works), "indexed_a_second": round(rate)}


def _publish(works: Works) -> None:
    """Insert each work as a published walk, in the order of the catalogue."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with db.engine.connect().execution_options(writes=True) as connection:
        for start in range(0, len(works), 5000):
            numbers = range(start + 1, min(start + 5000, len(works)) + 1)
            connection.execute(insert(Walk), [
                COMMON | {"number": number, "id": f"{number:016}".replace("0", "a").replace("1", "b"),
                          "words": folding.index_text([works[number - 1]["title"]]),
                          "finished_at": now + timedelta(seconds=number), "created_at": now}
                for number in numbers])  # fmt: skip
            connection.execute(insert(Stop), [
                {"walk_number": number, "position": position, "prompt": works[number - 1]["title"]}
                for number in numbers for position in (0, 1)])  # fmt: skip
            connection.execute(
                Walk.__table__.update().where(Walk.number.in_(list(numbers))).values(words=Walk.search_text)
            )
        connection.commit()


def _numbers(tag: str) -> list[int]:
    return [walk.number for walk in catalogue.page(CatalogueQuery(q=tag, sort="best"), limit=FIRST).walks]


def _measure_recall(find: Any, carrying: dict[str, set[int]], tags: Sequence[str]) -> dict[str, float]:
    """Return the mean recall among the first results, and the mean reciprocal rank of the first right one."""
    shares, reciprocals = [], []
    for tag in tags:
        row, right = list(find(tag))[:FIRST], carrying[tag]
        shares.append(len(right & set(row)) / len(right))
        reciprocals.append(next((1 / rank for rank, number in enumerate(row, 1) if number in right), 0.0))
    return {"recall": round(statistics.mean(shares), 4), "reciprocal_rank": round(statistics.mean(reciprocals), 4)}


def _index(app: Flask, works: Works, count: int, folder: Path) -> dict[str, Any]:
    """Fill an index, and return its size, its speed and its recall against an exact search."""
    table = Embedding.load(app.config["MEANING"])
    titles = table.embed(sorted({work["title"] for work in works}))
    draw = np.random.default_rng(SEED)
    rows = normalise(titles[draw.integers(len(titles), size=count)] + titles[draw.integers(len(titles), size=count)])
    path = folder / "many.vectors"
    vectors = Vectors.create(path, table.revision, table.width)
    vectors.add(range(count), [0] * count, rows)
    queries = titles[draw.integers(len(titles), size=200)]
    walls, processor, recalls = [], [], []
    for query in queries:
        began, spent = time.perf_counter(), time.process_time()
        found = vectors.nearest(query, semantic_search.MOST)
        walls.append(1000 * (time.perf_counter() - began))
        processor.append(1000 * (time.process_time() - spent))
        recalls.append(_recall(found.keys[:10], rows, query))
    return {"vectors": count, "megabytes": path.stat().st_size / 1e6, "recall_at_10": statistics.mean(recalls),
            "milliseconds_median": statistics.median(walls), "milliseconds_p95": statistics.quantiles(walls, n=20)[-1],
            "processor_milliseconds_p95": statistics.quantiles(processor, n=20)[-1]}  # fmt: skip


def _recall(keys: Any, rows: Floats, query: Floats) -> float:
    """Return the share of ten results at least as similar as the exact ten; titles that occur twice tie."""
    exact = rows @ query
    return float((exact[keys] >= np.partition(exact, -10)[-10] - 1e-5).mean())


if __name__ == "__main__":
    main()
