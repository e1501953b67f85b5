"""Processes that work for another one: they end with it, even where it is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import asleep, forks

ROOT = Path(__file__).parents[3]
# The parent says its child's number, and both wait for ever.
PARENT = """
import multiprocessing, os, sys, time
from studio.workspace import children
def work(parent):
    children.EVERY = 0.05
    children.end_with(parent)
    print(os.getpid(), flush=True)
    time.sleep(600)
if __name__ == "__main__":
    multiprocessing.get_context("fork").Process(target=work, args=(os.getpid(),)).start()
    time.sleep(600)
"""
PATIENCE = 120.0


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        asleep.pause(0.05)


def is_there(process: int) -> bool:
    """Return whether a process works, and is not merely waited for."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children_of(process: int) -> set[int]:
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rpartition(")")[2].split()[1]) == process:
                found.add(int(path.parent.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_child_ends_with_its_parent_however_that_ends(how: signal.Signals) -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        assert is_there(child) and child in children_of(parent.pid)
        parent.send_signal(how)
        parent.wait()
        wait_until(lambda: not is_there(child))


@pytest.mark.slow
def test_killed_encoding_leaves_no_processes_behind(base: Path, halving: Path, book: Path, tmp_path: Path) -> None:
    words = ("encode", "--folder", tmp_path, "--base", base, "--vae", halving, "--sketchbook", book, "--subjects", 999,
             "--size", 32, "--shard", 4, "--batch", 4, "--jobs", 2)  # fmt: skip
    command = [sys.executable, "-m", "studio", *map(str, words)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with forks.popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as parent:
        wait_until(lambda: parent.poll() is not None or any((tmp_path / "latents").glob("shard-*")))
        workers = children_of(parent.pid)
        assert len(workers) >= 2
        parent.kill()
        parent.wait()
        wait_until(lambda: not any(map(is_there, workers)))
