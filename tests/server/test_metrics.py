"""Figures of requests that several web processes answered, counted in the folder that they share."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from app.config import ROOT
from tests.server.live import free_port, wait_until

pytestmark = pytest.mark.server

REQUESTS = 30


def configuration() -> str:
    """Return the lines that the documentation gives for gunicorn."""
    found = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "metrics.md").read_text("utf-8"), re.DOTALL)
    assert found
    return found[1]


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return str(answer.read().decode())


def is_open(address: str) -> bool:
    try:
        return bool(get(address + "/healthz"))
    except (urllib.error.URLError, OSError):
        return False


def test_every_scrape_tells_of_all_processes_since_the_start(tmp_path: Path, instance: Path) -> None:
    folder, settings = tmp_path / "shared", tmp_path / "gunicorn.conf.py"
    folder.mkdir()
    (folder / "counter_1.db").write_bytes(b"left by an earlier start, cut off")
    settings.write_text(configuration())
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "gunicorn", "--config", str(settings), "--bind", address, "--workers", "2"]
    environment = {**os.environ, "MOMA_INSTANCE": str(instance), "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    quiet = ["--no-control-socket", "--log-level", "warning", "wsgi:app"]
    server = subprocess.Popen([*command, *quiet], cwd=ROOT, env=environment)
    try:
        wait_until(lambda: is_open(f"http://{address}"), what="the web server")
        wait_until(lambda: len(list(folder.glob("counter_*.db"))) == 2 or not get(f"http://{address}/healthz"))
        for _ in range(REQUESTS):
            get(f"http://{address}/about")
        scrapes = [get(f"http://{address}/metrics") for _ in range(4)]
    finally:
        server.terminate()
        server.wait(30)
    counted = 'moma_http_requests_total{endpoint="pages.about",method="GET",status="200"} '
    assert [re.findall(re.escape(counted) + r"(\S+)", text) for text in scrapes] == [[f"{REQUESTS}.0"]] * 4
    assert all('moma_walks{state="finished"} 0.0' in text for text in scrapes)
    assert not (folder / "counter_1.db").exists()
