"""Figures for Prometheus: of the site, read from database and Redis when asked; of requests, counted as they come.

Only this machine may ask, directly, or whoever sends the token: see ``docs/metrics.md``.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.core import GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import NotFound

from app.queue import jobs
from app.storage.database import db, now, ping
from app.storage.walk_models import FINISHED, QUEUED, STATES, Walk

blueprint = Blueprint("metrics", __name__)

EXTENSION = "metrics"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SEAT = "WEB_SEAT"  # set by deploy/gunicorn.conf.py; without it, each process has files of its own number
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
FORWARDED = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")
KEPT_SECONDS = 5.0  # several may scrape, and each count goes through all walks
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Requests:
    """The requests that this application answered: how many, and how long each took until its answer began."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own = None if FOLDER in os.environ else self.registry  # in a folder, the collector below reads all processes'
        if own is None:
            values.ValueClass = values.MultiProcessValue(lambda: os.environ.get(SEAT) or os.getpid())  # type: ignore[no-untyped-call]
        self.count = Counter("moma_http_requests", "Requests answered.", ["method", "endpoint", "status"], registry=own)
        self.seconds = Histogram(
            "moma_http_request_seconds", "Time until the answer began.", ["endpoint"], buckets=SECONDS, registry=own
        )
        if own is None:
            MultiProcessCollector(self.registry)  # type: ignore[no-untyped-call]
        self.registry.register(Site())


class Site(Collector):
    """The figures of the site, read from database and Redis at this moment; the walks are counted now and then."""

    def __init__(self) -> None:
        self.counts = Counts()

    def describe(self) -> Iterable[Metric]:
        """Describe nothing beforehand: at registration there is no application to ask."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read the figures; what cannot be reached is reported as down, and the rest is still given."""
        walks: list[Metric] = []
        if not ping():
            try:
                walks = list(_walks(self.counts.by_state()))
            except SQLAlchemyError:
                db.session.rollback()
        yield GaugeMetricFamily("moma_database_up", "Whether the database answers.", value=bool(walks))
        yield from walks
        yield GaugeMetricFamily("moma_redis_up", "Whether Redis answers.", value=jobs.redis_answers())
        yield GaugeMetricFamily("moma_workers", "Workers that are alive.", value=len(jobs.workers()))


def init_app(app: Flask) -> None:
    """Count the requests to ``app`` and serve ``/metrics``."""
    app.extensions[EXTENSION] = Requests()
    app.before_request(_begin)
    app.after_request(_count)
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Send the figures to those who may read them."""
    if not (_is_from_this_machine() or _has_token()):
        if not current_app.config["METRICS_TOKEN"]:
            raise NotFound
        words = "Send the site's METRICS_TOKEN as a bearer token.\n"
        return Response(words, 401, {"WWW-Authenticate": 'Bearer realm="metrics"'}, mimetype="text/plain")
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    text = encode(_requests().registry)
    return Response(text, content_type=content_type, headers={"Cache-Control": "no-store"})


@dataclass(frozen=True, slots=True)
class Count:
    """What is told of the walks in one state; those that were deleted are not among ``shown``."""

    shown: int = 0
    oldest: datetime | None = None
    painted: int = 0
    seconds: float = 0.0


class Counts:
    """The walks, counted: one way through the table, and not again for some seconds."""

    def __init__(self) -> None:
        self._known: dict[str, Count] = {}
        self._at = -math.inf

    def by_state(self) -> dict[str, Count]:
        """Return the counts of each state that some walk is in."""
        if time.monotonic() - self._at >= KEPT_SECONDS:
            self._known, self._at = self._read(), time.monotonic()
        return self._known

    def _read(self) -> dict[str, Count]:
        query = select(
            Walk.state,
            func.count().filter(Walk.deleted_at.is_(None)),
            func.min(Walk.created_at),
            func.count(Walk.paint_seconds),
            func.coalesce(func.sum(Walk.paint_seconds), 0.0),
        ).group_by(Walk.state)
        return {state: Count(*told) for state, *told in db.session.execute(query)}


def _walks(counts: Mapping[str, Count]) -> Iterator[Metric]:
    states = GaugeMetricFamily("moma_walks", "Walks by state, without deleted ones.", labels=["state"])
    for state in STATES:
        states.add_metric([state], counts.get(state, Count()).shown)
    yield states
    waiting, finished = counts.get(QUEUED, Count()), counts.get(FINISHED, Count())
    yield GaugeMetricFamily("moma_walks_waiting", "Walks in line.", value=waiting.shown)
    age = 0.0 if waiting.oldest is None else max(0.0, (now() - waiting.oldest).total_seconds())
    yield GaugeMetricFamily("moma_oldest_waiting_seconds", "How long the first walk in line has waited.", value=age)
    words = "Finished walks and their painting time."
    yield SummaryMetricFamily("moma_paint_seconds", words, finished.painted, finished.seconds)


def _begin() -> None:
    g.request_began = time.perf_counter()


def _count(response: Response) -> Response:
    began = g.pop("request_began", None)
    if began is None:  # an answer to no request, such as a test may make
        return response
    endpoint = request.endpoint or "none"  # never the path, which visitors make up
    method = request.method if request.method in METHODS else "other"
    requests = _requests()
    requests.count.labels(method, endpoint, str(response.status_code)).inc()
    requests.seconds.labels(endpoint).observe(time.perf_counter() - began)
    return response


def _requests() -> Requests:
    requests: Requests = current_app.extensions[EXTENSION]
    return requests


def _is_from_this_machine() -> bool:
    """Tell whether the request came from loopback, and through no proxy: behind one, everybody does."""
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:  # a Unix socket has no address
        return False


def _has_token() -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = str(current_app.config["METRICS_TOKEN"])
    is_bearer = bool(expected) and scheme.lower() == "bearer"
    return is_bearer and hmac.compare_digest(token.strip().encode(), expected.encode())
