"""The only link from the web side to the workers: an RQ job that wakes a worker and names no walk."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Flask, current_app

from app.core.version import __version__

if TYPE_CHECKING:  # redis-py and RQ are imported where there is a Redis
    from redis import ConnectionPool, Redis
    from rq import Queue

JOB = "worker.job.work"
JOBS_MAX = 256  # more than there are workers to wake
FEATURES_JOB = "worker.job.look"  # extracts visual features when the queue is empty
ADDRESS_FILE = "redis.json"  # in the instance folder: the address of a running site's embedded Redis
TIMEOUT_SECONDS = 0.5  # a page may query Redis several times
WAIT_SECONDS = 30.0  # longer than a worker waits for its next job
POOLS = "moma_redis"
READS_SOUNDS = "sounds"  # in the description of a worker
PROBE_SECONDS = 10  # for which Redis keeps a probe
POLL_SECONDS, TEND_SECONDS = 0.1, 1.0  # between polls of a waiting command, and between its checks of the worker

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


def address(app: Flask) -> str | None:
    """Return the Redis URL from the settings, else that of the running site, else ``None``."""
    if app.config["REDIS_URL"]:
        return str(app.config["REDIS_URL"])
    try:
        return str(json.loads((Path(app.instance_path) / ADDRESS_FILE).read_text("utf-8"))["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def connect(*, impatient: bool = True) -> Redis | None:
    """Return a Redis client; ``None`` if no address is known.

    An impatient client, for pages, has short timeouts and uses the process's connection pool. A patient client, for a
    worker that waits for its next job, has its own connections and closes them.
    """
    url = address(current_app)
    pool = _pool(url) if impatient else None
    if url is None:
        return None
    from redis import Redis

    if pool:
        return Redis(connection_pool=pool)
    patience = {"socket_connect_timeout": TIMEOUT_SECONDS, "socket_timeout": WAIT_SECONDS}
    return Redis.from_url(url, driver_info=None, **patience)


def _pool(url: str | None) -> ConnectionPool | None:
    """Return the connection pool that all threads of this process share, and close pools of earlier addresses.

    The pool opens new connections in a forked child. Driver information is disabled, because redis-py would look up its
    version in the file system for each connection. A connection that Redis has closed is reopened once, without a
    pause; a timeout is not retried.
    """
    pools: dict[str, ConnectionPool] = current_app.extensions.setdefault(POOLS, {})
    for other in set(pools) - {url}:
        if gone := pools.pop(other, None):  # another thread may have removed it
            gone.disconnect(inuse_connections=False)
    if url is None:
        return None
    if pool := pools.get(url):
        return pool
    from redis import ConnectionPool
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as ConnectionLost
    from redis.retry import Retry

    patience = {"socket_connect_timeout": TIMEOUT_SECONDS, "socket_timeout": TIMEOUT_SECONDS}
    once = Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,))
    return pools.setdefault(url, ConnectionPool.from_url(url, driver_info=None, retry=once, **patience))


def queue_on(connection: Redis) -> Queue:
    """Return the site's RQ queue, whose jobs are serialized as JSON."""
    from rq import Queue
    from rq.serializers import JSONSerializer

    return Queue(current_app.config["QUEUE"], connection=connection, serializer=JSONSerializer)


def notify_workers(job: str = JOB) -> bool:
    """Enqueue a job that wakes a worker; return ``False`` when Redis is unavailable.

    In that case the next sweep of a worker enqueues the job.
    """
    connection = connect()
    if connection is None:
        return False
    from redis.exceptions import RedisError

    try:
        with connection:
            queue = queue_on(connection)
            if job != JOB or queue.count < JOBS_MAX:  # all jobs are equal, and a worker works until the queue is empty
                queue.enqueue(job, job_timeout=-1, result_ttl=0, failure_ttl=86_400)
    except RedisError as error:
        log.warning("Redis is away; the walk is saved and waits: %s", error)
        return False
    return True


def redis_answers() -> bool:
    """Return whether Redis answers a ping."""
    return _query(lambda connection: bool(connection.ping()), False)


def find_redis_refusal() -> str:
    """Return why Redis answers but refuses writes, such as a replica or a full one; ``""`` if it does not."""
    return _query(_probe, "")


def _probe(connection: Redis) -> str:
    from redis.exceptions import ResponseError

    try:
        connection.set(_key("probe"), 1, ex=PROBE_SECONDS)
    except ResponseError as error:
        return str(error)
    return ""


def workers() -> list[dict[str, Any]]:
    """Return the descriptions of the live workers (model, revision, device …); empty when Redis is unavailable."""
    heartbeats: list[bytes] = _query(_heartbeats, [])
    return [json.loads(value) for value in heartbeats]


def _heartbeats(connection: Redis) -> list[bytes]:
    """Return the live workers' heartbeats, and forget the workers whose heartbeats expired: they were killed."""
    names = sorted(name.decode() for name in cast(set[bytes], connection.smembers(_key())))
    values = cast(list[bytes | None], connection.mget([_key(name) for name in names])) if names else []
    if gone := [name for name, value in zip(names, values, strict=True) if value is None]:
        connection.srem(_key(), *gone)
    return [value for value in values if value]


def _query(ask: Callable[[Redis], Answer], unknown: Answer) -> Answer:
    """Return what a function answers that is called with a connection; ``unknown`` when Redis is unavailable."""
    connection = connect()
    if connection is None:
        return unknown
    from redis.exceptions import RedisError

    try:
        with connection:
            return ask(connection)
    except RedisError:
        return unknown


def lacks_sound_readers(described: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether workers run, and none of them reads sounds; those of the release before do not."""
    return bool(described) and not any(worker.get(READS_SOUNDS) for worker in described)


def is_outdated(worker: Mapping[str, Any], schema: str | None) -> bool:
    """Return whether a worker runs another version than this process, or code for another schema than ``schema``."""
    return worker.get("version") != __version__ or (schema is not None and worker.get("schema") not in (None, schema))


def poll(tend: Callable[[], None]) -> Iterator[None]:
    """Yield for ever with pauses in between, for a command that waits; call ``tend``, which keeps a worker running."""
    tended = time.monotonic()
    while True:
        yield
        if time.monotonic() - tended > TEND_SECONDS:
            tend()
            tended = time.monotonic()
        time.sleep(POLL_SECONDS)


def send_heartbeat(about: dict[str, Any], seconds: int) -> None:
    """Store a worker's heartbeat, which expires after ``seconds``; ``about`` is its description with a ``name``.

    :raises RedisError: when Redis is unavailable.
    """
    if connection := connect():
        with connection:
            connection.set(_key(about["name"]), json.dumps(about), ex=seconds)
            connection.sadd(_key(), about["name"])


def remove_heartbeat(name: str) -> None:
    """Remove the worker's heartbeat.

    :raises RedisError: when Redis is unavailable.
    """
    if connection := connect():
        with connection:
            connection.srem(_key(), name)
            connection.delete(_key(name))


def _key(name: str = "") -> str:
    """Return the Redis key of a worker's heartbeat, or without a name that of the set of all names.

    The key contains the queue's name, because several sites may share a Redis.
    """
    return f"moma:{current_app.config['QUEUE']}:worker{f':{name}' if name else 's'}"
