"""A request that takes too much work is ended, and the thread answers the next one."""

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import EnvironBuilder

from app.site.web import work_limit
from app.storage.database import db
from app.storage.walk_models import Walk
from tests.conftest import make_app
from tests.support.live import PATIENCE


@pytest.fixture
def busy(instance: Path) -> Flask:
    """Return an application with an address that works on and one that waits."""
    app = make_app(instance, REQUEST_SECONDS=0.2)

    @app.get("/busy")
    def busy() -> str:
        db.session.scalar(select(Walk).limit(1))
        while True:
            with suppress(Exception):  # as careless code might
                sum(range(1000))

    @app.get("/waiting")
    def waiting() -> str:
        time.sleep(0.5)
        return "waited"

    return app


def test_work_without_end_is_answered_503_with_what_to_do(busy: Flask) -> None:
    answer = busy.test_client().get("/busy")
    assert answer.status_code == 503
    assert "more work than one request may be. Ask for less at once" in answer.text
    assert answer.headers["Retry-After"] == "60"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_thread_goes_on_with_the_next_request(busy: Flask) -> None:
    client = busy.test_client()
    assert [client.get(path).status_code for path in ("/busy", "/healthz", "/busy", "/healthz")] == [503, 200, 503, 200]


def test_response_that_was_begun_before_the_limit_is_answered_once(busy: Flask) -> None:
    begun = list[str]()

    def begin_and_work(_environ: object, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        while True:
            sum(range(1000))

    limit = work_limit.WorkLimit(busy, begin_and_work, 0.2)
    limit(EnvironBuilder().get_environ(), lambda status, *_more: begun.append(status))  # type: ignore[arg-type]
    assert begun == ["503 SERVICE UNAVAILABLE"]


def test_waiting_is_no_work(busy: Flask) -> None:
    assert busy.test_client().get("/waiting").text == "waited"


def test_no_thread_looks_after_requests_while_there_are_none(busy: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_limit, "IDLE_LOOKS", 1)
    before = set(threading.enumerate())
    busy.test_client().get("/healthz")
    begun = set(threading.enumerate()) - before
    for thread in begun:
        thread.join(PATIENCE)
    assert [thread.name for thread in begun] == ["work limit"]
    assert not any(thread.is_alive() for thread in begun)


def test_without_the_setting_nothing_is_limited(instance: Path) -> None:
    app = make_app(instance, REQUEST_SECONDS=0)
    assert type(app.wsgi_app).__name__ != "WorkLimit"
