"""Limits: accepted requests count, nothing else does, and a refusal says when to come back."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from redis import Redis

from app.access.auth import rate_limits
from app.core.errors import TooMany
from app.walks.queue import fair_queue, jobs
from tests.conftest import ABSENT_REDIS, inside, make_app
from tests.support.commands import count
from tests.support.own_redis import running

pytestmark = [pytest.mark.slow, pytest.mark.settings(HOURLY_WALKS=3, HOURLY_WALKS_ADDRESS=5)]

TWO = {"prompt": ["a fox", "a kite"]}
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}
ASKED = {"stops": [{"prompt": "a lemon"}, {"prompt": "the sun"}]}


def paint(client: FlaskClient, **fields: object) -> int:
    return client.post("/walks", data=TWO | fields).status_code


def test_fourth_walk_of_the_hour_is_refused_on_the_page_that_keeps_what_was_typed(client: FlaskClient) -> None:
    began = time.monotonic()
    assert [paint(client) for _ in range(3)] == [303] * 3
    answer = client.post("/walks", data={"prompt": ["an owl", "a very tall castle"], "seed": "77"})
    assert answer.status_code == 429
    assert 3598 - (time.monotonic() - began) <= int(answer.headers["Retry-After"]) <= 3601
    assert "The work of 3 usual walks within an hour is as much as we take from one visitor" in answer.text
    assert "an owl</textarea>" in answer.text
    assert "a very tall castle</textarea>" in answer.text
    assert 'value="77"' in answer.text
    assert count() == 3


def test_refused_walks_do_not_count(client: FlaskClient) -> None:
    assert paint(client) == 303
    assert [paint(client, seed="many") for _ in range(9)] == [422] * 9
    assert client.post("/walks", data={"prompt": ["", ""]}).status_code == 422
    assert [paint(client) for _ in range(3)] == [303, 303, 429]


def test_repeats_do_not_count_and_are_answered_when_the_hour_is_full(client: FlaskClient) -> None:
    assert [paint(client, token="once") for _ in range(9)] == [303] * 9
    assert [paint(client) for _ in range(3)] == [303, 303, 429]
    assert paint(client, token="once") == 303
    assert count() == 3


def state_of(client: FlaskClient, page: str) -> str:
    return str(client.get(f"/api/v1{page.partition('-')[0]}").json["state"])


def test_painting_a_cancelled_walk_after_all_counts_like_a_new_one(client: FlaskClient) -> None:
    page = client.post("/walks", data=TWO).headers["Location"]
    for _ in range(2):
        assert client.post(f"{page}/cancel").status_code == 303
        assert client.post(f"{page}/retry").status_code == 303
    client.post(f"{page}/cancel")
    answer = client.post(f"{page}/retry")
    assert answer.status_code == 429
    assert "The work of 3 usual walks within an hour is as much as we take from one visitor" in answer.text
    assert 1 <= int(answer.headers["Retry-After"]) <= 3601
    assert state_of(client, page) == "cancelled"
    assert paint(client) == 429


def test_walk_that_needs_no_retry_counts_nothing(client: FlaskClient) -> None:
    page = client.post("/walks", data=TWO).headers["Location"]
    assert [client.post(f"{page}/retry").status_code for _ in range(5)] == [409] * 5
    assert [paint(client) for _ in range(3)] == [303, 303, 429]


def test_operators_retry_without_limit(app: Flask) -> None:
    client, runner = app.test_client(), app.test_cli_runner()
    page = client.post("/walks", data=TWO).headers["Location"]
    for _ in range(6):
        for command in ("cancel", "retry"):
            assert runner.invoke(args=["walks", command, page.split("/")[-1]]).exit_code == 0
    assert state_of(client, page) == "queued"


def test_clearing_cookies_helps_as_far_as_the_address_allows(app: Flask) -> None:
    assert [paint(app.test_client()) for _ in range(7)] == [303] * 5 + [429] * 2
    answer = app.test_client().post("/walks", data=TWO)
    assert "The work of 5 usual walks within an hour is as much as we take from one address" in answer.text
    elsewhere = app.test_client()
    assert elsewhere.post("/walks", data=TWO, environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 303


def test_hour_is_full_by_work_and_a_large_walk_takes_more_of_it(app: Flask, client: FlaskClient) -> None:
    small = TWO | {"frames": "2"}
    assert [client.post("/walks", data=small | {"seed": str(seed)}).status_code for seed in range(3)] == [303] * 3
    assert paint(client) == 303, "three of two frames are less work than two usual ones"
    largest = TWO | {"frames": "240", "preset": "exact"}
    assert client.post("/walks", data=largest).status_code == 429
    fresh = app.test_client()
    assert fresh.post("/walks", data=largest, environ_base=ELSEWHERE).status_code == 303, "an hour is enough for any"
    assert fresh.post("/walks", data=small, environ_base=ELSEWHERE).status_code == 429


@pytest.mark.parametrize("server", ["memory", "redis"])
def test_retry_time_fits_the_whole_walk(
    instance: Path, redis: str, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    """A walk of two usual ones' work has no room before the second of those in its way is an hour old."""
    address = {"REDIS_URL": redis} if server == "redis" else {}
    with inside(make_app(instance, HOURLY_WALKS=3, HOURLY_WALKS_ADDRESS=30, **address)):
        usual, begun = fair_queue.turn_passes(), 1_800_000_000.0
        for minute in (0, 10, 20):
            monkeypatch.setattr("time.time", lambda minute=minute: begun + 60 * minute)
            with current_app.test_request_context(environ_base={"REMOTE_ADDR": "203.0.113.9"}):
                limit = replace(rate_limits.PAGE, key=lambda: "me")
                limit.admit(usual)
        with current_app.test_request_context(environ_base={"REMOTE_ADDR": "203.0.113.9"}):
            for cost, minutes in ((usual, 40), (2 * usual, 50), (3 * usual, 60)):
                with pytest.raises(TooMany) as refused:
                    limit.admit(cost)
                assert refused.value.retry_after == pytest.approx(60 * minutes, abs=1)


def test_refused_request_uses_up_no_room(app: Flask) -> None:
    eager = app.test_client()
    assert [paint(eager) for _ in range(9)] == [303] * 3 + [429] * 6
    neighbour = app.test_client()
    assert [paint(neighbour) for _ in range(3)] == [303, 303, 429]


def test_api_is_limited_by_address_and_answers_with_a_problem(client: FlaskClient) -> None:
    began = time.monotonic()
    assert [client.post("/api/v1/walks", json=ASKED).status_code for _ in range(3)] == [202] * 3
    answer = client.post("/api/v1/walks", json=ASKED)
    assert answer.status_code == 429
    assert answer.content_type == "application/problem+json"
    assert (answer.json["status"], answer.json["title"]) == (429, "Enough for now")
    assert 3598 - (time.monotonic() - began) <= int(answer.headers["Retry-After"]) <= 3601
    assert "Set-Cookie" not in answer.headers
    elsewhere = client.post("/api/v1/walks", json=ASKED, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert elsewhere.status_code == 202


@pytest.mark.parametrize(
    "spelling", ["203.0.113.9:{}", '"203.0.113.9:{}"', "[2001:db8::9]:{}", "[2001:db8::{:x}]", "unknown", "_h{}"]
)
def test_connections_of_one_address_share_its_limit(instance: Path, spelling: str) -> None:
    client = make_app(instance, PROXIES=1, HOURLY_WALKS=3).test_client()
    codes = [
        client.post("/api/v1/walks", json=ASKED, headers={"X-Forwarded-For": spelling.format(port)}).status_code
        for port in range(50_001, 50_005)
    ]
    assert codes == [202, 202, 202, 429]


def test_repeats_and_bad_requests_to_the_api_do_not_count(client: FlaskClient) -> None:
    key = {"Idempotency-Key": "sixteen characters, or more"}
    assert [client.post("/api/v1/walks", json=ASKED, headers=key).status_code for _ in range(6)] == [202] * 6
    assert [client.post("/api/v1/walks", json={"stops": []}).status_code for _ in range(6)] == [422] * 6
    assert [client.post("/api/v1/walks", json=ASKED).status_code for _ in range(3)] == [202, 202, 429]
    assert client.post("/api/v1/walks", json=ASKED, headers=key).status_code == 202


def test_reading_has_no_limit(client: FlaskClient) -> None:
    assert [paint(client) for _ in range(4)][-1] == 429
    for address in ("/", "/gallery", "/mine", "/api/v1/walks"):
        assert {client.get(address).status_code for _ in range(8)} == {200}


def test_household_has_one_key_for_all_its_ipv6_addresses(app: Flask) -> None:
    def key(address: str) -> str:
        with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            return rate_limits.network_key()

    assert key("2001:db8:1:2::1") == key("2001:db8:1:2:ffff::9")
    assert key("2001:db8:1:2::1") != key("2001:db8:1:3::1")
    assert key("203.0.113.7") != key("203.0.113.8")
    assert key("::ffff:203.0.113.7") != key("::ffff:203.0.113.8")
    assert key("unix socket")


def test_networks_are_kept_as_keyed_hashes_only(app: Flask, tmp_path: Path) -> None:
    keys = set()
    for one in (app, make_app(tmp_path / "other", SECRET_KEY="another secret, as long as it has to be")):
        for address in ("203.0.113.7", "203.0.113.8"):
            with one.test_request_context(environ_base={"REMOTE_ADDR": address}):
                keys.add(rate_limits.network_key())
    assert len(keys) == 4
    assert not any("203" in key and "113" in key for key in keys)


@pytest.mark.parametrize(("address", "shares"), [
    ("203.0.113.9", True), ("198.51.100.7", False), ("2001:db8::1", True), ("2001:db8:5::1", False), ("", True),
])  # fmt: skip
def test_visitors_share_turns_of_a_network_that_is_not_shared(app: Flask, address: str, shares: bool) -> None:
    app.config["SHARED_NETWORKS"] = ["198.51.100.0/24", "2001:db8:5::/48"]
    keys = []
    for visitor in ("ann", "ben"):
        with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            keys.append(rate_limits.queue_key(visitor))
    assert (keys[0] == keys[1]) is shares
    assert shares or keys == ["ann", "ben"]


@pytest.fixture
def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run a Redis of its own, and wait for it where the machine is busy; return its address."""
    monkeypatch.setattr(jobs, "TIMEOUT_SECONDS", 300.0)
    with running(tmp_path) as url:
        yield url


@pytest.mark.server
def test_processes_share_counts_in_redis_under_the_keys_of_earlier_releases(instance: Path, redis: str) -> None:
    settings = {"HOURLY_WALKS": 3, "HOURLY_WALKS_ADDRESS": 5, "REDIS_URL": redis}
    first, second = (make_app(instance, **settings).test_client() for _ in range(2))
    assert [paint(first) for _ in range(3)] == [303] * 3
    assert [paint(second) for _ in range(3)] == [303, 303, 429]
    with Redis.from_url(redis, decode_responses=True) as client:
        counts = sorted((re.sub("/[0-9a-f]{32,}/", "/…/", key), client.llen(key)) for key in client.keys("LIMITS:*"))
    assert counts == [
        ("LIMITS:LIMITER/moma:moma/…/walks address/50/1/hour", 50),
        ("LIMITS:LIMITER/moma:moma/…/walks page/30/1/hour", 20),
        ("LIMITS:LIMITER/moma:moma/…/walks page/30/1/hour", 30),
    ]


@pytest.mark.server
def test_lost_redis_is_replaced_by_memory(instance: Path, redis: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(instance, HOURLY_WALKS=1, REDIS_URL=redis)
    client = app.test_client()
    assert [paint(client) for _ in range(2)] == [303, 429]
    app.config["REDIS_URL"] = ABSENT_REDIS
    assert [paint(client) for _ in range(2)] == [303, 429], "memory has counted nothing so far"
    app.config["REDIS_URL"] = redis
    assert app.extensions["moma_limits"].away_until > time.monotonic()
    monkeypatch.setattr(app.extensions["moma_limits"], "away_until", 0.0)
    with Redis.from_url(redis) as connection:
        connection.flushall()
    assert paint(client) == 303
