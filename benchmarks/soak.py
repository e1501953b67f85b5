"""Soak test of a running site: the memory of its worker and web process over many walks.

``python -m benchmarks.soak`` generates walks one after the other; prompts, seeds, presets and lengths vary, so that any
leak would add up. It fails when the last quarter needs clearly more memory than the second; in the first, caches still
fill.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from itertools import cycle

from app.offer.generation import presets
from benchmarks import site, walk
from benchmarks.pairs import REPORT, TUNING
from benchmarks.store import Store

WALKS = 200
FRAMES = (4, 7, 12)
GROWTH = 1.03
"""The largest ratio of the last quarter to the second; allocators vary by this much from walk to walk."""

PARTS = {"worker": "-m worker", "web": "gunicorn"}
BOUNDS = ("HOURLY_WALKS", "HOURLY_WALKS_ADDRESS", "LINE_MAX", "LINE_MAX_VISITOR", "LINE_MAX_ADDRESS")


def main() -> None:
    """Generate the walks, measure the memory after each, and print its growth."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("walks", nargs="?", type=int, default=WALKS, help="8 or more")
    walks = parser.parse_args().walks
    store, began = Store("soak", fresh=True), time.monotonic()
    with site.running(**{f"MOMA_{name}": str(2 * walks) for name in BOUNDS}) as running:
        wanted = zip(range(walks), cycle((*TUNING, *REPORT)), cycle(FRAMES), cycle(presets.NAMES), strict=False)
        for number, pair, frames, preset in wanted:
            walk.through_site(running, pair, frames, seed=number, preset=preset)
            store.add("soak", walk=number, **{name: running.megabytes(word) for name, word in PARTS.items()})
    grown = {name: growth([record[name] for record in store.records]) for name in PARTS}
    for name, times in grown.items():
        last = store.records[-1][name]
        print(f"{name}: {last:.0f} MB after {walks} walks, {times:.3f} times its weight in the second quarter")
    print(f"after {time.monotonic() - began:.0f} s")
    if max(grown.values()) > GROWTH:
        raise SystemExit("memory grows")


def growth(weights: Sequence[float]) -> float:
    """Return the ratio of the last quarter's median to that of the second."""
    quarter = len(weights) // 4
    return statistics.median(weights[-quarter:]) / statistics.median(weights[quarter : 2 * quarter])


if __name__ == "__main__":
    main()
