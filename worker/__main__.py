"""Start a worker: ``python -m worker``. One process keeps the model loaded and takes jobs from one RQ queue."""

from __future__ import annotations

import gc

gc.disable()  # it would go through all that torch and diffusers define, again and again: a fifth of the start

import faulthandler
import logging
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from app import INDEXES, create_app
from app.access.observability import log_lines, sentry
from app.core import malloc
from app.core.errors import ConfigError
from app.core.version import __version__
from app.offer.generation import offers
from app.storage.checkpoints import start_checkpoints
from app.storage.database import db
from app.storage.schema import head, is_newer, newer_sentence, recorded_revision, revisions, schema_notice, schema_state
from app.walks.queue import jobs
from worker import metrics, writing_side
from worker.diffusion import tuning
from worker.diffusion.model import ModelError
from worker.diffusion.model_pool import Painters
from worker.process.worker import Worker
from worker.queue import heartbeat, upload_tasks
from worker.queue.leases import holder, is_gone, sweep
from worker.safety import picture_check
from worker.sound import reading

gc.freeze()  # the first collection would go through all of it, and so would the last, when the process ends
gc.enable()

ALIVE_SECONDS = 15
RETRY_SECONDS = 1.0
LEAVE_SECONDS = 5.0
END_SECONDS = 25
"""The time that a worker may take to stop; then it prints its threads' stacks and exits. systemd kills it after 30."""
MEASURED = "device.json"
UPKEEP_SECONDS = 6 * 3600.0

log = logging.getLogger("worker")


class Resident(SimpleWorker):
    """An RQ worker that does not fork and stops a running job at its next solver step."""

    max_connection_wait_time = 5
    stopping: threading.Event

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop soon: the running task returns to the queue.

        :raises StopRequested: when no job is running, to end the wait for one.
        """
        _begin_shutdown(self.stopping)
        self._stop_requested = True  # an exception in one of redis-py's finalizers would be swallowed
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def set_shutdown_requested_date(self) -> None:
        """Do nothing: Redis may be unavailable, and its error would be raised within the running task."""

    def subscribe(self) -> None:
        """Do nothing: RQ's command thread would survive each loss of the connection."""

    def unsubscribe(self) -> None:
        """Do nothing: there was no subscription."""

    def _install_signal_handlers(self) -> None:
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]
        self._stop_requested = self.stopping.is_set()  # a signal may have arrived before


def main() -> int:
    """Load the model and do tasks until the worker is stopped; return the exit status."""
    malloc.limit_arenas()
    log_lines.configure(log_lines.TEXT, logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it logs the database on every check
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while the model loads, a signal ends the process at once
    try:
        app = create_app(parts=INDEXES)
        log_lines.configure(app.config["LOG_FORMAT"], logging.INFO)
        sentry.init_app(app, "moma-worker")
        start_checkpoints(app)
        worker = _load(app)
        serving = _serve_metrics(app)
    except (ConfigError, ModelError, picture_check.CheckerError) as error:
        log.error("The worker cannot start: %s", error)
        return 1
    heartbeat_thread = threading.Thread(
        target=_run_heartbeat_or_exit, args=(worker, serving), name="heartbeat", daemon=True
    )
    heartbeat_thread.start()
    threading.Thread(target=_run_upkeep, args=(worker,), name="upkeep", daemon=True).start()
    _serve(worker)
    heartbeat_thread.join(LEAVE_SECONDS)
    # Libraries may block after the interpreter has exited; the alarm ends the process then.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(END_SECONDS)
    return 0


def _serve_metrics(app: Flask) -> str | None:
    """Serve the metrics at `WORKER_METRICS`; return the address, or None if the setting is empty.

    :raises ConfigError: when the address cannot be used.
    """
    address = app.config["WORKER_METRICS"]
    try:
        return metrics.serve(address)
    except OSError as error:
        raise ConfigError(f"MOMA_WORKER_METRICS cannot be used: {address}: {error.strerror or error}.") from error


def _handle_signals(stopping: threading.Event) -> None:
    def stop(_signum: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            raise SystemExit(1)
        _begin_shutdown(stopping)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _begin_shutdown(stopping: threading.Event) -> None:
    """Signal all threads to stop, and exit the process after `END_SECONDS` whatever they do."""
    faulthandler.dump_traceback_later(END_SECONDS, exit=True)  # first, because it needs no lock and no interpreter
    stopping.set()


def _load(app: Flask) -> Worker:
    """Return the worker with the first offered model loaded; the others are loaded when a task needs them.

    :raises ConfigError: when the database schema or an offered model is unusable.
    :raises ModelError: when the model cannot be loaded.
    :raises picture_check.CheckerError: when the safety checker cannot be loaded.
    """
    with app.app_context():
        if flaw := schema_state() or offers.flaws():
            raise ConfigError(flaw)
        if notice := schema_notice():
            log_lines.warn_once(current_app.extensions, log, notice)
        models = {model.name: model.setting for model in offers.load()}
    painters = Painters(
        models,
        device=app.config["DEVICE"],
        capacity=app.config["MODELS_KEPT"],
        measurements=Path(app.instance_path) / MEASURED,
        vae=app.config["VAE"],
        transformer=app.config["TRANSFORMER"],
        offload=app.config["OFFLOAD"],
        cache=app.config["MODEL_CACHE"],
    )
    painters.get()
    detector = None
    if checker := app.config["SAFETY_CHECKER"]:
        detector = picture_check.load(checker, device=str(painters.get().device))
    else:
        log.warning("no SAFETY_CHECKER is set: pictures are not checked before they are shown")
    return Worker(app, painters, writers=_writers(painters), detector=detector)


def _writers(painters: Painters) -> int:
    """Return the number of writer threads for this worker's device."""
    first = painters.descriptions[painters.names[0]]
    return writing_side.threads_for(first["device"], tuning.cores())


def _refresh_offer(painters: Painters) -> None:
    """Update the offered models, because a style may have been added."""
    painters.offer({model.name: model.setting for model in offers.load()})


def _serve(worker: Worker) -> None:
    """Run RQ's loop until the worker is stopped; restart it when Redis was unavailable, with the model kept loaded."""
    try:
        while not worker.stopping.is_set():
            _handle_signals(worker.stopping)  # RQ replaces the handlers during its loop
            try:
                _work_jobs(worker)
            except (RedisError, OSError) as error:
                log.warning("Redis is away: %s", error)
            worker.stopping.wait(RETRY_SECONDS)
    except (StopRequested, SystemExit):
        log.info("stopping")


def _work_jobs(worker: Worker) -> None:
    with worker.app.app_context():  # jobs get the worker from the context
        connection = jobs.connect(impatient=False)
        if connection is not None:
            with connection:
                connection.ping()
                _deregister_earlier(connection)
                _resident(connection, worker.stopping).work(logging_level="WARNING")


def _deregister_earlier(connection: Redis) -> None:
    """Remove what this process registered before Redis was away; RQ would list it, at work, for seven minutes more."""
    for worker in Resident.all(connection, serializer=JSONSerializer):
        if worker.name.startswith(f"{holder()}:"):
            worker.register_death()  # type: ignore[no-untyped-call]


def _resident(connection: Redis, stopping: threading.Event) -> Resident:
    resident = Resident(
        [jobs.queue_on(connection)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=20,  # polls every 5 seconds, and considers Redis dead after 15
        log_job_description=False,
        name=f"{holder()}:{time.time_ns()}",
    )
    resident.stopping = stopping
    return resident


def _run_heartbeat_or_exit(worker: Worker, serving: str | None = None) -> None:
    """Run the heartbeat loop, and exit the process if it fails, because leases would expire unnoticed."""
    try:
        _run_heartbeat(worker, serving)
    except BaseException:
        log.exception("the heartbeat thread failed")
        heartbeat.end("this worker has no heartbeat any more")


def _run_heartbeat(worker: Worker, serving: str | None = None) -> None:
    """Until the worker stops: renew leases, report this worker, count live workers, and requeue lost tasks and jobs."""
    painters, pause = worker.models, worker.app.config["SWEEP_SECONDS"]
    ours, known = head(), revisions()  # of the loaded code; the files on disk may be newer
    with worker.app.app_context():
        _deregister_dead_workers()
        while not worker.stopping.is_set():
            about = _description(painters) | _state(ours, serving)
            send_heartbeat = partial(jobs.send_heartbeat, about, ALIVE_SECONDS + math.ceil(pause))
            duties = (
                worker.heartbeat.renew_leases,
                partial(_stop_on_schema_change, ours, known),
                partial(_refresh_offer, painters),
                send_heartbeat,
                partial(_count_workers, worker),
                worker.unoffered.fail,
                _sweep_and_notify,
            )
            for duty in duties:
                try:
                    _run_and_close(duty)
                except (RedisError, SQLAlchemyError, OSError) as error:
                    log.warning("a heartbeat duty is postponed: %s", error)
                except Exception:  # without the other duties the worker would lose its leases
                    log.exception("a heartbeat duty failed; the heartbeat goes on")
            worker.stopping.wait(pause)
        _deregister(_description(painters))


def _run_and_close(duty: Callable[[], object]) -> None:
    try:
        duty()
    finally:
        db.session.remove()


def _stop_on_schema_change(ours: str, known: frozenset[str]) -> None:
    """Send this process SIGTERM when the database was migrated to a revision that this code does not support."""
    recorded = recorded_revision()
    if recorded not in (None, ours):
        if is_newer(known):
            log_lines.warn_once(current_app.extensions, log, newer_sentence(recorded, ours))
            return
        log.error("The database is at revision %s since, this worker's code at %s; the worker ends", recorded, ours)
        os.kill(os.getpid(), signal.SIGTERM)


def _run_upkeep(worker: Worker) -> None:
    """Run the site's upkeep every `UPKEEP_SECONDS`; each worker does, so later ones have less to do."""
    while not worker.stopping.wait(UPKEEP_SECONDS):
        try:
            from app.upkeep.maintenance import upkeep  # it would make the start longer

            with worker.app.app_context():  # inside try, because leaving the context may fail too
                upkeep.run()
        except SQLAlchemyError as error:
            log.warning("upkeep is postponed: %s", error)
        except Exception:
            log.exception("upkeep failed and is retried later")


def _count_workers(worker: Worker) -> None:
    """Update the number of live workers, and the revisions whose walks other workers continue."""
    workers = jobs.workers()
    worker.fleet.set(len(workers), other_revisions(workers))


def other_revisions(workers: Sequence[dict[str, Any]]) -> frozenset[str]:
    """Return the revisions in which other workers have loaded models that this one has loaded in another."""
    ours: dict[str, str | None] = next((about["models"] for about in workers if about["name"] == holder()), {})
    pairs = ((name, revision) for about in workers for name, revision in about.get("models", {}).items())
    return frozenset(revision for name, revision in pairs if revision and ours.get(name) not in (None, revision))


def _sweep_and_notify() -> None:
    upload_tasks.enqueue()
    if not sweep():
        return
    if connection := jobs.connect():
        with connection:
            has_job = bool(jobs.queue_on(connection).count)
        if not has_job:
            jobs.notify_workers()


def _deregister_dead_workers() -> None:
    """Remove the heartbeats of workers on this machine that were killed."""
    for about in jobs.workers():
        if is_gone(about["name"]):
            _deregister(about)


def _deregister(about: dict[str, Any]) -> None:
    try:
        jobs.remove_heartbeat(about["name"])
    except RedisError:
        log.debug("Redis is away, so the heartbeat expires by itself")


def _description(painters: Painters) -> dict[str, Any]:
    """Return the description of this worker: its first model, and the revisions of all models loaded so far."""
    first = painters.names[0]
    revisions = {name: painters.descriptions.get(name, {}).get("revision") for name in painters.names}
    about = {"name": holder(), "pid": os.getpid(), "version": __version__, "model": first, "models": revisions}
    return about | painters.descriptions[first]


def _state(schema: str, serving: str | None) -> dict[str, Any]:
    """Return what this worker started with and can do.

    That is the schema's revision, its metrics address, its memory in bytes, and whether it reads sounds.
    """
    return {
        "schema": schema,
        "metrics": serving,
        "memory": metrics.memory_bytes(),
        jobs.READS_SOUNDS: reading.is_possible(),
    }


if __name__ == "__main__":
    faulthandler.enable()  # print the threads' stacks on a crash or an abort by systemd
    sys.exit(main())
