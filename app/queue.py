"""The one link between the web and the worker: a job that says "there is work" and names no walk."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

JOB = "worker.job.work"
WORKER_KEY = "moma:worker:"
ADDRESS_FILE = "redis.json"  # in the instance folder: where the embedded Redis of a running site listens
TIMEOUT_SECONDS = 0.5  # a page asks several times; more would be felt
WAIT_SECONDS = 30.0  # longer than a worker waits for its next job

log = logging.getLogger(__name__)


def address(app: Flask) -> str | None:
    """Return the Redis address: from the settings, else that of the running site, else ``None``."""
    if app.config["REDIS_URL"]:
        return str(app.config["REDIS_URL"])
    try:
        return str(json.loads((Path(app.instance_path) / ADDRESS_FILE).read_text("utf-8"))["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def connect(*, impatient: bool = True) -> Redis | None:
    """Connect to Redis; impatiently for a page, with time to wait for work for a worker. ``None`` if there is none."""
    url = address(current_app)
    if url is None:
        return None
    patience = TIMEOUT_SECONDS if impatient else WAIT_SECONDS
    return Redis.from_url(url, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=patience)


def queue_on(connection: Redis) -> Queue:
    """Return the site's only queue; jobs are JSON, never pickle."""
    return Queue(current_app.config["QUEUE"], connection=connection, serializer=JSONSerializer)


def ring() -> bool:
    """Tell the workers that there is work. ``False`` when Redis is away: the worker's sweeper will ring instead."""
    connection = connect()
    if connection is None:
        return False
    try:
        with connection:
            queue_on(connection).enqueue(JOB, job_timeout=-1, result_ttl=0, failure_ttl=86_400)
    except RedisError as error:
        log.warning("Redis is away, the walk is saved and waits: %s", error)
        return False
    return True


def redis_answers() -> bool:
    """Tell whether Redis can be reached just now."""
    connection = connect()
    if connection is None:
        return False
    try:
        with connection:
            return bool(connection.ping())
    except RedisError:
        return False


def workers() -> list[dict[str, Any]]:
    """List the living workers' own descriptions (model, revision, device …); empty when Redis is away."""
    connection = connect()
    if connection is None:
        return []
    try:
        with connection:
            keys = list(connection.scan_iter(WORKER_KEY + "*"))
            values = connection.mget(keys) if keys else []
    except RedisError:
        return []
    return [json.loads(value) for value in values if value]
