"""Compare the time of pages in the server with that of another checkout, such as an earlier release.

    python -m benchmarks.pages --beside FOLDER [--rounds 15] [--only home gallery …]

``FOLDER`` is a checkout with an environment of its own in ``.venv``. Each of the two fills a site with 10,000 walks in
a process of its own. Both are requested in turn, in alternating order, and CPU time is compared, so that other load on
the machine weighs on both. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
from contextlib import ExitStack
from pathlib import Path

from benchmarks.beside import answering, ask
from benchmarks.site import ROOT

PAGES = {
    "home page": "/",
    "home page in German": "de /",
    "gallery": "/gallery",
    "gallery, the 51st page": "deep",
    "a search": "/gallery?q=fox",
    "a search by two words": "/gallery?q=owl+castle",
    "a walk's page": "walk",
    "drawings": "/drawings",
    "the API's list of walks": "/api/v1/walks",
    "a request that does nothing": "/healthz",
}


def main() -> None:
    """Measure the pages of both checkouts in turn and print their times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, required=True, help="the other checkout")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", nargs="+", choices=PAGES, default=[*PAGES], metavar="PAGE")
    options = parser.parse_args()
    with ExitStack() as stack:
        sides = [stack.enter_context(answering(folder, "pages")) for folder in (options.beside.resolve(), ROOT)]
        print("| page | before, ms | now, ms | now / before | kB before | kB now |\n|---|---|---|---|---|---|")
        for name in options.only:
            print(_compare(name, sides, options.rounds), flush=True)


def _compare(name: str, sides: list[subprocess.Popen[str]], rounds: int) -> str:
    """Return the row of a page: median times of both, and the median ratio of requests beside each other."""
    for side in sides:
        ask(side, PAGES[name])
    times: list[list[float]] = [[], []]
    sizes = [0.0, 0.0]
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            found = ask(sides[which], PAGES[name])
            times[which].append(found["milliseconds"])
            sizes[which] = found["bytes"] / 1000
    before, now = map(statistics.median, times)
    ratio = statistics.median(b / a for a, b in zip(*times, strict=True))
    return f"| {name} | {before:.2f} | {now:.2f} | {ratio:.2f} | {sizes[0]:.1f} | {sizes[1]:.1f} |"


if __name__ == "__main__":
    main()
