"""What gunicorn writes down of its visitors, set as in production: nothing, unless the site says otherwise."""

import json
import os
import re
import shutil
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.fronts import GUNICORN, ask, serving
from tests.support.live import PATIENCE, free_port

pytestmark = pytest.mark.server

ADDRESS, PROGRAM = "203.0.113.9", "Nosegay/7"
Visit = Callable[..., str]


@pytest.fixture
def visited(migrated: Path, tmp_path: Path) -> Visit:
    """Return a function that has a site visited with these settings, and returns what it wrote down."""
    shutil.copy(migrated, tmp_path / "moma.sqlite")
    log, port = tmp_path / "log", free_port()
    command = [*GUNICORN, "--bind", f"127.0.0.1:{port}", "wsgi:app"]
    own = {"X-Forwarded-For": ADDRESS, "User-Agent": PROGRAM}

    def status(path: str) -> int:
        return ask(port, "GET", path, None, own)[0].status

    def is_open() -> bool:
        with suppress(OSError):
            return status("/healthz") == 200
        return False

    def visit(**settings: str) -> str:
        environment = {**os.environ, "MOMA_INSTANCE": str(tmp_path), "WEB_CONCURRENCY": "1", **settings}
        with log.open("wb") as output, serving(command, is_ready=is_open, log=output, env=environment):
            assert status("/gallery?q=quinces") == 200
            assert status("/no/such%0Apage?q=quinces") == 404
            assert status("/walks/aaaabbbbccccdddd-two-quinces/alike?q=quinces") == 404
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as garbled:
                garbled.sendall(b"GET /gallery?q=two quinces HTTP/1.1\r\nHost: x\r\n\r\n")
                assert b" 400 " in garbled.recv(200)
        return log.read_text()

    return visit


def test_log_says_which_page_was_asked_for_but_not_by_whom_nor_for_what(visited: Visit) -> None:
    log = visited()
    assert '"GET /gallery HTTP/1.1" 200 ' in log
    assert '"GET /no/such%0Apage HTTP/1.1" 404 ' in log
    assert '"GET /walks/aaaabbbbccccdddd-/alike HTTP/1.1" 404 ' in log
    assert "An invalid request was refused." in log
    for word in ("quinces", "127.0.0.1 ", "=127.0.0.1", ADDRESS, PROGRAM):
        assert word not in log


def test_log_names_visitors_where_the_site_says_so(visited: Visit) -> None:
    log = visited(MOMA_LOG_VISITORS="true")
    assert f'127.0.0.1 {ADDRESS} "GET /gallery?q=quinces HTTP/1.1" 200 ' in log
    assert PROGRAM in log
    assert "Invalid request from ip=127.0.0.1" in log


def test_log_is_an_object_in_each_line_where_the_site_says_so(visited: Visit) -> None:
    lines = [json.loads(line) for line in visited(MOMA_LOG_FORMAT="json").splitlines()]
    (page,) = [line for line in lines if line.get("path") == "/gallery"]
    assert (page["method"], page["status"], page["logger"]) == ("GET", 200, "gunicorn.access")
    assert re.fullmatch("[0-9a-f]{32}", page["request_id"])
    assert "An invalid request was refused." in {line.get("message") for line in lines}
    assert not [line for line in lines if {"query", "address", "user_agent"} & line.keys()]
    assert "quinces" not in str(lines)
