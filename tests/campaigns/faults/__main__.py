"""A long campaign of faults: ``make faults``. It notes each, and writes the table of
``docs/research/reliability.md`` again.

What was noted stays when it is interrupted: the next campaign goes on from there.
"""

import argparse
import math
import random
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app.core.config import ROOT
from tests.campaigns.faults import report
from tests.campaigns.faults.campaign import Outcome, campaign, fitting
from tests.campaigns.faults.kinds import BOTH, KINDS

NOTES = ROOT / "instance" / "faults.jsonl"


@dataclass(frozen=True, slots=True)
class Lane:
    """A campaign that runs beside others."""

    database: str
    workers: int
    clocks: bool


LANES = [Lane(database, *more) for more in ((1, False), (2, False), (1, True)) for database in BOTH]


def main() -> int:
    """Run what is missing, and report; return 1 if anything was lost, duplicated or left lying."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.faults", description=__doc__)
    parser.add_argument("--each", type=int, default=100, help="how many of each kind")
    parser.add_argument("--long", type=int, default=20, help="how many of those that last over ten seconds")
    parser.add_argument("--kinds", nargs="+", choices=sorted(KINDS), default=sorted(KINDS), help="only these")
    parser.add_argument("--databases", nargs="+", choices=BOTH, default=list(BOTH), help="only on these")
    parser.add_argument("--side-by-side", type=int, default=2, help="how many sites at a time")
    parser.add_argument("--minutes", type=float, default=math.inf, help="after which no further fault begins")
    parser.add_argument("--notes", type=Path, default=NOTES, help="where each outcome is noted, a line of JSON each")
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    deadline = time.monotonic() + 60 * arguments.minutes
    arguments.notes.parent.mkdir(parents=True, exist_ok=True)
    done = report.read(arguments.notes)
    lock, seed = threading.Lock(), arguments.seed if arguments.seed is not None else random.randrange(10**6)

    def note(outcome: Outcome) -> None:
        with lock, arguments.notes.open("a") as file:
            file.write(outcome.line() + "\n")
            done.append(outcome)
        sys.stdout.write(f"{len(done):5} {outcome.line()}\n")
        sys.stdout.flush()

    def run(lane: Lane) -> None:
        counts = missing(lane, done, each=arguments.each, long=arguments.long)
        counts = {name: count for name, count in counts.items() if name in arguments.kinds}
        if any(counts.values()):
            campaign(
                lane.database,
                counts,
                seed=seed,
                workers=lane.workers,
                clocks=lane.clocks,
                note=note,
                stopped=lambda: time.monotonic() > deadline,
            )

    sys.stdout.write(f"seed {seed}, {len(done)} noted before\n")
    with ThreadPoolExecutor(arguments.side_by_side) as sites:
        for finished in [sites.submit(run, lane) for lane in LANES if lane.database in arguments.databases]:
            finished.result()
    report.publish(done)
    return int(any(outcome.wrong for outcome in done))


def missing(lane: Lane, done: list[Outcome], *, each: int, long: int) -> dict[str, int]:
    """Count what a lane still has to do: each kind is divided among the databases that it is for."""
    had = Counter((outcome.kind, outcome.database) for outcome in done)
    counts = {}
    for kind in fitting(lane.database, workers=lane.workers, clocks=lane.clocks):
        share = math.ceil((long if kind.long else each) / len(kind.databases))
        counts[kind.name] = max(0, share - had[kind.name, lane.database])
    return counts


if __name__ == "__main__":
    sys.exit(main())
