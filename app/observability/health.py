"""Whether the site is alive, and whether it is ready: for load balancers and for ``doctor``."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, current_app, jsonify

from app.observability import log_lines
from app.queue import jobs
from app.storage.database import UNREACHABLE, ping, schema_notice, schema_state

blueprint = Blueprint("health", __name__)
log = logging.getLogger(__name__)

TOLD = "model", "revision", "device"  # of a worker; its name holds its host and its process


@blueprint.get("/healthz")
def alive() -> Response:
    """Answer as long as the process does."""
    return _plain({"status": "alive"})


@blueprint.get("/readyz")
def ready() -> Response:
    """Answer 200 when database and schema are there; the body also reports on Redis and the workers, to anybody."""
    flaw = ping() or schema_state()
    if flaw.startswith(UNREACHABLE):
        log.error("%s", flaw)  # for the log only: a database's own words may name hosts and users
        flaw = f"{UNREACHABLE}."
    elif not flaw and (notice := schema_notice()):
        log_lines.warn_once(current_app.extensions, log, notice)
    response = _plain(
        {
            "status": "not ready" if flaw else "ready",
            "database": flaw or "ok",
            "redis": "ok" if jobs.redis_answers() else "away: walks are saved and painted when it is back",
            "workers": [{key: worker.get(key) for key in TOLD} for worker in jobs.workers()],
        }
    )
    response.status_code = 503 if flaw else 200
    return response


def _plain(body: dict[str, object]) -> Response:
    response = jsonify(body)
    response.headers["Cache-Control"] = "no-store"
    return response
