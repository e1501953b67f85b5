"""Health checks for load balancers: ``/healthz`` (liveness) and ``/readyz`` (readiness)."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, current_app, jsonify

from app.observability import log_lines
from app.queue import admission, jobs
from app.storage.database import UNREACHABLE, ping, schema_notice, schema_state

blueprint = Blueprint("health", __name__)
log = logging.getLogger(__name__)

SHOWN_KEYS = "model", "revision", "device"  # of a worker; its name would reveal its host and process


@blueprint.get("/healthz")
def alive() -> Response:
    """Answer 200 while the process runs."""
    return _plain({"status": "alive"})


@blueprint.get("/readyz")
def ready() -> Response:
    """Answer 200 if the database answers with the right schema and no disk is full, else 503.

    The body also reports Redis and workers.
    """
    flaw = ping() or schema_state()
    if flaw.startswith(UNREACHABLE):
        log.error("%s", flaw)  # only in the log: a database's message may contain hosts and users
        flaw = f"{UNREACHABLE}."
    elif not flaw and (notice := schema_notice()):
        log_lines.warn_once(current_app.extensions, log, notice)
    is_full = admission.is_disk_full()
    response = _plain(
        {
            "status": "not ready" if flaw or is_full else "ready",
            "database": flaw or "ok",
            "disk": "full: nothing can be stored" if is_full else "ok",
            "redis": "ok" if jobs.redis_answers() else "away: walks are saved and painted when it is back",
            "workers": [{key: worker.get(key) for key in SHOWN_KEYS} for worker in jobs.workers()],
        }
    )
    response.status_code = 503 if flaw or is_full else 200
    return response


def _plain(body: dict[str, object]) -> Response:
    response = jsonify(body)
    response.headers["Cache-Control"] = "no-store"
    return response
