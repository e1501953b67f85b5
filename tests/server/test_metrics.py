"""Figures of requests that several web processes answered, counted in the folder that they share."""

import os
import re
import shutil
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.fronts import GUNICORN, is_open, serving
from tests.support.live import PATIENCE, children_of, free_port, wait_until

pytestmark = pytest.mark.server

REQUESTS = 30
PROCESSES = 2
REPLACED_AFTER = 10
KINDS = ("counter", "histogram")
COUNTED = 'moma_http_requests_total{endpoint="pages.about",method="GET",status="200"} '


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        return str(answer.read().decode())


def folder_in(instance: Path) -> Path:
    """Make the folder that the settings name when nothing else does, with what an earlier start left."""
    folder = instance / "metrics"
    folder.mkdir()
    (folder / "counter_7.db").write_bytes(b"left by an earlier start, cut off")
    return folder


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """Run gunicorn as in production, with two processes that are replaced every ten requests; yield its address."""
    address = f"127.0.0.1:{free_port()}"
    environment = {**os.environ, "MOMA_INSTANCE": str(folder.parent), "WEB_CONCURRENCY": str(PROCESSES)}
    environment |= {"GUNICORN_CMD_ARGS": f"--max-requests {REPLACED_AFTER} --max-requests-jitter 0 --pid {folder}/pid"}
    command = [*GUNICORN, "--bind", address, "wsgi:app"]
    with serving(command, is_ready=lambda: is_open(f"http://{address}/healthz"), env=environment):
        yield f"http://{address}"


@pytest.fixture(scope="module")
def visited(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Visit a server so often that its processes are replaced; return its address and its folder."""
    instance = tmp_path_factory.mktemp("instance")
    shutil.copy(migrated, instance / "moma.sqlite")
    folder = folder_in(instance)
    with web_server(folder) as address:
        for _ in range(REQUESTS):
            get(f"{address}/about")
        yield address, folder


def counted(address: str) -> str:
    """Return how many requests for the about page a scrape tells of."""
    (found,) = re.findall(re.escape(COUNTED) + r"(\S+)", get(f"{address}/metrics"))
    return str(found)


def test_every_scrape_tells_of_all_processes_since_the_start(visited: tuple[str, Path]) -> None:
    address, folder = visited
    assert [counted(address) for _ in range(4)] == [f"{REQUESTS}.0"] * 4
    assert 'moma_walks{state="finished"} 0.0' in get(f"{address}/metrics")
    assert not (folder / "counter_7.db").exists()


def test_process_goes_on_in_the_files_of_the_one_whose_place_it_takes(visited: tuple[str, Path]) -> None:
    assert {path.stem for path in visited[1].glob("*.db")} <= {
        f"{kind}_{n}" for kind in KINDS for n in range(PROCESSES)
    }


def test_reload_restarts_the_processes_and_goes_on_counting(instance: Path) -> None:
    folder = folder_in(instance)
    with web_server(folder) as address:
        master = int((folder / "pid").read_text())
        before = children_of(master)
        for _ in range(3):
            get(f"{address}/about")
        os.kill(master, signal.SIGHUP)
        wait_until(
            lambda: len(children_of(master) - before) == PROCESSES == len(children_of(master)), what="the reload"
        )
        get(f"{address}/about")
        assert counted(address) == "4.0"
