"""Benchmark a gallery of very many walks: searches, filters, near and deep pages, and reindexing under load.

    python -m benchmarks.gallery --catalogue FILE [--walks 1000000] [--database sqlite|postgres] [--docs]

Prints a table, writes JSON, and with ``--docs`` puts the table into docs/research/search.md. Times are those of whole
rendered pages in the server; CPU times are given too, because other load on the machine increases wall times. The
semantic index is built before the requests: sorting by relevance is fused with it, as on a site.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import select

from app import create_app
from app.collection.gallery import cursors
from app.collection.search import reindexing
from app.storage.database import db
from app.storage.schema import upgrade
from app.storage.walk_models import GalleryEntry, Walk
from benchmarks import crowd, fused
from tests.support import postgres

RESULTS = Path(__file__).resolve().parent / "results"
PAGE = Path(__file__).resolve().parents[1] / "docs/research/search.md"
BEGIN, END = "<!-- measured -->", "<!-- end -->"
TITLES = {"sqlite": "SQLite", "postgres": "Postgres"}
DEPTH = 100_000
DEEP = "a deep page"
REINDEX_SECONDS = 20.0
Times = tuple[list[float], list[float]]


def main() -> None:
    """Fill a gallery on each database and measure it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--walks", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--asked", type=int, default=200, help="number of pages of each kind")
    parser.add_argument("--docs", action="store_true")
    options = parser.parse_args()
    found: dict[str, Any] = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "walks": options.walks}
    for name in ("sqlite", "postgres") if options.database == "both" else (options.database,):
        with _application(name) as app:
            found[name] = _measure(app, options.walks, options.catalogue, options.asked)
            print(f"{name}\n{table(found, name)}\n", flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"gallery-{found['at'].replace(':', '')}.json").write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    if options.docs:
        _into_docs(found)


@contextmanager
def _application(name: str) -> Iterator[Flask]:
    with tempfile.TemporaryDirectory(prefix="moma-gallery-") as folder:
        settings = {"REDIS_URL": "unix:///nonexistent.sock", "EXHIBITION": False}
        if name == "sqlite":
            yield create_app(settings, instance_path=folder)
            return
        with postgres.running() as server:
            yield create_app(settings | {"DATABASE_URL": server.url(server.create())}, instance_path=folder)


def _measure(app: Flask, walks: int, catalogue: Path, per_kind: int) -> dict[str, Any]:
    began = time.monotonic()
    with app.app_context():
        upgrade()
        crowd.fill(walks, catalogue)
        filled = time.monotonic() - began
        print(f"{walks:,} walks filled in within {filled:.0f} s", flush=True)
        index = fused.index()
        print(f"{index['indexed']:,} vectors, {index['indexed_a_second']:,.0f} a second", flush=True)
        addresses = {name: [*each] for name, each in _addresses(per_kind).items()}
        db.session.remove()
    found: dict[str, Any] = {"filling_seconds": filled, "index": index}
    client = app.test_client()
    for path in ("/gallery", "/gallery?q=fox"):
        client.get(path)  # templates are compiled once
    pages = {name: _times(client, each) for name, each in addresses.items()}
    found["pages"] = {name: _quantiles(*each) for name, each in pages.items()}
    found["depth"] = min(DEPTH, walks - 1)
    found["deep_to_first"], found["deep_to_first_processor"] = _compare_pages(client, addresses)
    found["page_kilobytes"] = _kilobytes(client)
    found["fused"] = fused.measure(app)
    found["reindex"] = _reindex(app, addresses)
    return found


def _addresses(per_kind: int) -> dict[str, Iterator[str]]:
    """Return the paths that simulated visitors request, from words of published walks."""
    draw = random.Random(2)
    known = [
        words.split()
        for words in db.session.scalars(
            select(GalleryEntry.search_text).order_by(GalleryEntry.random_key).limit(per_kind)
        )
    ]
    spoken = [[word for word in words if word[0] not in "=~" and len(word) > 2] or ["fox"] for words in known]
    facets = [f"colour={draw.choice(('red', 'blue', 'white'))}&stops={draw.choice((2, 3, 4))}" for _ in spoken]
    deep = db.session.scalar(
        select(GalleryEntry.finish_key).order_by(GalleryEntry.finish_key.desc()).offset(DEPTH).limit(1)
    )
    deep = deep or db.session.scalar(select(GalleryEntry.finish_key).order_by(GalleryEntry.finish_key).limit(1))
    shown = db.session.scalars(
        select(Walk.id)
        .join(GalleryEntry, GalleryEntry.number == Walk.number)
        .order_by(GalleryEntry.random_key)
        .limit(per_kind)
    ).all()
    with db.engine.connect():
        cursor = cursors.encode("newest", False, int(deep or 0))

    def query(q: str, **more: Any) -> str:
        return "/gallery?" + urlencode({"q": q, **more})

    two = [draw.sample(words, min(2, len(words))) for words in spoken]
    return {
        "first page": iter(["/gallery"] * per_kind),
        DEEP: iter([f"/gallery?cursor={cursor}"] * per_kind),
        "a word, best first": (query(draw.choice(words)) for words in spoken),
        "a word, newest first": (query(draw.choice(words), sort="newest") for words in spoken),
        "two words": (query(" ".join(words)) for words in two),
        "two words that seldom meet": (query(f"{a[0]} {b[0]}") for a, b in zip(spoken, spoken[::-1], strict=True)),
        "by meaning, fused": (query(each) for each in fused.queries(per_kind)),
        "a phrase": (query(f'"{" ".join(words[:2])}"') for words in spoken),
        "a beginning": (query(draw.choice(words)[:3] + "*") for words in spoken),
        "a beginning of two letters": (query(draw.choice(words)[:2] + "*") for words in spoken),
        "without a word": (query(f"{words[0]} -{words[-1]}") for words in two),
        "filters": (f"/gallery?{facet}" for facet in facets),
        "a word and filters": (
            f"{query(draw.choice(words))}&{facet}" for words, facet in zip(spoken, facets, strict=True)
        ),
        "filters, smoothest first": (f"/gallery?{facet}&sort=smoothest" for facet in facets),
        "a misspelt word": (query(draw.choice(words)[::-1]) for words in spoken),
        "smoothest": iter(["/gallery?sort=smoothest"] * per_kind),
        "most walked on": iter(["/gallery?sort=walked"] * per_kind),
        "surprise": (f"/gallery?sort=surprise&draw={draw.randrange(2**32)}" for _ in spoken),
        "a walk's page": (f"/walks/{each}" for each in shown),
        "a feed of a search": (f"/feed.xml?{urlencode({'q': draw.choice(words)})}" for words in spoken),
        "days": (f"/gallery?until=2025-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}" for _ in spoken),
    }  # fmt: skip


def _times(client: Any, paths: list[str]) -> Times:
    """Return the milliseconds of each page: wall time and CPU time."""
    walls, processor = [], []
    for path in paths:
        began, spent = time.perf_counter(), time.process_time()
        answer = client.get(path)
        walls.append(1000 * (time.perf_counter() - began))
        processor.append(1000 * (time.process_time() - spent))
        assert answer.status_code == 200, (path, answer.status_code)
    return walls, processor


def _quantiles(walls: list[float], processor: list[float]) -> dict[str, float]:
    return {"median": statistics.median(walls), "p95": statistics.quantiles(walls, n=20)[-1],
            "processor_p95": statistics.quantiles(processor, n=20)[-1]}  # fmt: skip


def _compare_pages(client: Any, addresses: dict[str, list[str]]) -> tuple[float, float]:
    """Return the time of a deep page relative to the first one, measured in alternation: wall and CPU."""
    first, deep = addresses["first page"][0], addresses[DEEP][0]
    pairs = [(_times(client, [first]), _times(client, [deep])) for _ in range(60)]
    walls, processor = ([b[clock][0] / a[clock][0] for a, b in pairs] for clock in (0, 1))
    return statistics.median(walls), statistics.median(processor)


def _kilobytes(client: Any) -> float:
    """Return the kilobytes of the page with its styles and scripts, each compressed, without the font."""
    page = client.get("/gallery?q=fox").text
    named = r'<(?:script[^>]* src|link [^>]*rel="(?:stylesheet|modulepreload)"[^>]* href)="([^"]+)"'
    parts = [page.encode(), *(client.get(path.replace("&amp;", "&")).data for path in re.findall(named, page))]
    return sum(len(gzip.compress(part, 6)) for part in parts) / 1000


def _reindex(app: Flask, addresses: dict[str, list[str]]) -> dict[str, float]:
    """Reindex in a second thread for a while, and compare each page served meanwhile with that of before."""
    paths = [path for name in ("first page", "a word, newest first", "filters") for path in addresses[name][:20]]
    before = {path: _list_walks(app, path) for path in paths}
    stop, done = threading.Event(), [0]

    def work() -> None:
        with app.app_context():
            for progress in reindexing.reindex():
                done[0] = progress.done
                if stop.is_set():
                    return

    thread = threading.Thread(target=work)
    began, wrong, served = time.monotonic(), 0, 0
    thread.start()
    while time.monotonic() - began < REINDEX_SECONDS and thread.is_alive():
        path = paths[served % len(paths)]
        wrong += _list_walks(app, path) != before[path]
        served += 1
    stop.set()
    thread.join()
    return {"walks_a_second": done[0] / (time.monotonic() - began), "pages": served, "wrong_pages": wrong}


def _list_walks(app: Flask, path: str) -> list[str]:
    return re.findall(r'class="picture" href="([^"]+)"', app.test_client().get(path).text)


def table(found: dict[str, Any], name: str) -> str:
    """Return the results of a database as a Markdown table."""
    data = found[name]
    lines = [
        "| page | median, ms | p95, ms (aim ≤ 50; best first ≤ 100) | p95 of the web process's processor, ms |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {page} | {each['median']:.1f} | {each['p95']:.1f} | {each['processor_p95']:.1f} |"
        for page, each in data["pages"].items()
    ]
    return "\n".join(lines) + (
        f"\n\nThe page at depth {data['depth']:,} takes {data['deep_to_first']:.2f} times as long as the first (aim"
        f" ≤ 1.5; {data['deep_to_first_processor']:.2f} in processor seconds). A page of a search weighs"
        f" {data['page_kilobytes']:.1f} kB with its styles and scripts, compressed (aim < 60). Reindexing went on at"
        f" {data['reindex']['walks_a_second']:,.0f} walks a second while {data['reindex']['pages']} pages were served,"
        f" {data['reindex']['wrong_pages']} of them wrong.\n\n{fused.summary(data)}"
    )


def _into_docs(found: dict[str, Any]) -> None:
    parts = [
        f"{found['walks']:,} walks on {TITLES[name]}, {found['at'][:10]}.\n\n{table(found, name)}\n"
        for name in TITLES
        if name in found
    ]
    tables, page = "\n".join(parts), PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{tables}{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
