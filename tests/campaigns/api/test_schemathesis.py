"""Schemathesis holds the site, as gunicorn serves it, to its own OpenAPI document; no worker paints the walks."""

import os
import re
import secrets
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import update

from app.access.auth import visitors
from app.collection.search import visual_search
from app.storage.database import writing
from app.storage.walk_models import VisualFeatures, Walk
from tests.conftest import Maker
from tests.support.fronts import is_open, serving
from tests.support.live import PATIENCE, ROOT, free_port

pytestmark = pytest.mark.server

CONFIG = Path(__file__).parent / "schemathesis" / "schemathesis.toml"


OWNER = "the token of whoever owns all walks of these tests"
GENERATED = re.compile(r"(\d+) generated, (\d+) passed")


@contextmanager
def served(instance: Path) -> Iterator[str]:
    """Serve a site without Redis or worker, and yield its address."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
    command += ["--limit-request-line", "8190", "wsgi:app"]  # as the site itself does
    log = instance.with_suffix(".log")
    environment = {**os.environ, "MOMA_INSTANCE": str(instance), "MOMA_REDIS_URL": "unix:///nonexistent/redis.sock"}
    bounds = (
        "HOURLY_WALKS",
        "HOURLY_WALKS_ADDRESS",
        "HOURLY_PHOTOS",
        "HOURLY_PHOTOS_ADDRESS",
        "HOURLY_SOUNDS",
        "HOURLY_SOUNDS_ADDRESS",
        "LINE_MAX",
        "LINE_MAX_VISITOR",
        "LINE_MAX_ADDRESS",
    )
    environment |= {f"MOMA_{name}": "1000000" for name in bounds}
    address = f"http://127.0.0.1:{port}"
    command += ["--no-control-socket"]
    with (
        log.open("wb") as output,
        serving(command, is_ready=lambda: is_open(f"{address}/healthz"), log=output, env=environment),
    ):
        yield address
    assert "Traceback" not in log.read_text()


def found(address: str, *options: str, **environment: str) -> None:
    """Run it in all of its phases; fail if it finds something.

    ``TRIES`` in the environment has it try as many examples, others each time.
    """
    config = CONFIG.read_text("utf-8")
    if tries := os.environ.get("TRIES"):
        config = config.replace("deterministic = true", "deterministic = false").replace("= 80", f"= {tries}")
        config = re.sub("^seed = .*$", f"seed = {secrets.randbits(32)}", config, flags=re.MULTILINE)
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(config)
        file.flush()
        _find(address, file.name, *options, **environment)


def _find(address: str, config: str, *options: str, **environment: str) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", config, "run", "--checks", "all"]
    ran = subprocess.run(
        [*command, *options, f"{address}/api/v1/openapi.json"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=20 * PATIENCE,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert f"✅ {phase}" in ran.stdout
    generated, passed = GENERATED.findall(ran.stdout)[0]
    assert generated == passed
    assert int(passed) > 500
    print(f"{passed} cases")  # for who runs it long, with -s


def test_schemathesis_finds_nothing_as_owner_or_anonymous(
    app: Flask, instance: Path, publish: Maker, tmp_path: Path
) -> None:
    walks = [publish("a fox", f"a kite, {number}", frames=2) for number in range(60)]
    with writing() as session:
        session.execute(update(Walk).values(owner_hash=visitors.digest(OWNER)))
        vectors = visual_search.pack(np.ones((2, 64), np.float32))
        session.add_all(
            VisualFeatures(walk_number=each.number, encoder="one", frames=[0, 1], vectors=vectors) for each in walks
        )
    report = tmp_path / "report.ndjson"
    with served(instance) as address:
        stranger = urllib.request.Request(f"{address}/api/v1/walks/{walks[0].id}", method="DELETE")
        with pytest.raises(urllib.error.HTTPError, match="401"):  # while the walk is surely there
            urllib.request.urlopen(stranger)
        options = ["--header", f"Authorization: Bearer {OWNER}", "--report-ndjson-path", str(report)]
        found(address, *options, TRIED_WALKS=" ".join(walk.id for walk in walks))
    answered = Counter(re.findall(r'"method": ?"(\w+)".*?"status_code": ?(\d+)', report.read_text("utf-8")))
    print(answered)
    assert {("PATCH", "200"), ("DELETE", "204"), ("POST", "202"), ("GET", "410")} <= set(answered)
    assert {("PATCH", "401"), ("GET", "404")} <= set(answered)
