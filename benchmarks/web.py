"""Benchmark the gallery page with ten thousand walks: its time in the server, its rate through gunicorn, its size."""

from __future__ import annotations

import gzip
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, text

from app import create_app
from app.core.text import folding
from app.storage.database import db, now, writing
from app.storage.schema import upgrade
from app.storage.walk_models import ALPHABET, FINISHED, Medium, Stop, Walk
from benchmarks.site import ROOT, environment_of, free_port

WALKS = 10_000
ASKED = 60
LOAD_SECONDS = 5.0
CLIENTS = 4
THINGS = ("a fox", "a sunflower", "an owl", "a castle", "a red apple", "a rocket", "a penguin", "a mushroom", "a key")


def measure() -> dict[str, Any]:
    """Fill a site with walks, and request its gallery: in the process, and through gunicorn. Return the results."""
    with tempfile.TemporaryDirectory(prefix="moma-bench-web-") as folder:
        app = create_app({"REDIS_URL": "unix:///nonexistent.sock"}, instance_path=folder)
        with app.app_context():
            upgrade()
            fill(WALKS)
            db.engine.dispose()
        found: dict[str, Any] = {"walks": WALKS}
        for name, path in (("gallery", "/gallery"), ("search", "/gallery?q=fox"), ("deep", _deep(app))):
            found[f"{name}_milliseconds"], found[f"{name}_milliseconds_p95"] = _latency(app, path)
        found["page_kilobytes"] = _page_kilobytes(app)
        with _serve(Path(folder)) as url:
            found["pages_a_second"] = _pages_a_second(url + "/gallery")
    return found


def fill(count: int) -> None:
    """Insert finished walks with plain SQL, each with two stops and the rows of its files."""
    pairs = [(a, b) for a in THINGS for b in THINGS if a != b]
    finished = now()
    numbers = range(1, count + 1)
    prompts = [pairs[number % len(pairs)] for number in numbers]
    walks = [
        {
            "number": number, "id": _id(number), "visitor": "bench", "owner_hash": "", "request_hash": "",
            "seed": number, "frames": 24, "fps": 12.5, "search_text": folding.index_text(pair), "sampler_steps": 20,
            "guidance": 3.5, "width": 128, "height": 128, "state": FINISHED, "painted_count": 24, "paint_seconds": 3.0,
            "finished_at": finished - timedelta(minutes=count - number),
        }
        for number, pair in zip(numbers, prompts, strict=True)
    ]  # fmt: skip
    stops = [
        {"walk_number": number, "position": position, "prompt": prompt}
        for number, pair in zip(numbers, prompts, strict=True) for position, prompt in enumerate(pair)
    ]  # fmt: skip
    media = [
        {"walk_number": number, "kind": kind, "path": f"walks/{number}/{kind}", "bytes": 1, "etag": f"{number:032}"}
        for number in numbers for kind in ("gif", "mp4", "poster")
    ]  # fmt: skip
    with writing() as session:
        for table, rows in ((Walk, walks), (Stop, stops), (Medium, media)):
            session.execute(insert(table), rows)
        if session.get_bind().dialect.name == "postgresql":  # the sequence must continue after the inserted numbers
            session.execute(text("SELECT setval(pg_get_serial_sequence('walks', 'number'), :last)"), {"last": count})


def _id(number: int) -> str:
    return "".join(ALPHABET[number // len(ALPHABET) ** place % len(ALPHABET)] for place in range(16))


def _deep(app: Flask) -> str:
    """Return the path of a page 50 pages back."""
    client, path = app.test_client(), "/gallery"
    for _ in range(50):
        path = re.findall(r'<link rel="next" href="([^"]+)"', client.get(path).text)[0].replace("&amp;", "&")
    return path


def _latency(app: Flask, path: str) -> tuple[float, float]:
    """Return the median and the 95th percentile of a page's time in the server, in milliseconds, after warming up."""
    client, times = app.test_client(), []
    for _ in range(5 + ASKED):
        began = time.perf_counter()
        assert client.get(path).status_code == 200
        times.append(1000 * (time.perf_counter() - began))
    times = times[5:]
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def _page_kilobytes(app: Flask) -> float:
    """Return the kilobytes of the gallery page with its styles and scripts, each compressed, without the font."""
    client = app.test_client()
    page = client.get("/gallery").text
    addresses = re.findall(r'<(?:script[^>]* src|link rel="stylesheet"[^>]* href)="([^"]+)"', page)
    assert addresses
    texts = [page.encode(), *(client.get(address.replace("&amp;", "&")).data for address in addresses)]
    return sum(len(gzip.compress(text, 6)) for text in texts) / 1000


@contextmanager
def _serve(folder: Path) -> Iterator[str]:
    """Serve the filled site as ``make run`` does, without a worker; yield its URL."""
    port = free_port()
    options = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "1", "--threads", "8"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *options, "--log-level", "warning", "--no-control-socket", "wsgi:app"],
        cwd=ROOT,
        env=environment_of(folder, port),
    )
    try:
        wait(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def wait(url: str) -> None:
    """Wait until the URL answers.

    :raises RuntimeError: when it does not answer in time.
    """
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=5):  # nosec B310
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the web server did not start")


def _pages_a_second(url: str) -> float:
    """Return the pages per second with a few clients on the same machine, which is a lower bound."""
    counts = [0] * CLIENTS
    until = time.monotonic() + LOAD_SECONDS

    def ask(client: int) -> None:
        while time.monotonic() < until:
            with urllib.request.urlopen(url, timeout=30) as answer:  # nosec B310
                answer.read()
            counts[client] += 1

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / LOAD_SECONDS
