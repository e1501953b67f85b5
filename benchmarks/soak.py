"""Soak tests of a running site: the memory of its worker and web process over time, under two loads.

    python -m benchmarks.soak [WALKS]
    python -m benchmarks.soak walls [--walls 10] [--minutes 90] [--warm-up 15] [--house]

The first generates walks one after the other; prompts, seeds, presets and lengths vary, so that any leak would add up.
It fails when the last quarter needs clearly more memory than the second; in the first, caches still fill.

The second runs live walls at once: each has a screen that moves on as a real one does, and phones that write every ten
seconds. Ten walls request ten times the walks of one. A tiny model with random weights of the same kind as the built-in
one generates them, because that one needs two cores for a single wall; ``--house`` uses it all the same. After the
warm-up the growth is the slope of a least-squares line; the test fails when it is above `GROWTH_MAX`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from app.offer.generation import presets
from benchmarks import site, walk
from benchmarks.pairs import REPORT, TUNING
from benchmarks.screens import LEG_SECONDS, Phones, Screen
from benchmarks.serving import count_cores
from benchmarks.store import Record, Store
from tests.support import tiny

WALKS = 200
FRAMES = (4, 7, 12)
GROWTH = 1.03
"""The largest ratio of the last quarter to the second; allocators vary by this much from walk to walk."""
GROWTH_MAX = 1.0  # MB per hundred walks
SAMPLE_SECONDS = 15.0
STEPS = "4"  # of the tiny model, instead of 20: two cores could not reach ten times a wall's rate otherwise
PHONES, WRITE_SECONDS = 20, 10.0  # of each wall

PARTS = {"worker": "-m worker", "web": "gunicorn"}
BOUNDS = ("HOURLY_WALKS", "HOURLY_WALKS_ADDRESS", "LINE_MAX", "LINE_MAX_VISITOR", "LINE_MAX_ADDRESS")


def main() -> None:
    """Run the test that the command line names."""
    if sys.argv[1:2] == ["walls"]:
        _run_walls(sys.argv[2:])
    else:
        _run_walks(int(sys.argv[1]) if len(sys.argv) > 1 else WALKS)


def _run_walks(walks: int) -> None:
    """Generate the walks, measure the memory after each, and print its growth."""
    store, began = Store("soak", fresh=True), time.monotonic()
    with site.running(**_bounds(2 * walks)) as running:
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


def _run_walls(words: Sequence[str]) -> None:
    """Run walls at once, measure the memory regularly, and print and store its growth."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak walls")
    parser.add_argument("--walls", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=90.0, help="duration after the warm-up")
    parser.add_argument("--warm-up", type=float, default=15.0, help="minutes that do not count")
    parser.add_argument("--house", action="store_true", help="use the built-in model instead of a tiny one")
    arguments = parser.parse_args(words)
    store = Store("soak-walls", fresh=True)
    with _model(is_tiny=not arguments.house) as model, site.running(**_bounds(10**6), **model) as running:
        screens = _open_walls(running, arguments.walls)
        began, ends = time.monotonic(), 60 * (arguments.warm_up + arguments.minutes)
        while (seconds := time.monotonic() - began) < ends:
            shown = sum(screen.shown for screen in screens)
            memory = {name: running.memory(word) for name, word in PARTS.items()}
            store.add("walls", seconds=seconds, walks=shown, **memory)
            time.sleep(SAMPLE_SECONDS)
        for screen in screens:
            screen.stopped.set()
    failed = sum(screen.failures for screen in screens)
    waited = sum(screen.waited for screen in screens) / len(screens) / ends
    counted = [record for record in store.records if record["seconds"] >= 60 * arguments.warm_up]
    found = _summary(counted) | {"settings": vars(arguments), "cores": count_cores(), "failed": failed}
    found["waited"] = waited
    (store.folder / "summary.json").write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(f"screens waited for {100 * waited:.1f} % of the time; {failed} requests failed")
    if found["grown"]["worker"]["private"] > GROWTH_MAX:
        raise SystemExit("the worker's memory grows")


@contextmanager
def _model(*, is_tiny: bool) -> Iterator[dict[str, str]]:
    """Yield the settings of the model: a tiny one that is conditioned on sketches, or none for the built-in one."""
    with tempfile.TemporaryDirectory(prefix="moma-tiny-") as folder:
        yield {"MOMA_MODEL": str(tiny.save(Path(folder), "led")["led"]), "MOMA_STEPS": STEPS} if is_tiny else {}


def _open_walls(running: site.RunningSite, walls: int) -> list[Screen]:
    """Open walls, each with a screen and phones in threads of this process; return the screens."""
    screens = []
    for number in range(walls):
        _path, _, key = running.flask("wall", "open", f"wall{number}").strip().rpartition("?")
        url = f"{running.url}/wall/wall{number}"
        screen, phones = Screen(f"{url}/programme?{key}"), Phones(f"{url}/say", PHONES, WRITE_SECONDS)
        for run in (screen.run, phones.run):
            threading.Thread(target=run, daemon=True).start()
        screens.append(screen)
    return screens


def _summary(records: Sequence[Record]) -> dict[str, Any]:
    """Return, and print, the growth of each part in MB per hundred walks, and the rate of the walks."""
    first, last = records[0], records[-1]
    walks, minutes = last["walks"] - first["walks"], (last["seconds"] - first["seconds"]) / 60
    print(f"{walks} walks in {minutes:.0f} minutes, {walks / minutes * LEG_SECONDS / 60:.1f} times the rate of a wall")
    grown = {name: {kind: slope(records, name, kind) for kind in first[name]} for name in PARTS}
    for name, slopes in grown.items():
        figures = ", ".join(f"{kind} {first[name][kind]:.0f} to {last[name][kind]:.0f} MB" for kind in slopes)
        print(f"{name}: {figures};", ", ".join(f"{kind} {each:+.3f}" for kind, each in slopes.items()), "MB per 100")
    return {"walks": walks, "minutes": minutes, "grown": grown, "first": first, "last": last}


def slope(records: Sequence[Record], name: str, kind: str) -> float:
    """Return the slope of the least-squares line of a part's memory over the walks, in MB per hundred walks."""
    walks = np.array([record["walks"] for record in records]) / 100
    return float(np.polyfit(walks, [record[name][kind] for record in records], 1)[0])


def _bounds(most: int) -> dict[str, str]:
    return {f"MOMA_{name}": str(most) for name in BOUNDS}


if __name__ == "__main__":
    main()
