"""What a web process prepares before its first request, and what a command does not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.config import ROOT

pytestmark = pytest.mark.slow  # each starts a process with the whole site

PROGRAM = """
import gc, json, threading, wsgi
print(json.dumps([gc.get_freeze_count(), sorted(thread.name for thread in threading.enumerate())]))
"""


def start(instance: Path, **environment: str) -> tuple[int, list[str]]:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={"MOMA_INSTANCE": str(instance), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    frozen, threads = json.loads(result.stdout)
    return frozen, threads


def test_web_process_makes_checkpoints_and_collects_no_loaded_code(tmp_path: Path) -> None:
    frozen, threads = start(tmp_path, SERVER_SOFTWARE="gunicorn/23.0.0")
    assert frozen > 100_000
    assert "checkpoints" in threads


def test_command_makes_no_checkpoints_and_collects_no_loaded_code(tmp_path: Path) -> None:
    frozen, threads = start(tmp_path)
    assert frozen > 100_000
    assert threads == ["MainThread"]
