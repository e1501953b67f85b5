"""Processes that work for another one: they end with it, even where it is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import forks
from tests.support.live import children_of, is_running, wait_until

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


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_child_ends_with_its_parent_however_that_ends(how: signal.Signals) -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        assert is_running(child) and child in children_of(parent.pid)
        parent.send_signal(how)
        parent.wait()
        wait_until(lambda: not is_running(child))


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
        wait_until(lambda: not any(map(is_running, workers)))
