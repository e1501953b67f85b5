"""What leaves the machine where the settings say so, received by real servers; elsewhere nothing does."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from app.core.config import ROOT
from tests.conftest import NOBODY, SECRET

pytestmark = pytest.mark.slow  # each starts a program of its own: these libraries stay in a process for good

SECRETS = ("quinces", "203.0.113.9", "Nosegay", "aaaabbbbccccdddd")
VISIT = """
from wsgi import app
app.view_functions["pages.about"] = lambda: 1 / 0
client = app.test_client()
told = {"REMOTE_ADDR": "203.0.113.9"}
sent = {"User-Agent": "Nosegay/7", "X-Request-ID": "0123456789abcdef0123456789abcdef", "X-Forwarded-For": "203.0.113.9"}
for path in ("/about?q=quinces", "/walks/aaaabbbbccccdddd-two-quinces", "/healthz"):
    client.get(path, environ_overrides=told, headers=sent)
"""
PIECE = """
from wsgi import app
from app.access.observability import log_lines, telemetry
app.extensions.pop("moma_traces", None)
telemetry.init_app(app, "moma-worker")
ids = {"request_id": "ab", "walk_id": "w"}
with log_lines.bound(**ids), telemetry.trace_task(app, kind="frames", **ids) as told:
    told["outcome"] = "done"
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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}", received
    server.shutdown()
    thread.join()
    server.server_close()


def run(program: str, instance: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a site's folder."""
    told = {"MOMA_INSTANCE": str(instance), "MOMA_SECRET_KEY": SECRET, "MOMA_REDIS_URL": NOBODY, "MOMA_PROXIES": "1"}
    environment = {"PATH": os.environ["PATH"], **told, **environment}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def spans(received: Received) -> list[dict[str, Any]]:
    """Read the spans that came: name, service and attributes."""
    found = []
    for path, body in received:
        assert path == "/v1/traces"
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource = {each.key: each.value.string_value for each in group.resource.attributes}
            for scope in group.scope_spans:
                for span in scope.spans:
                    told = {each.key: each.value.string_value or each.value.int_value for each in span.attributes}
                    assert not span.events
                    found.append({"name": span.name, **resource, **told})
    return found


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
    assert_bare(received)


def test_request_is_a_span_named_by_its_endpoint(instance: Path) -> None:
    with receiving() as (address, received):
        done = run(VISIT, instance, MOMA_TRACES_URL=f"http://{address}/v1/traces")
        assert done.returncode == 0, done.stderr
    found = spans(received)
    assert [span["name"] for span in found] == ["GET pages.about", "GET pages.walk", "GET health.alive"]
    assert {span["service.name"] for span in found} == {"moma-web"}
    assert {span["moma.request_id"] for span in found} == {"0123456789abcdef0123456789abcdef"}
    assert [span["http.status_code"] for span in found] == [500, 404, 200]
    assert_bare(received)


def test_piece_is_a_span_with_the_ids_of_walk_and_request(instance: Path) -> None:
    with receiving() as (address, received):
        done = run(PIECE, instance, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{address}")
        assert done.returncode == 0, done.stderr
    (span,) = spans(received)
    del span["service.version"]
    assert span == {
        "name": "piece frames", "service.name": "moma-worker", "moma.kind": "frames", "moma.outcome": "done",
        "moma.request_id": "ab", "moma.walk_id": "w",
    }  # fmt: skip


def assert_bare(received: Received) -> None:
    """See that nothing of a visitor is in what came."""
    assert received
    for _, body in received:
        assert [word for word in SECRETS if word.encode() in body] == []


def test_nothing_of_either_is_loaded_where_no_setting_names_it(instance: Path) -> None:
    ours = "sentry_sdk", "opentelemetry.exporter", "opentelemetry.instrumentation", "app.access.observability.span_list"
    told = f"import wsgi, sys; print([name for name in sys.modules if name.startswith({ours})])"
    assert run(told, instance).stdout == "[]\n"  # of OpenTelemetry's interface redis-py loads what is there


@pytest.mark.parametrize(
    ("setting", "value", "package"),
    [
        ("SENTRY_DSN", "http://key@127.0.0.1:9/7", "sentry_sdk"),
        ("TRACES_URL", "http://127.0.0.1:9/v1/traces", "opentelemetry"),
    ],
)
def test_what_is_set_and_not_installed_ends_the_start_and_names_the_extra(
    instance: Path, setting: str, value: str, package: str
) -> None:
    program = f"import sys; sys.modules[{package!r}] = None; import wsgi"
    done = run(program, instance, **{f"MOMA_{setting}": value})
    assert done.returncode == 1
    assert f"ConfigError: MOMA_{setting} is set, but {package}" in done.stderr
    assert "pip install -r requirements/telemetry.txt" in done.stderr


@pytest.mark.parametrize("dsn", ["nonsense", "http://127.0.0.1/7"])
def test_unusable_address_of_sentry_is_named(instance: Path, dsn: str) -> None:
    assert "MOMA_SENTRY_DSN cannot be used" in run("import wsgi", instance, MOMA_SENTRY_DSN=dsn).stderr
