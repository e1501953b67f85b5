"""The faults: each happens to a rig at a random moment of its painting, and tells when it was over."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

import psycopg
from redis import Redis
from redis.exceptions import RedisError

from app import create_app
from app.walks.queue import jobs
from tests.campaigns.faults.rig import PATIENCE, Rig, wait_for
from tests.support import planted
from tests.support.live import is_running, standing_still, wait_until
from tests.support.planted import Planted
from tests.support.postgres import USER

SQLITE, POSTGRES = "sqlite", "postgres"
BOTH = SQLITE, POSTGRES
BUSY = 1.5
"""Seconds of painting in which a moment is chosen."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: what it is called in the published table, and what it needs."""

    name: str
    title: str
    happen: Callable[[Rig], float]
    databases: tuple[str, ...] = BOTH
    workers: int = 1
    long: bool = False  # lasts over ten seconds
    clocks: bool = False


KINDS: dict[str, Kind] = {}


def kind(
    title: str,
    *,
    databases: tuple[str, ...] = BOTH,
    workers: int = 1,
    long: bool = False,
    clocks: bool = False,
) -> Callable[[Callable[[Rig], float]], Callable[[Rig], float]]:
    """Add a function to the kinds."""

    def add(happen: Callable[[Rig], float]) -> Callable[[Rig], float]:
        KINDS[happen.__name__] = Kind(happen.__name__, title, happen, databases, workers, long, clocks)
        return happen

    return add


@kind("worker killed at work: at a claim, a step, a file, before and after a commit, in a film")
def worker_killed(rig: Rig) -> float:
    return rig.plant(Planted(rig.rng.choice(planted.PLACES), planted.KILL, rig.rng.randint(0, 6)))


@kind("worker killed while it loads its model", long=True)
def worker_killed_while_loading(rig: Rig) -> float:
    rig.ground.plant(Planted(planted.LOAD, planted.KILL))
    rig.pause(BUSY)
    rig.kill(rig.a_worker())
    wait_until(rig.ground.met, what="a worker that loads")
    return time.monotonic()


@kind("worker asked to stop under load (SIGTERM)", long=True)
def worker_stopped(rig: Rig) -> float:
    rig.pause(BUSY)
    return rig.kill(rig.a_worker(), signal.SIGTERM)


@kind("one of two workers stands still past its lease, and goes on", workers=2, long=True)
def worker_stands_still(rig: Rig) -> float:
    rig.pause(BUSY)
    with standing_still(rig.a_worker()):
        until = time.monotonic() + 7 + rig.rng.uniform(0, 2)
        while time.monotonic() < until:
            if rig.waiting() < 2:
                rig.request_walk()
            time.sleep(0.1)
    return time.monotonic()


@kind("the same job delivered five times, to two workers", workers=2)
def job_delivered_again(rig: Rig) -> float:
    rig.pause(0.5)
    with _redis(rig) as redis:
        for _ in range(5):
            with suppress(RedisError), create_app(instance_path=str(rig.site.instance)).app_context():
                jobs.notify_workers()
        redis.ping()
    return time.monotonic()


@kind("Redis wiped")
def redis_wiped(rig: Rig) -> float:
    rig.pause(BUSY)
    with _redis(rig) as redis:
        redis.flushall()
    return time.monotonic()


@kind("Redis killed, and down while walks are asked for")
def redis_killed(rig: Rig) -> float:
    rig.pause(BUSY)
    pid = rig.site.redis_pid()
    rig.kill(pid)
    rig.request_walk()
    wait_until(lambda: rig.site.pid("redis-server") not in (None, pid), what="another Redis")
    return time.monotonic()


@kind("Redis hangs while walks are asked for")
def redis_stalls(rig: Rig) -> float:
    rig.pause(BUSY)
    with standing_still(rig.site.redis_pid()):
        rig.request_walk()
        rig.pause(2)
    return time.monotonic()


@kind("disk of the media store full")
def store_full(rig: Rig) -> float:
    rig.pause(BUSY)
    with rig.full(rig.store_disk):
        rig.request_walk()
        rig.pause(4)
    return time.monotonic()


@kind("media store away")
def store_away(rig: Rig) -> float:
    rig.pause(BUSY)
    elsewhere = rig.store.with_name("elsewhere")
    rig.store.rename(elsewhere)
    rig.store.write_text("the place where the disk was")
    try:
        rig.request_walk()
        rig.pause(3)
    finally:
        rig.store.unlink()
        elsewhere.rename(rig.store)
    return time.monotonic()


@kind("disk of the database full", databases=(SQLITE,))
def database_full(rig: Rig) -> float:
    rig.pause(BUSY)
    with rig.asking(), rig.full(rig.instance_disk):
        rig.pause(3)
    return time.monotonic()


@kind("database locked for 30 seconds", long=True)
def database_locked(rig: Rig) -> float:
    rig.pause(BUSY)
    with rig.asking(), locked(rig):
        time.sleep(rig.locked_seconds)
    return time.monotonic()


@kind("database killed", databases=(POSTGRES,))
def database_killed(rig: Rig) -> float:
    assert rig.server is not None
    rig.pause(BUSY)
    with rig.asking():
        rig.server.kill()
        rig.server.start()
        return time.monotonic()


@kind("database hangs", databases=(POSTGRES,))
def database_stalls(rig: Rig) -> float:
    assert rig.server is not None
    rig.pause(BUSY)
    with rig.asking(), rig.server.standing_still():
        rig.pause(4)
    return time.monotonic()


@kind("clocks of the web server and the worker jump, each by up to ten minutes either way", clocks=True)
def clocks_jump(rig: Rig) -> float:
    rig.pause(BUSY)
    for program in ("worker", "web"):
        (rig.site.instance / f"clock.{program}").write_text(f"{rig.rng.randint(-600, 600):+d}")
    return time.monotonic()


@kind("the worker's clock goes back an hour in mid-walk", clocks=True)
def clock_goes_back(rig: Rig) -> float:
    rig.pause(BUSY)
    clock = rig.site.instance / "clock.worker"
    clock.write_text("+0" if clock.read_text().startswith("-3600") else "-3600")
    return time.monotonic()


@kind("web server killed while walks are asked for")
def web_killed(rig: Rig) -> float:
    rig.pause(BUSY)
    pids = [pid for pid, line in rig.site.processes().items() if "gunicorn" in line]
    with rig.asking():
        return rig.kill(rig.rng.choice(pids))


@kind("the whole site killed, and started again", long=True)
def site_killed(rig: Rig) -> float:
    rig.pause(BUSY)
    assert rig.site.process is not None
    pids = set(rig.site.processes())
    rig.site.process.kill()
    rig.site.process.wait()
    for pid in pids:  # what its end does not end is killed as well, as a machine that loses its power would
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(map(is_running, pids)), what="the end of all")
    over = time.monotonic()
    rig.site.start()
    return over


@kind("a prompt that kills whoever paints it: it fails alone", long=True)
def poison(rig: Rig) -> float:
    walk_id = rig.request_walk(prompt=planted.POISON, ends=("failed",))
    with suppress(TimeoutError):
        wait_for(lambda: rig.rows("SELECT finished_at FROM walks WHERE id = :id", id=walk_id)[0][0], PATIENCE)
    if rig.waiting() < 1:
        rig.request_walk()
    return time.monotonic()


@kind("the device has no room left")
def device_out_of_memory(rig: Rig) -> float:
    return rig.plant(Planted(planted.STEP, planted.FULL, rig.rng.randint(0, 6)))


@kind("the device is lost to the process (a sticky error)", long=True)
def device_lost(rig: Rig) -> float:
    return rig.plant(Planted(planted.STEP, planted.DEVICE, rig.rng.randint(0, 6)))


@kind("a call to the device never returns", long=True)
def device_stalls(rig: Rig) -> float:
    return rig.plant(Planted(rig.rng.choice((planted.STEP, planted.FILM)), planted.STALL, rig.rng.randint(0, 3)))


@kind("walks called off by their owners at any moment")
def called_off(rig: Rig) -> float:
    for _ in range(2):
        walk_id = rig.request_walk()
        rig.pause(BUSY)
        rig.delete(walk_id)
    return time.monotonic()


@contextmanager
def locked(rig: Rig) -> Iterator[None]:
    """Keep everybody from writing walks."""
    if rig.server is not None:
        where = {"host": str(rig.server.folder), "user": USER, "dbname": "moma_1"}
        with psycopg.connect(**where) as connection, connection.transaction():
            connection.execute("LOCK TABLE walks IN EXCLUSIVE MODE")
            yield
        return
    database = sqlite3.connect(rig.site.instance / "moma.sqlite", timeout=60, isolation_level=None)
    with closing(database):
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")


@contextmanager
def _redis(rig: Rig) -> Iterator[Redis]:
    with create_app(instance_path=str(rig.site.instance)).app_context():
        connection = jobs.connect()
        assert isinstance(connection, Redis)
        with connection:
            yield connection
