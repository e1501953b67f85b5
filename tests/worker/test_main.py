"""The worker's start: what is missing is named, and nothing is begun; its signs of life and its bell."""

import faulthandler
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway
from rq.exceptions import StopRequested
from sqlalchemy import text

from app.storage.database import db, now, writing
from app.storage.schema import head, revisions
from app.storage.walk_models import PAINTING, QUEUED, Task
from app.upkeep.maintenance import upkeep
from app.walks.queue import jobs
from app.walks.saved import lookup
from tests.conftest import ABSENT_REDIS, SECRET, Maker
from tests.support.live import PATIENCE
from tests.support.own_redis import running
from tests.support.raising import raising
from tests.support.rows import change
from worker import __main__ as worker
from worker.diffusion import tuning
from worker.diffusion.model_pool import Painters
from worker.process.worker import Worker, this_worker
from worker.queue import heartbeat, leases


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Give the test's process its own signal handlers back, and let it live."""
    kept = {signum: signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)}
    yield
    for signum, handler in kept.items():
        signal.signal(signum, handler)
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def site(app: Flask) -> Worker:
    """A worker without models."""
    return Worker(app, None)  # type: ignore[arg-type]


@pytest.fixture
def unregistered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the heartbeat from describing or deregistering the worker."""
    monkeypatch.setattr(worker, "_description", lambda _: {"name": "a worker"})
    monkeypatch.setattr(worker, "_deregister", lambda _: None)


@pytest.fixture
def environment(instance: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Give the worker a migrated instance folder, and no Redis."""
    settings = {"INSTANCE": str(instance), "SECRET_KEY": SECRET, "REDIS_URL": ABSENT_REDIS}
    for name, value in settings.items():
        monkeypatch.setenv(f"MOMA_{name}", value)
    return monkeypatch


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MODEL", "/nowhere/a model", "The model folder /nowhere/a model is missing."),
        ("INSTANCE", "fresh", "flask --app wsgi db upgrade"),
        ("MODLE", "typo", "MOMA_MODLE"),
    ],
    ids=["a missing model folder", "a missing schema", "an unknown setting"],
)
def test_wrong_environment_is_named(
    environment: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, value: str, said: str
) -> None:
    environment.setenv(f"MOMA_{name}", str(tmp_path / value) if name == "INSTANCE" else value)
    assert worker.main() == 1
    assert said in caplog.text


def test_worker_asked_to_stop_does_not_call_redis(site: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "connect", raising(AssertionError("nothing was to be called")))
    site.stopping.set()
    worker._serve(site)


def test_the_worker_waits_while_redis_is_away_and_can_still_be_stopped(
    site: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[int] = []
    monkeypatch.setattr(worker, "RETRY_SECONDS", 0.01)

    def fail(*_: object, **__: object) -> None:
        tries.append(1)
        if len(tries) == 3:
            signal.raise_signal(signal.SIGTERM)
        raise RedisAway("no Redis here")

    monkeypatch.setattr(jobs, "connect", fail)
    worker._serve(site)
    assert len(tries) == 3
    assert "Redis is away: no Redis here" in caplog.text


def test_worker_without_redis_is_registered_once(site: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[str]] = []

    def work(resident: worker.Resident, **_: object) -> None:
        resident.register_birth()
        seen.append({each.name for each in worker.Resident.all(resident.connection)})
        resident.set_state("busy")
        if len(seen) == 1:
            raise RedisAway("gone in the middle of a job")
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(worker, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(worker.Resident, "work", work)
    with running(tmp_path / "site") as url:
        monkeypatch.setattr(jobs, "connect", lambda **_: Redis.from_url(url))
        worker._serve(site)
    first, second = seen
    assert len(first) == len(second) == 1 and first != second


def test_a_second_signal_ends_the_worker_at_once() -> None:
    worker._handle_signals(threading.Event())
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(SystemExit):
        signal.raise_signal(signal.SIGTERM)


def test_a_signal_while_painting_asks_nothing_of_a_redis_that_is_away(app: Flask) -> None:
    with Redis.from_url(ABSENT_REDIS) as away:
        resident = _resident(away)
        resident._state = "busy"
        resident.request_stop(signal.SIGTERM, None)  # an error here would be raised in the middle of a batch
    assert resident.stopping.is_set()
    assert resident._stop_requested


def test_a_signal_while_waiting_ends_the_wait(app: Flask) -> None:
    with Redis.from_url(ABSENT_REDIS) as away:
        resident = _resident(away)
        with pytest.raises(StopRequested):
            resident.request_stop(signal.SIGTERM, None)
    assert resident.stopping.is_set()
    assert resident._stop_requested  # also where a finalizer in the middle of the wait swallows the error


@pytest.mark.slow
def test_worker_that_stalls_at_its_end_is_ended_and_says_where() -> None:
    program = """
import signal
import threading
from worker import __main__ as worker

worker.END_SECONDS = 1
worker._handle_signals(threading.Event())
signal.raise_signal(signal.SIGTERM)
threading.Event().wait()
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ended.returncode == 1
    assert "Timeout (0:00:01)!" in ended.stderr
    assert "in wait" in ended.stderr


@pytest.mark.slow
def test_worker_whose_libraries_stall_after_its_interpreter_is_ended() -> None:
    program = """
import ctypes
import sys
from worker import __main__ as worker

libc = ctypes.CDLL(None)
libc.on_exit(ctypes.cast(libc.pause, ctypes.c_void_p), None)  # as a library's own destructor may wait
worker.END_SECONDS = 1
worker.create_app = lambda **_: type("App", (), {"config": {"LOG_FORMAT": "text"}, "extensions": {}})()
worker.sentry.init_app = worker._load = worker._serve_metrics = worker._serve = lambda *_: None
worker._writers = worker._run_heartbeat_or_exit = worker._run_upkeep = lambda *_: None
sys.exit(worker.main())
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ended.returncode == -signal.SIGALRM


@pytest.mark.slow
@pytest.mark.usefixtures("unregistered")
def test_lost_walks_are_swept_while_redis_is_away(
    site: Worker, request_walk: Maker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    walk = request_walk()
    assert leases.claim_next() is not None
    change(Task, lease_until=now() - timedelta(seconds=1))
    monkeypatch.setattr(worker, "_sweep_and_notify", _then_stop(worker._sweep_and_notify))
    with caplog.at_level(logging.WARNING):
        worker._run_heartbeat(site)
    db.session.rollback()
    db.session.expire_all()
    assert lookup.walk_at_address(walk.id).state == QUEUED != PAINTING
    assert "a heartbeat duty is postponed" in caplog.text


@pytest.mark.usefixtures("unregistered")
def test_whatever_goes_wrong_beside_the_painting_leaves_the_worker_tended(
    site: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    swept: list[bool] = []

    monkeypatch.setattr(site.unoffered, "fail", raising(ZeroDivisionError))
    monkeypatch.setattr(worker, "_sweep_and_notify", _then_stop(lambda: swept.append(True)))
    worker._run_heartbeat(site)
    assert swept == [True]
    assert "a heartbeat duty failed" in caplog.text


@pytest.mark.usefixtures("unregistered")
def test_lease_of_the_work_in_hand_is_kept_beside_it(site: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bool] = []
    monkeypatch.setattr(site.heartbeat, "renew_leases", lambda: kept.append(True))
    monkeypatch.setattr(worker, "_sweep_and_notify", _then_stop(lambda: None))
    worker._run_heartbeat(site)
    assert kept == [True]


def test_old_worker_ends_after_an_upgrade(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[int] = []
    monkeypatch.setattr(worker.os, "kill", lambda _pid, signum: events.append(signum))
    worker._stop_on_schema_change(head(), revisions())
    assert events == []
    with writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        session.execute(text("UPDATE schema_compatibility SET oldest_code = '9999'"))
    worker._stop_on_schema_change(head(), revisions())
    assert events == [signal.SIGTERM]
    assert f"The database is at revision 9999 since, this worker's code at {head()}" in caplog.text
    with writing() as session:  # in the middle of an upgrade
        session.execute(text("DELETE FROM alembic_version"))
    worker._stop_on_schema_change(head(), revisions())
    assert events == [signal.SIGTERM]


def test_old_worker_goes_on_where_the_schema_allows(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[int] = []
    monkeypatch.setattr(worker.os, "kill", lambda _pid, signum: events.append(signum))
    with writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9998'"))
    for _ in range(3):
        worker._stop_on_schema_change(head(), revisions())
    assert events == []
    sentence = f"The database is at revision 9998, which is newer than the code ({head()}) and still runs with it."
    assert [record.getMessage() for record in caplog.records] == [
        f"{sentence} Finish the upgrade: start this program from the newer release."
    ]


def test_upkeep_is_done_now_and_then_and_goes_on_after_what_goes_wrong(
    site: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[int] = []

    def run() -> None:
        done.append(len(done))
        if len(done) == 1:
            raise OSError("the store is away")
        site.stopping.set()

    monkeypatch.setattr(worker, "UPKEEP_SECONDS", 0.01)
    monkeypatch.setattr(upkeep, "run", run)
    worker._run_upkeep(site)
    assert done == [0, 1]
    assert "upkeep failed" in caplog.text


@pytest.mark.slow
def test_heartbeat_names_models_and_revisions(tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "choose", lambda *_, **__: tuning.fallback())
    painters = Painters({name: str(tiny_models[name]) for name in ("bert", "lcm")}, device="cpu", capacity=1)
    painter = painters.get()
    about = worker._description(painters)
    expected = {"pid": os.getpid(), "model": "bert", "title": "Tiny model", "size": [32, 32]}
    assert {name: about[name] for name in expected} == expected
    assert (about["revision"], about["device"]) == (painter.revision, "cpu")
    assert about["models"] == {"bert": painter.revision, "lcm": None}
    painters.get("lcm")
    assert worker._description(painters) == about | {
        "models": {"bert": painter.revision, "lcm": painters.get("lcm").revision}
    }


def _resident(connection: Redis) -> worker.Resident:
    """Make RQ's worker without its asking Redis who it is."""
    resident = worker.Resident([jobs.queue_on(connection)], connection=connection, prepare_for_work=False)
    resident.stopping = threading.Event()
    resident.pid = os.getpid()
    return resident


def _then_stop(care: object) -> object:
    def once() -> None:
        this_worker().stopping.set()
        care()  # type: ignore[operator]

    return once


def test_only_revisions_of_our_own_models_that_are_not_ours_count_as_others() -> None:
    def about(name: str, **models: str | None) -> dict[str, object]:
        return {"name": name, "models": models}

    ours = about(leases.holder(), house="new", second=None)
    others = [about("a", house="new", second="x"), about("b", house="old"), about("c", house=None, third="y")]
    assert worker.other_revisions([*others, ours]) == {"old"}
    assert worker.other_revisions([*others, {"name": "of an earlier version"}]) == frozenset()


def test_worker_without_upkeep_ends_to_be_restarted(
    site: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    statuses: list[int] = []
    monkeypatch.setattr(os, "_exit", statuses.append)
    monkeypatch.setattr(worker, "_run_heartbeat", raising(RuntimeError("no thread")))
    worker._run_heartbeat_or_exit(site)
    assert statuses == [heartbeat.ENDED]
    assert "this worker has no heartbeat any more" in caplog.text
