"""The one link between the web and the worker: a job that says "there is work" and names no walk."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from flask import Flask, current_app
from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

JOB = "worker.job.work"
JOBS_MAX = 256  # more than there are workers to wake
LOOK = "worker.job.look"  # as soon as nothing is to be painted
ADDRESS_FILE = "redis.json"  # in the instance folder: where the embedded Redis of a running site listens
TIMEOUT_SECONDS = 0.5  # a page asks several times; more would be felt
WAIT_SECONDS = 30.0  # longer than a worker waits for its next job
POOLS = "moma_redis"
POLL_SECONDS, TEND_SECONDS = 0.1, 1.0  # how often a command that waits looks, and keeps a worker going

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
    """Return a client of Redis; ``None`` if there is no address.

    Impatient ones, for pages, share the process's connections. A patient one, of a worker that waits for its next job,
    has connections of its own and closes them.
    """
    url = address(current_app)
    if impatient:
        pool = _pool(url)
        return None if pool is None else Redis(connection_pool=pool)
    if url is None:
        return None
    patience = {"socket_connect_timeout": TIMEOUT_SECONDS, "socket_timeout": WAIT_SECONDS}
    return Redis.from_url(url, driver_info=None, **patience)


def _pool(url: str | None) -> ConnectionPool | None:
    """Return the connections that all threads of this process share; those to an earlier address are closed.

    A forked child opens its own: the pool sees to that. What would be sent of the driver is left out, because redis-py
    looks up its own version in the file system for each connection, those that fail among them. A connection that
    Redis closed meanwhile is opened again, once and at once; one that is silent is not asked twice.
    """
    pools: dict[str, ConnectionPool] = current_app.extensions.setdefault(POOLS, {})
    for other in set(pools) - {url}:
        if gone := pools.pop(other, None):  # another thread may have been quicker
            gone.disconnect(inuse_connections=False)
    if url is None:
        return None
    if pool := pools.get(url):
        return pool
    patience = {"socket_connect_timeout": TIMEOUT_SECONDS, "socket_timeout": TIMEOUT_SECONDS}
    once = Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,))
    return pools.setdefault(url, ConnectionPool.from_url(url, driver_info=None, retry=once, **patience))


def queue_on(connection: Redis) -> Queue:
    """Return the site's only queue; jobs are JSON, never pickle."""
    return Queue(current_app.config["QUEUE"], connection=connection, serializer=JSONSerializer)


def notify_workers(job: str = JOB) -> bool:
    """Tell the workers that there is work. ``False`` when Redis is away: the worker's sweeper will notify instead."""
    connection = connect()
    if connection is None:
        return False
    try:
        with connection:
            queue = queue_on(connection)
            if job != JOB or queue.count < JOBS_MAX:  # each says the same, and a worker goes on until nothing is left
                queue.enqueue(job, job_timeout=-1, result_ttl=0, failure_ttl=86_400)
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
            names = sorted(name.decode() for name in cast(set[bytes], connection.smembers(_key())))
            values = cast(list[bytes | None], connection.mget([_key(name) for name in names])) if names else []
            if gone := [name for name, value in zip(names, values, strict=True) if value is None]:
                connection.srem(_key(), *gone)  # killed, and its sign of life has run out
    except RedisError:
        return []
    return [json.loads(value) for value in values if value]


def pauses(tend: Callable[[], None]) -> Iterator[None]:
    """Yield without end, and pause between: a command waits for a worker, and ``tend`` keeps one going meanwhile."""
    tended = time.monotonic()
    while True:
        yield
        if time.monotonic() - tended > TEND_SECONDS:
            tend()
            tended = time.monotonic()
        time.sleep(POLL_SECONDS)


def send_heartbeat(about: dict[str, Any], seconds: int) -> None:
    """Tell for so many seconds that a worker lives, and what it paints with.

    :raises RedisError: when Redis is away.
    """
    if connection := connect():
        with connection:
            connection.set(_key(about["name"]), json.dumps(about), ex=seconds)
            connection.sadd(_key(), about["name"])


def remove_heartbeat(name: str) -> None:
    """Take back that a worker lives.

    :raises RedisError: when Redis is away.
    """
    if connection := connect():
        with connection:
            connection.srem(_key(), name)
            connection.delete(_key(name))


def _key(name: str = "") -> str:
    """Name where a worker's sign of life is, and where all their names are; other sites may share this Redis."""
    return f"moma:{current_app.config['QUEUE']}:worker{f':{name}' if name else 's'}"
