"""Compare the time of painting a walk with that of another checkout, such as an earlier release.

    python -m benchmarks.frames --beside FOLDER [--rounds 7] [--sizes 256 512] [--pairs 2]

``FOLDER`` is a checkout with an environment of its own in ``.venv``. Each of the two loads the built-in model in a
process of its own, and paints walks of 24 frames between scenes that the other checkout arranged, drawing included,
files not. They paint in turn, in alternating order. Prints a table in Markdown: the median seconds of both by the clock
and of the processor, the median ratios of walks beside each other, and how many walks have the same pixels.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
from contextlib import ExitStack
from pathlib import Path

from benchmarks.beside import answering, ask
from benchmarks.pairs import REPORT
from benchmarks.site import ROOT


def main() -> None:
    """Paint walks with both checkouts in turn and print times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, required=True, help="the other checkout")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--pairs", type=int, default=2, help="how many pairs of prompts, in turn")
    options = parser.parse_args()
    with ExitStack() as stack:
        sides = [stack.enter_context(answering(folder, "frames")) for folder in (options.beside.resolve(), ROOT)]
        walks = [ask(sides[0], json.dumps({"arrange": pair}))["stops"] for pair in REPORT[: options.pairs]]
        print("| pixels | time | before, s | now, s | now / before | same pixels |\n|---|---|---|---|---|---|")
        for size in options.sizes:
            print(_compare(size, sides, walks, options.rounds), flush=True)


def _compare(size: int, sides: list[subprocess.Popen[str]], walks: list[list[object]], rounds: int) -> str:
    """Return the rows of a size."""
    for side in sides:
        ask(side, json.dumps({"paint": walks[0], "size": size}))
    times: dict[str, list[list[float]]] = {"clock": [[], []], "processor": [[], []]}
    same = 0
    for number in range(rounds):
        request = json.dumps({"paint": walks[number % len(walks)], "size": size})
        pictures = ["", ""]
        for which in (0, 1) if number % 2 else (1, 0):
            found = ask(sides[which], request)
            pictures[which] = found["pictures"]
            for kind, each in times.items():
                each[which].append(found[kind])
        same += pictures[0] == pictures[1]
    rows = []
    for kind, (before, now) in times.items():
        ratio = statistics.median(b / a for a, b in zip(before, now, strict=True))
        medians = f"{statistics.median(before):.2f} | {statistics.median(now):.2f} | {ratio:.2f}"
        rows.append(f"| {size} | {kind} | {medians} | {same} of {rounds} |")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
