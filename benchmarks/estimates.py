"""Compare the time that the form tells with the time that the walk takes, for requests of all kinds.

    python -m benchmarks.estimates                      20 requests of a site of its own, on a machine that is quiet
    python -m benchmarks.estimates --count 3 --small    whether the program works
    python -m benchmarks.estimates --site URL           a running site, which trusts one proxy (PROXIES) and has room

The requests are drawn from a seed. Some come alone, others while up to two walks of other visitors wait. None comes
after them, because no estimate knows who will. Each gets the form's time in words, and `eta_seconds` of the API's
answer; its time is from the request to the finished walk. Two usual walks come first, from which the site learns the
machine's pace.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from benchmarks import site as sites

WITHIN = 1.5
PROMPTS = "a lemon", "a fox", "a kite", "the sun", "a teapot", "a whale", "two pears", "a red boat"
BEFORE = 0, 0, 1, 0, 2
"""How many walks of others wait when a request comes, in turn."""
APART_S = 1.2
"""The seconds between two requests: a site looks at its queue once a second."""
UNITS = {"second": 1, "minute": 60, "hour": 3600}
ABOUT = re.compile(r"about (an?|[0-9]+) (second|minute|hour)", re.IGNORECASE)
ROOM = {"MOMA_PROXIES": "1", "MOMA_HOURLY_WALKS": "100000", "MOMA_HOURLY_WALKS_ADDRESS": "100000"}


@dataclass(slots=True)
class Request:
    """A request with the estimates of its time, and what it took, in seconds."""

    options: dict[str, Any]
    stops: list[str]
    waiting: int
    form: float | None = None
    eta: float | None = None
    walk: str = ""
    seconds: float = 0.0

    @property
    def factor(self) -> float | None:
        """Return how many times too long (or too short, below 1) the form's time was."""
        return None if self.form is None else self.form / self.seconds


def main() -> None:
    """Ask for walks, and print a table of their times."""
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.estimates", description=__doc__, formatter_class=formatter
    )
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--small", action="store_true", help="at most 8 frames, of the usual size")
    parser.add_argument("--site", metavar="URL", help="ask a running site")
    options = parser.parse_args()
    with _site(options.site) as url:
        for number in range(2):
            _take([Request({"seed": number, "frames": 8 if options.small else 24}, ["a cup", "a hat"], 0)], url)
        requests = []
        print("before | options | form, s | eta_seconds | took, s | factor")
        for group in groups(options.count, options.seed, small=options.small):
            _take(group, url)
            requests.append(group[-1])
            print(_row(group[-1]), flush=True)
    known = [each.factor for each in requests if each.factor is not None]
    good = sum(1 / WITHIN <= factor <= WITHIN for factor in known)
    print(f"{good} of {len(requests)} within a factor of {WITHIN}; {min(known):.2f} to {max(known):.2f}")


@contextmanager
def _site(url: str | None) -> Iterator[str]:
    if url:
        yield url.rstrip("/")
        return
    with sites.running(**ROOM) as site:
        yield site.url


def groups(count: int, seed: int, *, small: bool) -> Iterator[list[Request]]:
    """Return as many requests, each as the last of a group: those before it in the group wait when it comes."""
    rng = random.Random(seed)
    for number in range(count):
        yield [_draw(rng, waiting, small=small) for waiting in range(BEFORE[number % len(BEFORE)] + 1)]


def _draw(rng: random.Random, waiting: int, *, small: bool) -> Request:
    options: dict[str, Any] = {
        "frames": rng.choice((2, 5, 8) if small else (8, 24, 24, 60, 120)),
        "preset": rng.choice(("fast", "balanced", "balanced", "exact")),
        "ending": rng.choice(("stop", "stop", "back", "round")),
        "aspect": rng.choice(("1:1", "1:1", "3:2", "9:16")),
        "seed": rng.randrange(2**32),
    }
    if not small and rng.random() < 0.3:
        options["size"] = 512
    if rng.random() < 0.2:
        options["steps"] = rng.choice((2, 6, 10))
    if rng.random() < 0.2:
        options["guidance"] = 3.0
    stops = rng.choice((2, 2, 2, 3, 5))
    return Request(options | {"frames": max(stops, options["frames"])}, rng.sample(PROMPTS, stops), waiting)


def _take(group: list[Request], url: str) -> None:
    """Ask for the walks of a group one after the other, each as another visitor, and wait until all are finished."""
    for number, each in enumerate(group):
        if number:
            time.sleep(APART_S)
        visitor = {"X-Forwarded-For": f"203.0.113.{number + 1}"}
        query = [*each.options.items(), *(("prompt", "") for _ in each.stops)]
        each.form = parse_seconds(_answer(f"{url}/time?{urllib.parse.urlencode(query)}", visitor).decode())
        body = json.dumps({"stops": [{"prompt": prompt} for prompt in each.stops], **each.options})
        walk = json.loads(_answer(f"{url}/api/v1/walks", visitor | {"Content-Type": "application/json"}, body.encode()))
        each.walk, each.eta = walk["id"], walk["eta_seconds"]
    for each in group:
        while (walk := json.loads(_answer(f"{url}/api/v1/walks/{each.walk}", {})))["state"] in ("queued", "painting"):
            time.sleep(0.5)
        if walk["state"] != "finished":
            raise RuntimeError(f"walk {each.walk} is {walk['state']}: {walk['error']}")
        created, finished = (datetime.fromisoformat(walk[name]) for name in ("created_at", "finished_at"))
        each.seconds = (finished - created).total_seconds()


def parse_seconds(words: str) -> float | None:
    """Return the seconds of the first time in words: 120 for "About 2 minutes"."""
    match = ABOUT.search(words)
    if match is None:
        return None
    return float(1 if match[1].lower() in ("a", "an") else int(match[1])) * UNITS[match[2].lower()]


def _answer(url: str, headers: dict[str, str], body: bytes | None = None) -> bytes:
    request = urllib.request.Request(url, body, {"Accept-Language": "en", **headers})
    with urllib.request.urlopen(request, timeout=60) as answer:  # nosec B310
        content: bytes = answer.read()
    return content


def _row(each: Request) -> str:
    shown = {name: value for name, value in each.options.items() if name != "seed"}
    words = " ".join(f"{name} {value}" for name, value in shown.items())
    form, eta, factor = ("–" if value is None else f"{value:.2f}" for value in (each.form, each.eta, each.factor))
    return f"{each.waiting} before | {len(each.stops)} stops {words} | {form} | {eta} | {each.seconds:.2f} | {factor}"


if __name__ == "__main__":
    main()
