"""Errors that leave the machine where a setting says so, received by a real server; elsewhere nothing does."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.core.config import ROOT
from tests.conftest import ABSENT_REDIS, SECRET
from tests.support.live import served

pytestmark = pytest.mark.slow  # each starts a program of its own: the library stays in a process for good

SECRETS = ("quinces", "203.0.113.9", "Nosegay", "aaaabbbbccccdddd")
VISIT = """
from wsgi import app
app.view_functions["pages.about"] = lambda: 1 / 0
client = app.test_client()
environ = {"REMOTE_ADDR": "203.0.113.9"}
sent = {"User-Agent": "Nosegay/7", "X-Request-ID": "0123456789abcdef0123456789abcdef", "X-Forwarded-For": "203.0.113.9"}
for path in ("/about?q=quinces", "/walks/aaaabbbbccccdddd-two-quinces", "/healthz"):
    client.get(path, environ_overrides=environ, headers=sent)
"""
Received = list[tuple[str, bytes]]


@contextmanager
def receiving() -> Iterator[tuple[str, Received]]:
    """Run a server that takes what is sent to it; yield where, and what came."""
    received: Received = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Receiver)) as address:
        yield address.removeprefix("http://"), received


def run(program: str, instance: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a site's folder."""
    settings = {
        "MOMA_INSTANCE": str(instance),
        "MOMA_SECRET_KEY": SECRET,
        "MOMA_REDIS_URL": ABSENT_REDIS,
        "MOMA_PROXIES": "1",
    }
    environment = {"PATH": os.environ["PATH"], **settings, **environment}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_error_goes_to_sentry_without_anybodys_words(instance: Path) -> None:
    with receiving() as (address, received):
        done = run(VISIT, instance, MOMA_SENTRY_DSN=f"http://key@{address}/7")
        assert done.returncode == 0, done.stderr
    events = [json.loads(line) for _, body in received for line in body.splitlines() if b'"exception"' in line]
    (event,) = [event for event in events if event["exception"]["values"][-1]["type"] == "ZeroDivisionError"]
    assert {path for path, _ in received} == {"/api/7/envelope/"}
    assert event["tags"] == {"service": "moma-web", "request_id": "0123456789abcdef0123456789abcdef"}
    assert event["logentry"] == {"message": "Unexpected error on %s"}
    assert event["exception"]["values"][-1]["stacktrace"]["frames"][-1]["function"] == "<lambda>"
    assert not {"request", "user", "server_name", "breadcrumbs", "extra", "modules", "contexts"} & event.keys()
    assert [word for word in SECRETS for _, body in received if word.encode() in body] == []


def test_sentry_is_not_loaded_where_no_setting_names_it(instance: Path) -> None:
    program = "import wsgi, sys; print([name for name in sys.modules if name.startswith('sentry_sdk')])"
    assert run(program, instance).stdout == "[]\n"


def test_sentry_that_is_set_and_not_installed_ends_the_start_and_names_the_extra(instance: Path) -> None:
    program = "import sys; sys.modules['sentry_sdk'] = None; import wsgi"
    done = run(program, instance, MOMA_SENTRY_DSN="http://key@127.0.0.1:9/7")
    assert done.returncode == 1
    assert "ConfigError: MOMA_SENTRY_DSN is set, but sentry_sdk" in done.stderr
    assert "pip install -r requirements/telemetry.txt" in done.stderr


@pytest.mark.parametrize("dsn", ["nonsense", "http://127.0.0.1/7"])
def test_unusable_address_of_sentry_is_named(instance: Path, dsn: str) -> None:
    assert "MOMA_SENTRY_DSN cannot be used" in run("import wsgi", instance, MOMA_SENTRY_DSN=dsn).stderr
