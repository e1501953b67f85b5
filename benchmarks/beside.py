"""Ask programs of this checkout and of another one in turn, each in a process with that checkout's code."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SIDES = Path(__file__).resolve().parent / "sides"


@contextmanager
def answering(folder: Path, name: str) -> Iterator[subprocess.Popen[str]]:
    """Start a program of ``benchmarks/sides`` with the code of the checkout in a folder and its environment ``.venv``.

    It answers each line on its standard input by a line of JSON.
    """
    run = f"import runpy, sys; sys.path.insert(0, {str(folder)!r}); "
    run += f"runpy.run_path({str(SIDES / name)!r} + '.py', run_name='__main__')"
    command = [str(folder / ".venv/bin/python"), "-c", run]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=folder, **pipes)
    try:
        yield process
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(600)


def ask(process: subprocess.Popen[str], request: str) -> dict[str, Any]:
    """Send a line to such a program and return the JSON of its answer.

    :raises RuntimeError: when it has ended.
    """
    assert process.stdin and process.stdout
    process.stdin.write(request + "\n")
    process.stdin.flush()
    for line in process.stdout:
        if line.startswith("{"):
            return dict(json.loads(line))
    raise RuntimeError("the process that answers has ended")
