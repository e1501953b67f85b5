"""Compare how long commands and the worker take to start with another checkout, such as an earlier release.

    python -m benchmarks.start --beside FOLDER [--rounds 7] [--only help …]

Both are started in turn, in alternating order, with this environment's Python, after each was started once. Processor
time is compared, so that other load on the machine weighs on both: that of the program and all its children. The
worker's start is importing it, making its application, loading the built-in model and encoding a prompt. The site's is
`make run`, until it says that it is open: its page answers and its worker is ready. Prints a
table in Markdown.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.site import ROOT

WORKER = """
import sys
sys.path.insert(0, "")
import worker.__main__ as program
from worker.diffusion.model import Model
app = program.create_app(**({"parts": program.INDEXES} if hasattr(program, "INDEXES") else {}))
model = Model.load("models/house")
model.encode("a fox", "")
model.networks("float32", "contiguous")
"""
SITE = """
import socket
import subprocess
import sys
with socket.create_server(("127.0.0.1", 0)) as probe:
    port = probe.getsockname()[1]
site = subprocess.Popen([sys.executable, "-m", "app.run", "--port", str(port)], stdout=subprocess.PIPE, text=True)
is_open = any("is open at" in line for line in site.stdout)
site.terminate()
site.wait()
sys.exit(not is_open)
"""
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
PROGRAMS = {
    "help": ("`flask --app wsgi --help`", (*FLASK, "--help")),
    "list": ("`flask --app wsgi walks list`", (*FLASK, "walks", "list")),
    "doctor": ("`flask --app wsgi doctor`", (*FLASK, "doctor")),
    "worker": ("a worker, with the built-in model", (sys.executable, "-c", WORKER)),
    "site": ("`make run`, until it is open", (sys.executable, "-c", SITE)),
}


def main() -> None:
    """Measure the programs of both checkouts in turn and print their times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, required=True, metavar="FOLDER", help="the other checkout")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="+", choices=PROGRAMS, default=[*PROGRAMS], metavar="PROGRAM")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="moma-bench-start-") as instances:
        folders = (options.beside.resolve(), ROOT)
        sides = [(folder, Path(instances) / str(number)) for number, folder in enumerate(folders)]
        for side in sides:
            _seconds((*FLASK, "db", "upgrade"), *side)
        print("| start | before, s | now, s | now / before |\n|---|---|---|---|")
        for name in options.only:
            print(_compare(*PROGRAMS[name], sides, options.rounds), flush=True)


def _compare(name: str, program: tuple[str, ...], sides: list[tuple[Path, Path]], rounds: int) -> str:
    """Return the row of a program: median times of both, and the median ratio of starts beside each other."""
    for side in sides:
        _seconds(program, *side)
    times: list[list[float]] = [[], []]
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            times[which].append(_seconds(program, *sides[which]))
    before, now = map(statistics.median, times)
    ratio = statistics.median(b / a for a, b in zip(*times, strict=True))
    return f"| {name} | {before:.2f} | {now:.2f} | {ratio:.2f} |"


def _seconds(program: tuple[str, ...], folder: Path, instance: Path) -> float:
    """Run a program in a checkout; return the processor seconds that it and its children took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"MOMA_INSTANCE": str(instance), "PYTHONDONTWRITEBYTECODE": ""}  # as make sets it
    done = subprocess.run(program, cwd=folder, env=environment, capture_output=True, check=False)
    if done.returncode and "doctor" not in program:  # it says that no worker runs
        raise RuntimeError(done.stderr.decode()[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
