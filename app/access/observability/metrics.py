"""Metrics for Prometheus: the site's, read from database and Redis on each scrape, and counters of requests.

Access is limited to this machine, without a proxy, and to requests with the token: see ``docs/reference/metrics.md``.
"""

import hmac
import os
import time

from flask import Blueprint, Flask, Response, current_app, g, jsonify, make_response, request
from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from werkzeug.exceptions import NotFound

from app.access.observability import site_metrics
from app.core import client_address
from app.core.environment import variable
from app.walks.queue import jobs

blueprint = Blueprint("metrics", __name__)

EXTENSION = "metrics"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SEAT = "WEB_SEAT"  # set by deploy/gunicorn.conf.py; without it, each process names its files by its process ID
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
FORWARDED = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")
REFUSALS = {413: "too large", 422: "invalid", 429: "rate", 503: "other"}  # if no more specific reason is known
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Requests:
    """The counters of the application's requests, and the histogram of their times to the first byte."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own = None if variable(FOLDER) else self.registry  # with a folder, the collector below reads all processes
        if own is not None:
            values.ValueClass = values.MutexValue
        else:
            values.ValueClass = values.MultiProcessValue(lambda: os.environ.get(SEAT) or os.getpid())  # type: ignore[no-untyped-call]
        self.count = Counter("moma_http_requests", "Requests answered.", ["method", "endpoint", "status"], registry=own)
        self.seconds = Histogram(
            "moma_http_request_seconds", "Time to first byte.", ["endpoint"], buckets=SECONDS, registry=own
        )
        self.refusals = Counter("moma_refusals", "Requests that were refused.", ["reason"], registry=own)
        self.commissions = Counter("moma_commissions", "Walks that were asked for.", ["answer"], registry=own)
        if own is None:
            MultiProcessCollector(self.registry)  # type: ignore[no-untyped-call]
        self.registry.register(site_metrics.Site())


def init_app(app: Flask) -> None:
    """Count the requests to ``app`` and serve ``/metrics``."""
    app.extensions[EXTENSION] = Requests()
    app.before_request(_begin)
    app.after_request(_count)
    app.register_blueprint(blueprint)


def count_request(*, is_repeat: bool) -> None:
    """Count a request for a walk, as new or as answered from the cache."""
    _requests().commissions.labels("repeat" if is_repeat else "new").inc()


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return the metrics in the format that the client accepts.

    :raises NotFound: when the client may not read them and no token is set; with a token the response is 401.
    """
    if refusal := _refused():
        return refusal
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    text = encode(_requests().registry)
    return Response(text, content_type=content_type, headers={"Cache-Control": "no-store"})


@blueprint.get("/metrics/workers")
def workers() -> Response:
    """Return the addresses of running workers' metrics, in the format of Prometheus' HTTP service discovery."""
    if refusal := _refused():
        return refusal
    targets = sorted({str(about["metrics"]) for about in jobs.workers() if about.get("metrics")})
    return make_response(
        jsonify([{"targets": targets, "labels": {}}] if targets else []), {"Cache-Control": "no-store"}
    )


def _refused() -> Response | None:
    """Return a 401 response for a client that may not read the metrics; None for one that may.

    :raises NotFound: for a client that may not, when no token is set.
    """
    if not (_is_from_this_machine() or _has_token()):
        if not current_app.config["METRICS_TOKEN"]:
            raise NotFound
        words = "Send the site's METRICS_TOKEN as a bearer token.\n"
        return Response(words, 401, {"WWW-Authenticate": 'Bearer realm="metrics"'}, mimetype="text/plain")
    return None


def _begin() -> None:
    g.request_began = time.perf_counter()


def _count(response: Response) -> Response:
    began = g.pop("request_began", None)
    if began is None:  # a response without a request, as in a test
        return response
    endpoint = request.endpoint or "none"  # never the path, which clients choose freely
    method = request.method if request.method in METHODS else "other"
    requests = _requests()
    requests.count.labels(method, endpoint, str(response.status_code)).inc()
    if response.status_code in REFUSALS:
        requests.refusals.labels(g.get("refusal", REFUSALS[response.status_code])).inc()
    requests.seconds.labels(endpoint).observe(time.perf_counter() - began)
    return response


def _requests() -> Requests:
    requests: Requests = current_app.extensions[EXTENSION]
    return requests


def _is_from_this_machine() -> bool:
    """Return whether the request came directly from loopback; behind a proxy every request does."""
    if any(name in request.headers for name in FORWARDED):
        return False
    address = client_address.parse(request.remote_addr)
    return address is not None and address.is_loopback  # a Unix socket has no address


def _has_token() -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = str(current_app.config["METRICS_TOKEN"])
    is_bearer = bool(expected) and scheme.lower() == "bearer"
    return is_bearer and hmac.compare_digest(token.strip().encode(), expected.encode())
