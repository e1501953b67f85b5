"""Benchmark image generation: all contenders on the same walks in one run, and the overhead of the site.

``python -m benchmarks.painting`` runs its parts until the time is up, stores results as it goes, and prints the tables;
a second run continues where the first one stopped. ``--fresh`` starts again, ``--docs`` puts the tables into the
documentation.
"""

from __future__ import annotations

import argparse
import platform
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import torch

from benchmarks import films, judging, report, site, walk
from benchmarks.films import Bench, OutOfTime
from benchmarks.ours import Ours
from benchmarks.pairs import REPORT
from benchmarks.site import ROOT
from benchmarks.store import Store
from worker.diffusion.walk_pipeline import WalkPipeline

HOUSE = ROOT / "models" / "house"
THROUGH = ((24, 9), (60, 7), (240, 3))
"""Runs through the site: the number of frames, and of pairs."""


def main() -> None:
    """Run the requested parts, and print all results so far."""
    options = _arguments()
    began = time.monotonic()
    store = Store(options.run, fresh=options.fresh)
    failed: list[str] = []
    if not options.only_report:
        bench = _bench(store, options.model, began + 60 * options.minutes)
        steps: dict[str, Callable[[], None]] = {
            "site": lambda: _site(bench),
            "even": lambda: films.measure_evenness(bench, pairs=options.even_pairs),
            "films": lambda: films.race(bench, pairs=options.pairs),
            "judge": lambda: judging.judge(bench, pairs=options.judged_pairs),
            "long": lambda: films.race(bench, pairs=options.long_pairs, sizes=[films.LONG], names=films.LONG_NAMES),
        }
        failed = [part for part in options.parts or steps if not _done(part, steps[part], began)]
    tables = report.markdown(store)
    print(tables)
    if options.docs:
        report.into_docs(tables)
    if options.gate and (broken := report.gate(store)):
        raise SystemExit("the quality gate fails: " + "; ".join(broken))
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def _done(part: str, step: Callable[[], None], began: float) -> bool:
    """Run a part; return whether it succeeded. Print an error without stopping the other parts."""
    try:
        step()
    except OutOfTime:
        print(f"{part}: stopped after {time.monotonic() - began:.0f} s; run again to go on", flush=True)
    except Exception:  # noqa: BLE001 - an error must not lose hours of other parts' work
        traceback.print_exc()
        return False
    else:
        print(f"{part}: done after {time.monotonic() - began:.0f} s", flush=True)
    return True


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.painting", description=__doc__)
    parser.add_argument("parts", nargs="*", help="site, even, films, judge, long; all by default")
    parser.add_argument("--run", default="painting", help="name of the folder in benchmarks/results")
    parser.add_argument("--model", type=Path, default=HOUSE, help="a model folder")
    parser.add_argument("--minutes", type=float, default=25, help="time limit")
    parser.add_argument("--pairs", type=int, default=10, help="pairs of prompts for the films of 16 and 60 frames")
    parser.add_argument("--long-pairs", type=int, default=1, help="pairs for the films of 240 frames")
    parser.add_argument("--even-pairs", type=int, default=len(REPORT), help="pairs for evenness and jumps")
    parser.add_argument("--judged-pairs", type=int, default=4, help="pairs whose films are compared with references")
    parser.add_argument("--fresh", action="store_true", help="delete the results of an earlier run")
    parser.add_argument("--only-report", action="store_true", help="print existing results without measuring")
    parser.add_argument("--docs", action="store_true", help="write the tables in docs/research/painting.md")
    parser.add_argument("--gate", action="store_true", help="exit with an error if the quality gate fails")
    return parser.parse_args()


def _bench(store: Store, folder: Path, until: float) -> Bench:
    """Return the loaded bench; raise if the stored run has another model or other settings."""
    began = time.monotonic()
    painter = WalkPipeline.load(str(folder))
    loading = time.monotonic() - began
    ours = Ours(painter, folder)
    began = time.monotonic()
    ours.film(("a cup", "a hat"), 24, "balanced")
    first = time.monotonic() - began
    began = time.monotonic()
    ours.film(("a cup", "a hat"), 24, "balanced")
    second = time.monotonic() - began
    same = {"revision": painter.revision, "presets": {name: ours.sampling(name) for name in films.PRESETS}}
    for known in store.select("about"):
        if {name: known[name] for name in same} != same:
            raise SystemExit(
                f"{store.folder} holds results of another model or other presets; use --fresh to start again"
            )
    store.add(
        "about", **same, name=painter.name, device=str(painter.device), processor=_processor(),
        threads=painter.rendering().threads, precision=painter.rendering().precision, batch=painter.rendering().batch,
        python=platform.python_version(), torch=torch.__version__, at=datetime.now(UTC).isoformat(timespec="seconds"),
        loading_seconds=loading, cold_seconds=first, warm_seconds=second,
    )  # fmt: skip
    return Bench(painter, ours, store, until)


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} cores of {names[0]}" if names else platform.processor()


def _site(bench: Bench) -> None:
    """Measure walks through a running site and in process, in alternating order."""
    todo = [(frames, n) for frames, pairs in THROUGH for n in range(pairs)]
    todo = [(frames, n) for frames, n in todo if not bench.store.has("site", frames=frames, pair=n)]
    if not todo:
        return
    with site.running() as running:
        walk.through_site(running, ("a cup", "a hat"), 8, seed=bench.ours.seed, preset="balanced")
        for frames, n in todo:
            bench.in_time()
            found: dict[str, float] = {}
            for through in (True, False) if n % 2 else (False, True):
                found |= _time_site(bench, running, frames, n) if through else _time_in_process(bench, frames, n)
            bench.store.add("site", frames=frames, pair=n, **found)


def _time_site(bench: Bench, running: site.RunningSite, frames: int, n: int) -> dict[str, float]:
    walked = walk.through_site(running, REPORT[n], frames, seed=bench.ours.seed, preset="balanced")
    return {"whole": walked.whole, "first": walked.first}


def _time_in_process(bench: Bench, frames: int, n: int) -> dict[str, float]:
    return {"in_process": walk.in_process(bench.ours, REPORT[n], frames, preset="balanced")}


if __name__ == "__main__":
    main()
