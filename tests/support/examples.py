"""Running the examples of a page as a reader does who pastes them, and counting the pictures of the film they fetch."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image

from tests.support import live
from tests.support.live import PATIENCE, LiveSite
from tests.support.needs import require


def run(command: list[str], text: str, folder: Path) -> str:
    """Run an example from its standard input, and return what it prints; it may not fail or complain."""
    ran = subprocess.run(command, input=text, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def count_pictures(film: Path) -> int:
    with Image.open(film) as picture:
        return int(getattr(picture, "n_frames", 1))


def check_curl(site: LiveSite, example: str, folder: Path) -> None:
    """Run an example for curl, and check that it fetches the film of a walk and deletes that."""
    require("curl")
    before = set(site.rows("SELECT id FROM walks"))
    run(["bash", "-euo", "pipefail"], example, folder)
    assert count_pictures(folder / "film.gif") == 24
    ((walk_id,),) = set(site.rows("SELECT id FROM walks")) - before
    assert site.request("GET", f"/api/v1/walks/{walk_id}")[0] == 410


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the files of a folder from an origin of its own, and yield that."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with live.served(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as origin:
        yield origin
