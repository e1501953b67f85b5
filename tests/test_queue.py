"""The bell: a job that names no walk, and a site that goes on while Redis is away."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import queue
from app.commission import find
from app.database import db
from app.models import QUEUED, Walk
from tests.conftest import NOBODY, make_app


def test_bell_is_not_heard_while_redis_is_away(app: Flask) -> None:
    assert queue.ring() is False
    assert queue.redis_answers() is False
    assert queue.workers() == []


def test_walk_is_saved_while_redis_is_away(app: Flask, commissioned: Callable[..., Walk]) -> None:
    walk = commissioned()
    db.session.remove()
    assert find(walk.id).state == QUEUED


def test_nothing_is_waited_for_when_no_redis_is_known(instance: Path) -> None:
    with make_app(instance, REDIS_URL=None).app_context():
        assert queue.connect() is None
        assert queue.ring() is False
        assert queue.redis_answers() is False
        assert queue.workers() == []


def test_silent_redis_keeps_nobody_waiting(instance: Path) -> None:
    """An address where nobody answers at all, as behind a wall that drops packets."""
    with make_app(instance).app_context():
        connection = queue.connect()
        kwargs = connection.connection_pool.connection_kwargs
        assert kwargs["socket_timeout"] == queue.TIMEOUT_SECONDS
        assert kwargs["socket_connect_timeout"] == queue.TIMEOUT_SECONDS


def test_setting_names_redis_before_the_running_site_does(instance: Path) -> None:
    (instance / queue.ADDRESS_FILE).write_text(json.dumps({"url": "unix:///tmp/of-the-site.sock"}))
    assert queue.address(make_app(instance)) == NOBODY
    assert queue.address(make_app(instance, REDIS_URL=None)) == "unix:///tmp/of-the-site.sock"


@pytest.mark.parametrize("content", [None, "", "{", "[]", "7", "null", "{}", "\0"])
def test_unreadable_address_of_a_running_site_counts_as_none(instance: Path, content: str | None) -> None:
    if content is not None:
        (instance / queue.ADDRESS_FILE).write_text(content)
    assert queue.address(make_app(instance, REDIS_URL=None)) is None


def test_job_names_no_walk(app: Flask) -> None:
    assert queue.JOB == "worker.job.work"


def test_pages_of_programs_answer_at_once_while_redis_is_away(
    client: FlaskClient, commissioned: Callable[..., Walk]
) -> None:
    walk = commissioned()
    began = time.monotonic()
    answer = client.get(f"/api/v1/walks/{walk.id}")
    assert answer.json["queue_position"] == 1
    assert time.monotonic() - began < 5
