"""Running the examples of a page as a reader does who pastes them, and counting the pictures of the film they fetch."""

from __future__ import annotations

import subprocess
from pathlib import Path

from PIL import Image

from tests.server.live import PATIENCE


def run(command: list[str], text: str, folder: Path) -> str:
    """Run an example from its standard input, and return what it prints; it may not fail or complain."""
    ran = subprocess.run(command, input=text, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def count_pictures(film: Path) -> int:
    with Image.open(film) as picture:
        return int(getattr(picture, "n_frames", 1))
