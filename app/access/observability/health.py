"""Health checks for load balancers: ``/healthz`` (liveness) and ``/readyz`` (readiness)."""

import logging
import time

from flask import Blueprint, Response, current_app, jsonify, make_response

from app.access.observability import log_lines
from app.storage import free_space, media_store, refusals
from app.storage.database_health import UNREACHABLE, find_refusal, ping
from app.storage.schema import schema_notice, schema_state
from app.walks.queue import jobs

blueprint = Blueprint("health", __name__)
log = logging.getLogger(__name__)

EXTENSION, MEDIA_SECONDS = "moma_media_refusal", 30.0
SHOWN_KEYS = "model", "revision", "device"  # of a worker; its name would reveal its host and process


@blueprint.get("/healthz")
def alive() -> Response:
    """Answer 200 while the process runs."""
    return _plain({"status": "alive"})


@blueprint.get("/readyz")
def ready() -> Response:
    """Answer 200 if the database has the right schema, no disk is full, and both stores accept writes, else 503.

    The body also reports Redis and workers.
    """
    flaw = ping() or schema_state() or find_refusal()
    if flaw.startswith(UNREACHABLE):
        log.error("%s", flaw)  # only in the log: a database's message may contain hosts and users
        flaw = f"{UNREACHABLE}."
    elif flaw.startswith(refusals.REFUSES):
        log.error("%s", flaw)
        flaw = f"{refusals.REFUSES}."
    elif not flaw and (notice := schema_notice()):
        log_lines.warn_once(current_app.extensions, log, notice)
    is_full = free_space.is_disk_full()
    media = "" if is_full else _media_refusal()
    response = _plain(
        {
            "status": "not ready" if flaw or is_full or media else "ready",
            "database": flaw or "ok",
            "disk": "full: nothing can be stored" if is_full else "ok",
            "media": media or "ok",
            "redis": _redis_state(),
            "workers": [{key: worker.get(key) for key in SHOWN_KEYS} for worker in jobs.workers()],
        }
    )
    response.status_code = 503 if flaw or is_full or media else 200
    return response


def _redis_state() -> str:
    if not jobs.redis_answers():
        return "away: walks are saved and painted when it is back"
    if refusal := jobs.find_redis_refusal():
        log.error("Redis refuses writes: %s", refusal)
        return "refuses writes: walks are saved and painted later"
    return "ok"


def _media_refusal() -> str:
    """Return that the media store refuses writes, or ``""``; it is asked once in `MEDIA_SECONDS`.

    A store that does not answer at all is no reason to send visitors away: the pages say that the pictures are away.
    """
    until, refusal = current_app.extensions.get(EXTENSION, (0.0, ""))
    if time.monotonic() >= until:
        refusal = media_store.store().find_refusal()
        current_app.extensions[EXTENSION] = time.monotonic() + MEDIA_SECONDS, refusal
        if refusal:
            log.error("%s", refusal)
    return "refuses writes: no picture can be stored" if refusal else ""


def _plain(body: dict[str, object]) -> Response:
    return make_response(jsonify(body), {"Cache-Control": "no-store"})
