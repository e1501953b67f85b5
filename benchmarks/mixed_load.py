"""Load test with gallery pages and new walks at once, through nginx with its limits, from hundreds of addresses.

    python -m benchmarks.mixed_load [--seconds 600] [--pages 110] [--commissions 22] [--addresses 500] [--postgres]
                                   [--painter]

nginx, gunicorn and Redis as in production, 10,000 published walks, and no worker unless requested: the queue only
grows. Requests are sent at fixed times, whether or not earlier ones were answered, and a request's time counts from its
scheduled start. Gallery pages are requested by visitors with a cookie, which bypasses nginx's cache; walks are
requested by form and API in turns. Answers of 429 are counted separately; any other answer that is no page and no walk
is an error.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import re
import secrets
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.serving import Served, count_cores, serve
from benchmarks.visitors import Answer, Visitor, address
from benchmarks.web import THINGS, WALKS, fill

RESULTS = Path(__file__).resolve().parent / "results"
AIMS = {"pages": 100, "commissions": 20}  # a second
AIM_P99 = 250  # milliseconds
WARM_SECONDS = 5.0
BIN_SECONDS = 10  # of the figures over time
OPENING = 20  # visitors who arrive at once
FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
PAGES = ("/gallery", "/gallery?sort=oldest", "/gallery?sort=walked", "/gallery?sort=smoothest")
ACCEPTED = {"pages": (200,), "commissions": (202, 303)}


@dataclass
class Answers:
    """The answers so far: times of accepted requests (milliseconds), statuses, memory (MB).

    ``late`` holds for each answer over the aim the second of its request, and its time; ``bins`` the times of all
    answers by the ten seconds in which they were requested.
    """

    began: float = field(default_factory=time.monotonic)
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    late: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    bins: dict[str, dict[int, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    statuses: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    memory: list[float] = field(default_factory=list)


def main() -> int:
    """Serve a site, apply the load, print the results and write them as JSON; return 1 if an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--pages", type=float, default=110.0, help="gallery pages per second")
    parser.add_argument("--commissions", type=float, default=22.0, help="requested walks per second")
    parser.add_argument("--addresses", type=int, default=500, help="number of visitors, each with a separate address")
    parser.add_argument("--postgres", action="store_true", help="use Postgres instead of SQLite")
    parser.add_argument("--painter", action="store_true", help="run a worker with the built-in model at the same time")
    arguments = parser.parse_args()
    most = str(int(2 * arguments.commissions * (arguments.seconds + WARM_SECONDS)) + 10_000)
    with serve(
        lambda: fill(WALKS),
        in_postgres=arguments.postgres,
        limited=True,
        redis=True,
        MOMA_LINE_MAX=most,
        painter=arguments.painter,
    ) as site:
        found = {"walks": WALKS, **vars(arguments), **asyncio.run(_load(site, arguments))}
    found["machine"] = {"processor": platform.processor() or platform.machine(), "cores": count_cores()}
    found["at"] = datetime.now(UTC).isoformat(timespec="seconds")
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{found['at'].replace(':', '')}-mixed-load.json"
    path.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(path.relative_to(Path.cwd()))
    return 0 if found["is_reached"] else 1


async def _load(site: Served, arguments: argparse.Namespace) -> dict[str, Any]:
    visitors = [Visitor(site.port, address(number)) for number in range(arguments.addresses)]
    tokens: dict[str, str] = {}
    for start in range(0, len(visitors), OPENING):
        await asyncio.gather(*(_come_in(visitor, tokens) for visitor in visitors[start : start + OPENING]))

    async def open_page(number: int) -> Answer:
        return await visitors[number * 7 % len(visitors)].get(PAGES[number % len(PAGES)])

    async def ask(number: int) -> Answer:
        visitor = visitors[number % len(visitors)]
        step = 1 + number // 9 % (len(THINGS) - 1)  # a walk from a thing to itself is refused
        prompts = [f"{THINGS[number % len(THINGS)]} {number}", THINGS[(number + step) % len(THINGS)]]
        if number % 2:
            body = json.dumps({"stops": [{"prompt": prompt} for prompt in prompts]}).encode()
            return await visitor.post("/api/v1/walks", body, **{"Content-Type": "application/json"})
        form = {"prompt": prompts, "csrf_token": tokens[visitor.address], "token": secrets.token_hex(8)}
        return await visitor.post("/walks", form)

    answers = Answers()
    loads = (("pages", open_page, arguments.pages, count()), ("commissions", ask, arguments.commissions, count()))
    await asyncio.gather(
        *(_go_out(name, what, rate, WARM_SECONDS, Answers(), numbers) for name, what, rate, numbers in loads)
    )
    spent, began = site.processor_seconds(), time.monotonic()
    watch = asyncio.create_task(_watch(site, answers))
    await asyncio.gather(
        *(_go_out(name, what, rate, arguments.seconds, answers, numbers) for name, what, rate, numbers in loads)
    )
    took = time.monotonic() - began
    watch.cancel()
    busy = (site.processor_seconds() - spent) / took
    for visitor in visitors:
        await visitor.leave()
    return _figures(answers, took) | {"processors_busy": busy}


async def _come_in(visitor: Visitor, tokens: dict[str, str]) -> None:
    """Request the first page, and store the visitor's cookies and form token."""
    page = (await visitor.get("/")).text
    found = FORM_TOKEN.search(page)
    assert found, page
    tokens[visitor.address] = found[1]


async def _go_out(
    name: str,
    what: Callable[[int], Awaitable[Answer]],
    rate: float,
    seconds: float,
    answers: Answers,
    numbers: count[int],
) -> None:
    """Send requests at an even rate, and wait for the last answers."""
    began = time.monotonic()
    requests = []
    for at in range(int(rate * seconds)):
        due = began + at / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        requests.append(asyncio.create_task(_send(name, what, next(numbers), due, answers)))
    await asyncio.gather(*requests)


async def _send(name: str, what: Callable[[int], Awaitable[Answer]], number: int, due: float, answers: Answers) -> None:
    try:
        answer = await what(number)
    except (OSError, asyncio.IncompleteReadError) as error:
        answers.statuses[name][type(error).__name__] += 1
        return
    answers.statuses[name][str(answer.status)] += 1
    if answer.status in ACCEPTED[name]:
        took = 1000 * (time.monotonic() - due)
        answers.times[name].append(took)
        answers.bins[name][int((due - answers.began) / BIN_SECONDS)].append(took)
        if took > AIM_P99:
            answers.late[name].append((int(due - answers.began), round(took)))


async def _watch(site: Served, answers: Answers) -> None:
    while True:
        answers.memory.append(site.megabytes())
        await asyncio.sleep(5)


def _figures(answers: Answers, took: float) -> dict[str, Any]:
    loads, reached = {}, True
    for name, statuses in answers.statuses.items():
        times = answers.times[name] or [float("inf")] * 2
        errors = sum(number for status, number in statuses.items() if status not in ("429", *map(str, ACCEPTED[name])))
        cuts = statistics.quantiles(times, n=100)
        one: dict[str, Any] = {
            "a_second": len(times) / took,
            "aim": AIMS[name],
            "median": cuts[49],
            "p99": cuts[98],
            "longest": max(times),
            "late": answers.late[name],
            "over_time": _over_time(answers.bins[name]),
            "refused": statuses["429"],
            "errors": errors,
            "statuses": dict(statuses),
        }
        reached &= one["a_second"] >= AIMS[name] and one["p99"] < AIM_P99 and not errors
        loads[name] = one
        print(
            f"{name:12} {one['a_second']:6.1f} a second (aim ≥ {AIMS[name]}), median {one['median']:.0f} ms,"
            f" p99 {one['p99']:.0f} ms (aim < {AIM_P99}), longest {one['longest']:.0f} ms;"
            f" {one['refused']} × 429, {errors} errors"
        )
        if seconds := Counter(second for second, _ in answers.late[name]):
            print(f"{'':12} late in {len(seconds)} seconds, most in", dict(seconds.most_common(8)))
    third = max(1, len(answers.memory) // 3)
    memory = {
        "first_third": statistics.mean(answers.memory[:third]),
        "last_third": statistics.mean(answers.memory[-third:]),
    }
    print("gunicorn has {first_third:.0f} MB in the first third, {last_third:.0f} in the last".format(**memory))
    return {"loads": loads, "megabytes": memory, "is_reached": reached and len(loads) == len(AIMS)}


def _over_time(bins: dict[int, list[float]]) -> list[dict[str, float]]:
    """Return the number of answers, the median and the 99th percentile of every ten seconds."""
    return [
        {
            "second": BIN_SECONDS * number,
            "answers": len(times),
            "median": statistics.median(times),
            "p99": sorted(times)[int(0.99 * (len(times) - 1))],
        }
        for number, times in sorted(bins.items())
    ]


if __name__ == "__main__":
    sys.exit(main())
