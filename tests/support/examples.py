"""Running the examples of a page as a reader does who pastes them, and counting the pictures of the film they fetch."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image

from tests.support import live
from tests.support.live import PATIENCE


def run(command: list[str], text: str, folder: Path) -> str:
    """Run an example from its standard input, and return what it prints; it may not fail or complain."""
    ran = subprocess.run(command, input=text, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def count_pictures(film: Path) -> int:
    with Image.open(film) as picture:
        return int(getattr(picture, "n_frames", 1))


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the files of a folder from an origin of its own, and yield that."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with live.served(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as origin:
        yield origin
