"""Measure the cost of open pages of waiting walks: the web processes' CPU share, with a still and a moving queue.

    python -m benchmarks.live_pages [--pages 2000] [--line 5000] [--seconds 60] [--postgres]

Each page is opened once and polled at the interval that its last answer requests, as ``static/live.js`` does, with the
hash of its content. nginx and gunicorn run as in production. First no walk is generated; then a walk is finished every
few seconds, after several updates, and a new one is requested in its place. One worker is registered as alive.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import random
import re
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, update

from app.offer.generation import sampler_settings
from app.storage.database import db, now, writing
from app.storage.walk_models import FINISHED, PAINTING, QUEUED, Stop, Walk
from app.walks.queue import fair_queue, jobs
from benchmarks.crowd import walk_id
from benchmarks.serving import Served, count_cores, serve
from benchmarks.visitors import Visitor, address
from benchmarks.web import fill

RESULTS = Path(__file__).resolve().parent / "results"
AIM = 30  # % of one core
PUBLISHED = 40
FIRST = 1_000_000  # the number of the first walk in the queue
PAINT_SECONDS = 3.0
FRAMES = 24
LIVE = re.compile(r'hx-get="([^"]+)"[^>]* data-again="(\d+)" data-known="([^"]+)"')


def main() -> None:
    """Open the pages, poll them with a still and a moving queue, print and store the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--line", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=60.0, help="duration of each of the two phases")
    parser.add_argument("--opening", type=float, default=60.0, help="seconds over which the pages are opened")
    parser.add_argument("--postgres", action="store_true")
    arguments = parser.parse_args()
    with serve(lambda: _fill(arguments.line), in_postgres=arguments.postgres, redis=True) as site:
        found = {**vars(arguments), "looks": asyncio.run(_watch(site, arguments))}
    found["machine"] = {"processor": platform.processor() or platform.machine(), "cores": count_cores()}
    found["at"] = datetime.now(UTC).isoformat(timespec="seconds")
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{found['at'].replace(':', '')}-live-pages.json"
    path.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(path.relative_to(Path.cwd()))


def _fill(line: int) -> None:
    """Insert a queue of walks, each of a different visitor, and some finished ones that determine the pace."""
    fill(PUBLISHED)
    with writing() as session:
        session.execute(update(Walk).values(passes=fair_queue.turn_passes()))
        rows = [_row(FIRST + at, fair_queue.turn_passes()) for at in range(line)]
        session.execute(insert(Walk), rows)
        session.execute(insert(Stop), [stop for row in rows for stop in _stops(row["number"])])


def _row(number: int, passes: int) -> dict[str, Any]:
    settings = sampler_settings.resolve_settings()
    return {
        "number": number, "id": walk_id(number), "visitor": str(number), "network": str(number), "owner_hash": "",
        "commission_hash": "", "seed": number, "frames": FRAMES, "fps": 12.5, "words": "a fox a kite",
        "sampler_steps": settings["steps"], "guidance": settings["guidance"], "sampling": settings, "state": QUEUED,
        "asked": passes, "ticket": number,
    }  # fmt: skip


def _stops(number: int) -> list[dict[str, Any]]:
    return [{"walk_number": number, "position": at, "prompt": prompt} for at, prompt in enumerate(("a fox", "a kite"))]


async def _watch(site: Served, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    numbers = random.Random(1).sample(range(arguments.line), min(arguments.pages, arguments.line))
    counted: Counter[int] = Counter()
    with site.app.app_context():
        jobs.send_heartbeat({"name": "painter", "model": "house"}, 3600)
    pages = [
        asyncio.create_task(_open(site.port, number, arguments.opening * at / len(numbers), counted))
        for at, number in enumerate(numbers)
    ]
    found = []
    try:
        await asyncio.sleep(arguments.opening + 5)
        for name in ("standing still", "moving"):
            painter = asyncio.create_task(_paint(site)) if name == "moving" else None
            before, spent, began = Counter(counted), site.processor_seconds(), time.monotonic()
            await asyncio.sleep(arguments.seconds)
            took = time.monotonic() - began
            share, looks = 100 * (site.processor_seconds() - spent) / took, counted - before
            if painter:
                painter.cancel()
            found.append({"line": name, "share_of_a_core": share, "looks_a_second": looks.total() / took, **looks})
            print(
                f"the line {name:15} {share:5.1f} % of a core (aim < {AIM} %), {looks.total() / took:6.1f} looks/s: "
                + ", ".join(f"{count} × {status}" for status, count in sorted(looks.items()))
            )
    finally:
        for page in pages:
            page.cancel()
    return found


async def _open(port: int, place: int, after: float, counted: Counter[int]) -> None:
    """Open the page of a walk, and poll it until it no longer updates."""
    await asyncio.sleep(after)
    visitor = Visitor(port, address(place))
    answer = await visitor.get(f"/walks/{walk_id(FIRST + place)}")
    page = answer.text
    while found := LIVE.search(page):
        await asyncio.sleep(int(found[2]) / 1000)
        answer = await visitor.get(found[1].replace("&amp;", "&"), **{"If-None-Match": f'"{found[3]}"'})
        counted[answer.status] += 1
        page = answer.text if answer.status == 200 else page
    await visitor.leave()


async def _paint(site: Served) -> None:
    """Finish the first walk of the queue every few seconds, in steps, and request another one at the end."""
    last = FIRST * 2
    while True:
        for painted in range(0, FRAMES + 1, 4):
            last += 1
            await asyncio.to_thread(_brush, site, painted, last)
            await asyncio.sleep(PAINT_SECONDS * 4 / (FRAMES + 4))


def _brush(site: Served, painted: int, last: int) -> None:
    with site.app.app_context(), writing() as session:
        first = session.scalar(
            select(Walk).where(Walk.state.in_((PAINTING, QUEUED))).order_by(Walk.state, *fair_queue.ORDER).limit(1)
        )
        assert first is not None
        first.state, first.painted_count, first.passes = PAINTING, painted, first.asked * painted // FRAMES
        first.started_at = first.started_at or now()
        if painted == FRAMES:
            first.state, first.finished_at, first.paint_seconds = FINISHED, now(), PAINT_SECONDS
            row = _row(last, first.asked)
            row |= {"turn": session.scalar(select(func.max(Walk.turn)))}
            session.execute(insert(Walk), [row])
            session.execute(insert(Stop), _stops(last))
        session.flush()
    with site.app.app_context():
        db.session.remove()


if __name__ == "__main__":
    main()
