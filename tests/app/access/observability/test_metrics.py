"""Figures for Prometheus, read by its own parser, and who may have them."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import downgrade
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from app.access.observability import site_metrics
from app.core.version import __version__
from app.storage.database import db, now, writing
from app.storage.schema import MIGRATIONS, upgrade
from app.storage.walk_models import WAITING, Task, Walk
from app.walks.queue import jobs
from app.walks.saved import lifecycle, reuse
from tests.conftest import make_app
from tests.support.bearer import bearer
from tests.support.rows import Maker, change
from tests.support.statements import sent_statements

OUTSIDE = {"REMOTE_ADDR": "203.0.113.7"}
TOKEN = "a token of the tests"
FOX = {"stops": [{"prompt": "a fox"}, {"prompt": "a kite"}]}


@pytest.fixture(autouse=True)
def unkept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count the walks at every scrape."""
    monkeypatch.setattr(site_metrics, "KEPT_SECONDS", 0.0)


def figures(client: FlaskClient) -> dict[tuple[str, ...], float]:
    """Return each figure under its name and the values of its labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_empty_site_tells_zeros_rather_than_nothing(client: FlaskClient) -> None:
    said = figures(client)
    states = ("queued", "painting", "finished", "refused", "failed", "cancelled")
    assert [said["moma_walks", state] for state in states] == [0] * 6
    assert said["moma_walks_waiting",] == said["moma_oldest_waiting_seconds",] == said["moma_paint_seconds_count",] == 0
    assert (said["moma_database_up",], said["moma_redis_up",], said["moma_workers",]) == (1, 0, 0)
    assert said["moma_media_free_bytes",] > 0


def test_walks_are_counted_by_state(client: FlaskClient, publish: Maker, request_walk: Maker) -> None:
    publish(), publish(unlisted=True)
    deleted, cancelled, oldest = publish(), request_walk(), request_walk()
    lifecycle.delete_walk(deleted)
    lifecycle.cancel(cancelled)
    request_walk(visitor="bob")
    change(oldest, created_at=now() - timedelta(seconds=90))
    said = figures(client)
    assert (said["moma_walks", "finished"], said["moma_walks", "cancelled"], said["moma_walks", "queued"]) == (2, 1, 2)
    assert said["moma_walks_waiting",] == 2
    assert 90 <= said["moma_oldest_waiting_seconds",] < 100


def test_scrape_runs_three_queries_and_caches(
    client: FlaskClient, publish: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> tuple[float, int]:
        with sent_statements() as sent:
            finished = figures(client)["moma_walks", "finished"]
        return finished, len([statement for statement, _ in sent if "FROM walks" in statement])

    publish()
    assert asked() == (1, 3)  # those in line, all others, and how many of the line no worker has begun
    monkeypatch.setattr(site_metrics, "KEPT_SECONDS", 60.0)
    figures(client)
    publish()
    assert asked() == (1, 0)
    monkeypatch.setattr(site_metrics, "KEPT_SECONDS", 0.0)
    assert figures(client)["moma_walks", "finished"] == 2


def test_database_that_went_away_is_reported_at_once(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_metrics, "KEPT_SECONDS", 60.0)
    assert figures(client)["moma_database_up",] == 1
    monkeypatch.setattr(site_metrics, "ping", lambda: "The database cannot be reached: it is away")
    said = figures(client)
    assert said["moma_database_up",] == 0
    assert ("moma_walks", "queued") not in said


def test_what_failed_is_not_kept(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_metrics, "KEPT_SECONDS", 60.0)
    downgrade(directory=str(MIGRATIONS), revision="base")
    said = figures(client)
    assert said["moma_database_up",] == said["moma_redis_up",] == 0
    assert ("moma_walks", "queued") not in said
    upgrade()
    assert figures(client)["moma_database_up",] == 1


def test_painting_time_never_falls(client: FlaskClient, publish: Maker) -> None:
    walk, _ = publish(), publish()
    before = figures(client)
    lifecycle.delete_walk(walk)
    after = figures(client)
    for said in (before, after):
        assert said["moma_paint_seconds_count",] == 2
        assert said["moma_paint_seconds_sum",] == pytest.approx(4.8)


def test_workers_their_memory_and_redis_are_reported(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    new = {"name": "one", "version": __version__, "memory": 5_000, "metrics": "127.0.0.1:9109"}
    workers = [new, new | {"schema": "0001"}, {"name": "three"}]
    monkeypatch.setattr(jobs, "redis_answers", lambda: True)
    monkeypatch.setattr(jobs, "workers", lambda: workers)
    said = figures(client)
    assert (said["moma_redis_up",], said["moma_workers",]) == (1, 3)
    assert (said["moma_workers_outdated",], said["moma_workers_memory_bytes",]) == (2, 10_000)
    assert client.get("/metrics/workers").json == [{"targets": ["127.0.0.1:9109"], "labels": {}}]


def test_requests_are_counted_by_endpoint_and_not_by_address(client: FlaskClient, walk: Walk) -> None:
    for address in (walk.url, f"/walks/{walk.id}", "/walks/never", "/wp-login.php", "/another.php"):
        client.get(address)
    client.open("/", method="BREW")
    said = figures(client)
    name = "moma_http_requests_total"
    assert (said[name, "pages.walk", "GET", "200"], said[name, "pages.walk", "GET", "404"]) == (2, 1)
    assert said[name, "none", "GET", "404"] == 2
    assert said[name, "none", "other", "405"] == 1
    assert said["moma_http_request_seconds_count", "pages.walk"] == 3
    assert 0 < said["moma_http_request_seconds_sum", "pages.walk"] < 10
    assert figures(client)[name, "metrics.metrics", "GET", "200"] == 1


def test_applications_in_one_process_count_apart(client: FlaskClient, tmp_path: Path) -> None:
    client.get("/about")
    other = make_app(tmp_path / "other").test_client()
    assert ("moma_http_requests_total", "pages.about", "GET", "200") not in figures(other)


def test_failing_page_is_counted_too(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.view_functions, "pages.about", lambda: 1 / 0)
    assert client.get("/about").status_code == 500
    assert figures(client)["moma_http_requests_total", "pages.about", "GET", "500"] == 1


@pytest.mark.parametrize("accept", ["application/openmetrics-text; version=1.0.0", "text/plain", "*/*", ";;,=", ""])
def test_every_kind_of_scraper_is_answered(client: FlaskClient, accept: str) -> None:
    answer = client.get("/metrics", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.mimetype in ("text/plain", "application/openmetrics-text")
    assert "moma_walks_waiting 0.0" in answer.text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        *((here, 200) for here in ("127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1")),
        *((elsewhere, 404) for elsewhere in ("203.0.113.7", "10.0.0.1", "", "unix:", "::ffff:203.0.113.7")),
    ],
)
def test_this_machine_alone_may_ask(client: FlaskClient, address: str, status: int) -> None:
    answer = client.get("/metrics", environ_overrides={"REMOTE_ADDR": address})
    assert (answer.status_code, "moma_" in answer.text) == (status, status == 200)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_visitor_behind_a_proxy_on_this_machine_is_not_this_machine(client: FlaskClient, header: str) -> None:
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


@pytest.mark.settings(METRICS_TOKEN=TOKEN)
def test_token_opens_it_from_elsewhere(client: FlaskClient) -> None:
    assert client.get("/metrics", environ_overrides=OUTSIDE, headers=bearer(TOKEN)).status_code == 200
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7", **bearer(TOKEN)}).status_code == 200
    assert client.get("/metrics").status_code == 200


@pytest.mark.settings(METRICS_TOKEN=TOKEN)
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer another token of the tests", f"Basic {TOKEN}", "Bearer ü"]
)
def test_wrong_token_is_refused(client: FlaskClient, header: str) -> None:
    answer = client.get("/metrics", environ_overrides=OUTSIDE, headers={"Authorization": header})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="metrics"')
    assert "moma_" not in answer.text


def test_without_a_token_in_the_settings_an_empty_one_opens_nothing(client: FlaskClient) -> None:
    sent = {"Authorization": "Bearer "}
    assert client.get("/metrics", environ_overrides=OUTSIDE, headers=sent).status_code == 404


def test_queue_is_reported_by_kind(client: FlaskClient, request_walk: Maker) -> None:
    begun, _ = request_walk(), request_walk(visitor="bob")
    with writing() as session:
        session.merge(begun).started_at = now()
        rows = [("frames", "waiting", 1), ("frames", "taken", 1), ("frames", "done", 1), ("film", "waiting", 2),
                ("large", "waiting", 4)]  # fmt: skip
        for batch, (kind, state, urgency) in enumerate(rows):
            session.add(Task(walk_number=begun.number, kind=kind, batch=batch, state=state, urgency=urgency))
    said = figures(client)
    assert said["moma_queue_pieces", "walks", "waiting"] == 1
    assert (said["moma_queue_pieces", "frames", "waiting"], said["moma_queue_pieces", "frames", "taken"]) == (1, 1)
    assert said["moma_queue_pieces", "large", "waiting"] == 1
    assert said["moma_queue_pieces", "film", "waiting"] == 0  # it is parked: its walk failed


def test_scrape_goes_through_no_table_of_what_is_done_to_tell_the_line(app: Flask) -> None:
    with sent_statements() as sent:
        site_metrics.depths(), site_metrics._counts(WAITING)
    queries = [each for each in sent if each[0].startswith("SELECT")]
    assert len(queries) == 4
    with closing(db.engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        plans = [row[-1] for query, values in queries for row in cursor.execute(f"EXPLAIN QUERY PLAN {query}", values)]
    assert plans
    assert [plan for plan in plans if plan.startswith("SCAN")] == []


def test_what_takes_long_to_count_is_counted_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, reads = [0.0], []
    monkeypatch.setattr(site_metrics.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(site_metrics, "KEPT_SECONDS", 5.0)

    def read() -> int:
        clock[0] += 1.0
        reads.append(clock[0])
        return len(reads)

    kept = site_metrics.CachedValue(read)
    counts = []
    for instant in (0.0, 6.0, 49.0, 51.0):
        clock[0] = max(clock[0], instant)
        counts.append(kept.get())
    assert counts == [1, 1, 1, 2]


def test_refusals_are_counted_by_their_reason(client: FlaskClient, instance: Path) -> None:
    client.post("/api/v1/walks", json={"stops": [{"prompt": "porn"}, {"prompt": "a kite"}]})
    client.post("/api/v1/walks", json={"stops": []})
    said = figures(client)
    assert (said["moma_refusals_total", "unfit"], said["moma_refusals_total", "invalid"]) == (1, 1)
    full = make_app(instance, HOURLY_WALKS=1, HOURLY_WALKS_ADDRESS=1).test_client()
    statuses = [full.post("/api/v1/walks", json=FOX).status_code for _ in range(2)]
    assert statuses == [202, 429]
    assert figures(full)["moma_refusals_total", "rate"] == 1


def test_repeats_are_distinguished_from_new_walks(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.post("/api/v1/walks", json=FOX)
    assert figures(client)["moma_commissions_total", "new"] == 1
    monkeypatch.setattr(reuse, "revision_for", lambda *_: "a revision")
    monkeypatch.setattr(reuse, "find_original", lambda *_: db.session.scalars(select(Walk)).first())
    monkeypatch.setattr(reuse, "finish_as_repeat", lambda walk, original: setattr(walk, "repeat_of", original.id))
    client.post("/api/v1/walks", json=FOX)
    assert figures(client)["moma_commissions_total", "repeat"] == 1


def test_addresses_of_workers_are_for_those_who_may_read_figures(client: FlaskClient) -> None:
    assert client.get("/metrics/workers").json == []
    assert client.get("/metrics/workers", environ_overrides=OUTSIDE).status_code == 404
