"""What a visitor waits for the gallery while one other sends the dearest requests that the site accepts.

``python -m benchmarks.bounded [--postgres]`` serves a site behind nginx, with nginx's limits and three web processes,
and sends from one address: pictures of as many pixels as are allowed, many at once; prompts of unknown words; and the
longest JSON. A visitor from another address asks for the gallery meanwhile. It prints what the visitor waited, how the
others were answered, and what memory the web processes and their children took.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import itertools
import json
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Any
from urllib.parse import urlencode

from PIL import Image

from benchmarks.serving import Served, serve
from benchmarks.visitors import Visitor, address
from benchmarks.web import fill
from tests.support.worst import words

WALKS = 2_000
PICTURE_SIDE = 6_300  # 39.7 megapixels, just under the default limit
UPLOADS, MANY_PICTURES, TYPISTS = 40, 18, 24
BODY_BYTES = 979_000
QUIET_SECONDS, LOAD_SECONDS = 5.0, 20.0
BETWEEN_SECONDS = 0.05
GUEST, DEAR = address(1), address(300)
BOUNDARY = "a-line-between-parts"


@cache
def picture() -> bytes:
    """Return a picture in one colour, with transparency: few bytes, many pixels."""
    file = io.BytesIO()
    Image.new("RGBA", (PICTURE_SIDE, PICTURE_SIDE), (200, 80, 40, 128)).save(file, "png")
    return file.getvalue()


def upload(data: bytes) -> bytes:
    """Return a form with a picture."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
    return f"{head}Content-Type: image/png\r\n\r\n".encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


@cache
def longest_json() -> bytes:
    """Return a request of as many stops as the largest body holds."""
    stop = json.dumps({"prompt": "a fox"})
    return f'{{"stops": [{",".join([stop] * (BODY_BYTES // (len(stop) + 1)))}]}}'.encode()


async def send_pictures(port: int, count: int, statuses: Counter[int]) -> None:
    """Upload pictures, all at once."""
    body = upload(picture())

    async def one() -> None:
        visitor = Visitor(port, DEAR)
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        answer = await visitor.post("/api/v1/pictures", body, Content_Type=kind)
        statuses[answer.status] += 1
        await visitor.leave()

    await asyncio.gather(*(one() for _ in range(count)), return_exceptions=True)


async def send_prompts(port: int, statuses: Counter[int]) -> None:
    """Ask for the making page with prompts of unknown words, again and again, over many connections."""
    seeds = itertools.count()

    async def one() -> None:
        visitor, until = Visitor(port, DEAR), time.monotonic() + LOAD_SECONDS
        while time.monotonic() < until:
            query = urlencode([("prompt", words(7, 600, next(seeds))) for _ in range(4)])
            with suppress(OSError, asyncio.IncompleteReadError):
                statuses[(await visitor.get(f"/?{query}")).status] += 1
            await asyncio.sleep(BETWEEN_SECONDS)

    await asyncio.gather(*(one() for _ in range(TYPISTS)))


async def send_json(port: int, statuses: Counter[int]) -> None:
    """Ask for a walk with the longest JSON, again and again."""
    body, visitor, until = longest_json(), Visitor(port, DEAR), time.monotonic() + LOAD_SECONDS
    while time.monotonic() < until:
        with suppress(OSError, asyncio.IncompleteReadError):
            statuses[(await visitor.post("/api/v1/walks", body, Content_Type="application/json")).status] += 1
        await asyncio.sleep(BETWEEN_SECONDS)


@asynccontextmanager
async def guest(site: Served) -> AsyncIterator[dict[str, Any]]:
    """Ask for the gallery and measure memory until the context ends; then fill in the figures."""
    times, memory, figures, is_over = list[float](), list[float](), dict[str, Any](), asyncio.Event()

    async def look() -> None:
        visitor = Visitor(site.port, GUEST, {"moma_visitor": "somebody"})  # a cookie passes nginx's cache by
        while not is_over.is_set():
            began = time.monotonic()
            answer = await visitor.get("/gallery")
            times.append(1000 * (time.monotonic() - began) if answer.status == 200 else float("inf"))
            await asyncio.sleep(BETWEEN_SECONDS)

    async def weigh() -> None:
        while not is_over.is_set():
            memory.append(site.megabytes())
            await asyncio.sleep(BETWEEN_SECONDS)

    tasks = [asyncio.create_task(look()), asyncio.create_task(weigh())]
    try:
        yield figures
    finally:
        is_over.set()
        await asyncio.gather(*tasks)
        figures |= {
            "pages": len(times),
            "median_ms": statistics.median(times),
            "p99_ms": sorted(times)[int(0.99 * len(times))],
            "worst_ms": max(times),
            "most_megabytes": max(memory),
        }


LOADS: dict[str, Callable[[int, Counter[int]], Any]] = {
    f"{UPLOADS} pictures": lambda port, statuses: send_pictures(port, UPLOADS, statuses),
    f"{MANY_PICTURES} pictures": lambda port, statuses: send_pictures(port, MANY_PICTURES, statuses),
    f"{TYPISTS} of unknown words": send_prompts,
    "longest JSON": send_json,
}


async def measure(site: Served) -> list[tuple[str, dict[str, Any]]]:
    """Return the figures without a load, and under each."""
    picture(), longest_json()  # made before the clock runs
    found = []
    async with guest(site) as figures:
        await asyncio.sleep(QUIET_SECONDS)
    found.append(("nothing", figures))
    for name, load in LOADS.items():
        statuses = Counter[int]()
        async with guest(site) as figures:
            await asyncio.gather(load(site.port, statuses), asyncio.sleep(QUIET_SECONDS))
        found.append((name, figures | {"answers": dict(sorted(statuses.items()))}))
    return found


def main() -> None:
    """Serve the site, measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", action="store_true", help="use Postgres instead of SQLite")
    arguments = parser.parse_args()
    with serve(lambda: fill(WALKS), in_postgres=arguments.postgres, limited=True, WEB_CONCURRENCY="3") as site:
        for name, figures in asyncio.run(measure(site)):
            answers = ", ".join(f"{count} × {status}" for status, count in figures.get("answers", {}).items())
            print(
                f"beside {name:22} gallery {figures['median_ms']:7.0f} ms, p99 {figures['p99_ms']:7.0f} ms, worst"
                f" {figures['worst_ms']:7.0f} ms of {figures['pages']}; web processes {figures['most_megabytes']:6.0f}"
                f" MB; {answers}"
            )


if __name__ == "__main__":
    main()
