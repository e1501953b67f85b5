"""Schemathesis holds the site, as gunicorn serves it, to its own OpenAPI document; the walks are painted by nobody."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.live import PATIENCE, ROOT, free_port, wait_until

pytestmark = pytest.mark.server

CONFIG = Path(__file__).parent / "schemathesis" / "schemathesis.toml"


@pytest.fixture
def address(instance: Path) -> Iterator[str]:
    """Serve an empty site without Redis or worker, and return its address."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
    command += ["--limit-request-line", "0", "wsgi:app"]  # as the site itself does
    log = instance.with_suffix(".log")
    environment = {**os.environ, "MOMA_INSTANCE": str(instance), "MOMA_REDIS_URL": "unix:///nonexistent/redis.sock"}
    bounds = ("HOURLY_WALKS", "HOURLY_WALKS_ADDRESS", "LINE_MAX", "LINE_MAX_VISITOR", "LINE_MAX_ADDRESS")
    environment |= {f"MOMA_{name}": "1000000" for name in bounds}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--no-control-socket"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        wait_until(lambda: is_open(f"http://127.0.0.1:{port}/healthz"), what="the start")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)
    assert "Traceback" not in log.read_text()


def is_open(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False


def test_schemathesis_finds_nothing(address: str) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", "--checks", "all"]
    ran = subprocess.run(
        [*command, f"{address}/api/v1/openapi.json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert f"✅ {phase}" in ran.stdout
    generated, passed = re.findall(r"(\d+) generated, (\d+) passed", ran.stdout)[0]
    assert generated == passed
    assert int(passed) > 500
