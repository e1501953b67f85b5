"""Compare the memory of a web process after many mixed requests with that of another checkout, such as a release.

    python -m benchmarks.memory --beside FOLDER [--requests 4000]

``FOLDER`` is a checkout with an environment of its own in ``.venv``. Each of the two fills a site with 10,000 walks and
serves it by gunicorn with one process, as in ``deploy/``; both get the same requests at the same time. Prints a table
in Markdown: the resident memory, the proportional one, in which shared pages count by their share, and the private one.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import web
from benchmarks.site import ROOT, free_port

CLIENTS = 4
KINDS = {"resident": ("Rss",), "proportional": ("Pss",), "private": ("Private_Clean", "Private_Dirty")}
WORDS = ("fox", "sunflower", "owl", "castle", "apple", "rocket", "penguin", "mushroom", "key", "Fuchs", "Schloss")
PLACES = ("in the snow", "at night", "by the sea", "in a forest", "on the moon", "in the desert")


@dataclass(frozen=True, slots=True)
class Server:
    """The server of a checkout: its URL, and the process IDs of gunicorn's master and of the one that answers."""

    url: str
    master: int

    @property
    def worker(self) -> int:
        """Return the process that answers requests."""
        (child,) = Path(f"/proc/{self.master}/task/{self.master}/children").read_text().split()
        return int(child)

    def ask(self, path: str) -> None:
        """Request a page; raise if it is not answered."""
        language = "de" if "Fuchs" in path or "Schloss" in path else "en"
        request = urllib.request.Request(self.url + path, headers={"Accept-Language": language})
        with urllib.request.urlopen(request, timeout=60) as answer:  # nosec B310
            answer.read()

    def megabytes(self) -> dict[str, float]:
        """Return the memory of the process that answers, by kind, and in ``both`` the resident one with the master."""
        found = {kind: _megabytes(self.worker, *names) for kind, names in KINDS.items()}
        return found | {"both": found["resident"] + _megabytes(self.master, "Rss")}


def main() -> None:
    """Serve both checkouts, send the requests and print the memory at the start and at the end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, required=True, help="the other checkout")
    parser.add_argument("--requests", type=int, default=4000)
    options = parser.parse_args()
    with ExitStack() as stack:
        servers = [stack.enter_context(_serve(folder)) for folder in (options.beside.resolve(), ROOT)]
        print("| requests | memory | before, MB | now, MB | now / before |\n|---|---|---|---|---|")
        _print(1, servers)
        done = 0
        for part in (options.requests // 4, options.requests - options.requests // 4):
            paths = list(_paths(done, part))
            with ThreadPoolExecutor(CLIENTS * len(servers)) as clients:
                for answered in [clients.submit(server.ask, path) for path in paths for server in servers]:
                    answered.result()
            done += part
            _print(done, servers)


def _print(requests: int, servers: list[Server]) -> None:
    before, now = (server.megabytes() for server in servers)
    for kind in before:
        print(f"| {requests:,} | {kind} | {before[kind]:.0f} | {now[kind]:.0f} | {now[kind] / before[kind]:.2f} |")
    sys.stdout.flush()


def _paths(first: int, count: int) -> Iterator[str]:
    """Yield paths of pages, lists and the API for visitors without a cookie, mostly different ones."""
    draw = random.Random(first)
    for number in range(count):
        walk = web._id(draw.randrange(1, web.WALKS))
        word, place = draw.choice(WORDS), draw.choice(PLACES)
        text = urllib.parse.quote(f"a {word} {place} {draw.randrange(100)}")
        choices = (
            "/", f"/walks/{walk}", f"/walks/{walk}", "/gallery", f"/gallery?q={word}", f"/gallery?q={word}&sort=best",
            f"/api/v1/walks/{walk}", "/api/v1/walks", f"/?prompt={text}&prompt=a+{word}", "/drawings", "/healthz",
            f"/walks/{walk}/embed", "/feed.xml",
        )  # fmt: skip
        yield choices[number % len(choices)]


@contextmanager
def _serve(folder: Path) -> Iterator[Server]:
    """Fill and serve a site with a checkout's code and environment."""
    python = str(folder / ".venv/bin/python")
    fill = "from app import create_app; from benchmarks import web; app = create_app(); app.app_context().push(); "
    fill += "web.upgrade(); web.fill(web.WALKS)"
    with tempfile.TemporaryDirectory(prefix="moma-bench-memory-") as instance:
        url = f"127.0.0.1:{free_port()}"
        environment = os.environ | {"MOMA_INSTANCE": instance, "MOMA_REDIS_URL": "unix:///nonexistent.sock"}
        environment |= {"WEB_CONCURRENCY": "1", "PYTHONPATH": str(folder), "MOMA_EXHIBITION": "false"}
        subprocess.run([python, "-c", fill], cwd=folder, env=environment, check=True)
        gunicorn = [python, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", url]
        quiet = ["--access-logfile", "/dev/null", "--log-level", "warning", "wsgi:app"]
        process = subprocess.Popen([*gunicorn, *quiet], cwd=folder, env=environment)
        try:
            web.wait(f"http://{url}/healthz")
            yield Server(f"http://{url}", process.pid)
        finally:
            process.terminate()
            process.wait(60)


def _megabytes(pid: int, *names: str) -> float:
    lines = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines())
    return sum(int(line[1]) for line in lines if line[0].rstrip(":") in names) / 1024


if __name__ == "__main__":
    main()
