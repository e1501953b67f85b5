"""The bell: a job that names no walk, and a site that goes on while Redis is away."""

import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from importlib import metadata
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from app.storage.database import db
from app.storage.walk_models import QUEUED
from app.walks.queue import jobs
from app.walks.saved.lookup import any_walk
from tests.conftest import ABSENT_REDIS, Maker, make_app
from tests.support.own_redis import running


def test_bell_is_not_heard_while_redis_is_away(app: Flask) -> None:
    assert jobs.notify_workers() is False
    assert jobs.redis_answers() is False
    assert jobs.workers() == []


def test_walk_is_saved_while_redis_is_away(request_walk: Maker) -> None:
    walk = request_walk()
    db.session.remove()
    assert any_walk(walk.id).state == QUEUED


def test_nothing_is_waited_for_when_no_redis_is_known(instance: Path) -> None:
    with make_app(instance, REDIS_URL=None).app_context():
        assert jobs.connect() is None
        assert jobs.notify_workers() is False
        assert jobs.redis_answers() is False
        assert jobs.workers() == []


def test_silent_redis_keeps_no_one_waiting(instance: Path) -> None:
    """An address where nothing answers at all, as behind a wall that drops packets."""
    with make_app(instance).app_context():
        connection = jobs.connect()
        kwargs = connection.connection_pool.connection_kwargs
        assert kwargs["socket_timeout"] == jobs.TIMEOUT_SECONDS
        assert kwargs["socket_connect_timeout"] == jobs.TIMEOUT_SECONDS


def test_setting_names_redis_before_the_running_site_does(instance: Path) -> None:
    (instance / jobs.ADDRESS_FILE).write_text(json.dumps({"url": "unix:///tmp/of-the-site.sock"}))
    assert jobs.address(make_app(instance)) == ABSENT_REDIS
    assert jobs.address(make_app(instance, REDIS_URL=None)) == "unix:///tmp/of-the-site.sock"


@pytest.mark.parametrize("content", [None, "", "{", "[]", "7", "null", "{}", "\0"])
def test_unreadable_address_of_a_running_site_counts_as_none(instance: Path, content: str | None) -> None:
    if content is not None:
        (instance / jobs.ADDRESS_FILE).write_text(content)
    assert jobs.address(make_app(instance, REDIS_URL=None)) is None


def test_job_names_no_walk(app: Flask) -> None:
    assert jobs.JOB == "worker.job.work"


def test_pages_of_programs_answer_at_once_while_redis_is_away(
    client: FlaskClient, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = request_walk()
    monkeypatch.setattr("redis.retry.sleep", lambda _: pytest.fail("it was waited for Redis"))
    answer = client.get(f"/api/v1/walks/{walk.id}")
    assert answer.json["queue_position"] == 1


def test_nothing_is_looked_up_for_a_connection(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """redis-py asks the installed packages for its own version, again for each connection."""
    monkeypatch.setattr(metadata, "version", lambda _name: pytest.fail("looked up"))
    assert jobs.redis_answers() is False
    connection = jobs.connect(impatient=False)
    assert connection is not None
    with closing(connection):
        connection.connection_pool.make_connection()


def test_threads_share_the_connections_of_their_process(app: Flask) -> None:
    def pool(_number: int) -> object:
        with app.app_context():
            return jobs.connect().connection_pool

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(pool, range(64)))) == 1


@pytest.mark.server
def test_connection_that_redis_closed_is_opened_again_without_an_error(instance: Path) -> None:
    with running(instance / "a"), site_with_redis(instance, "a") as client:
        assert jobs.redis_answers()
        for connection in client.client_list():
            if connection["id"] != str(client.client_id()):
                client.client_kill_filter(_id=connection["id"])
        assert jobs.notify_workers()
        assert client.client_kill_filter(_type="normal", skipme=True) == 1
        assert jobs.workers() == []
        assert jobs.redis_answers()


@pytest.mark.server
def test_questions_are_asked_over_one_connection(instance: Path) -> None:
    with running(instance / "a"), site_with_redis(instance, "a") as client:
        before = client.info("stats")["total_connections_received"]
        for _ in range(5):
            assert jobs.redis_answers()
            assert jobs.workers() == []
        assert client.info("stats")["total_connections_received"] == before + 1


@pytest.mark.server
def test_redis_is_heard_again_when_it_is_back(instance: Path) -> None:
    with make_app(instance, REDIS_URL=None).app_context():
        for _ in range(2):
            with running(instance / "a"):
                announce(instance, "a")
                assert jobs.redis_answers()
                assert jobs.notify_workers()
            assert not jobs.redis_answers()
            assert not jobs.notify_workers()


@pytest.mark.server
def test_redis_is_found_at_another_address_and_the_old_connections_are_closed(instance: Path) -> None:
    with running(instance / "a") as old, running(instance / "b"), site_with_redis(instance, "a"):
        assert jobs.redis_answers()
        with Redis.from_url(old) as client:
            open_before = len(client.client_list())
            announce(instance, "b")
            assert jobs.notify_workers()
            assert len(client.client_list()) == open_before - 1
        (instance / jobs.ADDRESS_FILE).unlink()
        assert jobs.connect() is None


@pytest.mark.server
def test_child_of_a_fork_opens_connections_of_its_own(instance: Path) -> None:
    with running(instance / "a"), site_with_redis(instance, "a") as client:
        assert jobs.redis_answers()
        before = client.info("stats")["total_connections_received"]
        process = multiprocessing.get_context("fork").Process(target=_must_answer)
        process.start()
        process.join()
        assert process.exitcode == 0
        assert jobs.redis_answers()
        assert client.info("stats")["total_connections_received"] == before + 1


def _must_answer() -> None:
    assert jobs.redis_answers()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a Redis that a busy machine keeps from answering at once."""
    monkeypatch.setattr(jobs, "TIMEOUT_SECONDS", 300.0)


@contextmanager
def site_with_redis(instance: Path, name: str) -> Iterator[Redis]:
    """Open an application that finds the Redis of this name as a running site's, and a client beside it."""
    url = announce(instance, name)
    with make_app(instance, REDIS_URL=None).app_context(), Redis.from_url(url) as client:
        yield client


def announce(instance: Path, name: str) -> str:
    """Announce the Redis of this name as the site's."""
    text = (instance / name / jobs.ADDRESS_FILE).read_text()
    (instance / jobs.ADDRESS_FILE).write_text(text)
    return str(json.loads(text)["url"])


@pytest.mark.server
def test_each_site_knows_its_own_workers_and_forgets_those_that_fell_silent(instance: Path, tmp_path: Path) -> None:
    with running(instance / "a") as url, site_with_redis(instance, "a") as client:
        for name, seconds in (("one", 60), ("two", 60), ("killed", 60)):
            jobs.send_heartbeat({"name": name}, seconds)
        assert [about["name"] for about in jobs.workers()] == ["killed", "one", "two"]
        with make_app(tmp_path / "other", REDIS_URL=url, QUEUE="other").app_context():
            assert jobs.workers() == []
        jobs.remove_heartbeat("two")
        client.delete("moma:moma:worker:killed")  # as when its time has run out
        assert [about["name"] for about in jobs.workers()] == ["one"]
        assert client.smembers("moma:moma:workers") == {b"one"}


@pytest.mark.server
def test_jobs_do_not_pile_up_while_no_worker_takes_them(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "JOBS_MAX", 3)
    with running(instance / "a"), site_with_redis(instance, "a") as client:
        assert all(jobs.notify_workers() for _ in range(5))
        assert jobs.queue_on(client).count == 3
        assert jobs.notify_workers(jobs.FEATURES_JOB) and jobs.queue_on(client).count == 4
