"""Start a worker: ``python -m worker``. One resident process, the model loaded once, jobs from one RQ queue."""

from __future__ import annotations

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

from app import create_app
from app.errors import ConfigError
from app.generation import models_on_offer
from app.maintenance import upkeep
from app.observability import log_lines, telemetry
from app.queue import jobs
from app.storage.database import (
    db,
    head,
    is_newer,
    newer_sentence,
    recorded_revision,
    revisions,
    schema_notice,
    schema_state,
)
from app.version import __version__
from worker import figures, writing_side
from worker.diffusion import tuning
from worker.diffusion.model import ModelError
from worker.diffusion.model_pool import Painters
from worker.process.worker import Worker
from worker.queue import heartbeat, photo_tasks
from worker.queue.leases import holder, is_gone, sweep
from worker.safety import picture_check

ALIVE_SECONDS = 15
RETRY_SECONDS = 1.0
LEAVE_SECONDS = 5.0
END_SECONDS = 25
"""How long a worker may take that was told to end; then it says where it hangs. ``systemd`` aborts it after 30."""
MEASURED = "device.json"
UPKEEP_SECONDS = 6 * 3600.0

log = logging.getLogger("worker")


class Resident(SimpleWorker):
    """RQ's worker that does not fork, and that tells a running job to end at its next step."""

    max_connection_wait_time = 5
    stopping: threading.Event

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop soon: the piece that is being painted goes back in the queue.

        :raises StopRequested: where no job is running, to end what is waited for.
        """
        _begin_shutdown(self.stopping)
        self._stop_requested = True  # redis-py's finalizers swallow the error, if it comes in one
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def set_shutdown_requested_date(self) -> None:
        """Tell Redis nothing: it may be away, and a signal's error would be raised in the middle of the painting."""

    def subscribe(self) -> None:
        """Take no orders through Redis: RQ's thread for them would outlive each loss of the connection."""

    def unsubscribe(self) -> None:
        """Do nothing: there was no subscription."""

    def _install_signal_handlers(self) -> None:
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]
        self._stop_requested = self.stopping.is_set()  # a signal may have come just before


def main() -> int:
    """Load the model, then paint until told to stop; return the exit status."""
    log_lines.configure(log_lines.TEXT, logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells which database it looks at, each time
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while the model loads, a signal ends us at once: nothing is begun
    try:
        app = create_app()
        log_lines.configure(app.config["LOG_FORMAT"], logging.INFO)
        telemetry.init_app(app, "moma-worker")
        worker = _load(app)
        serving = _serve_metrics(app)
    except (ConfigError, ModelError, picture_check.CheckerError) as error:
        log.error("The worker cannot start: %s", error)
        return 1
    tending = threading.Thread(target=_run_heartbeat_or_exit, args=(worker, serving), name="tend", daemon=True)
    tending.start()
    threading.Thread(target=_run_upkeep, args=(worker,), name="keep house", daemon=True).start()
    _serve(worker)
    tending.join(LEAVE_SECONDS)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # when the interpreter has gone, libraries may still hang:
    signal.alarm(END_SECONDS)  # the system ends them
    return 0


def _serve_metrics(app: Flask) -> str | None:
    """Tell our figures where the settings say; return at which address."""
    address = app.config["WORKER_METRICS"]
    try:
        return figures.serve(address)
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
    """Stop all threads, and end the process in time, whatever one of them does."""
    faulthandler.dump_traceback_later(END_SECONDS, exit=True)  # first: it waits for no lock, and for no interpreter
    stopping.set()


def _load(app: Flask) -> Worker:
    """Load the first of the models on offer; the others are loaded when they are asked for."""
    with app.app_context():
        if flaw := schema_state() or models_on_offer.flaws():
            raise ConfigError(flaw)
        if notice := schema_notice():
            log_lines.warn_once(current_app.extensions, log, notice)
        models = {model.name: model.setting for model in models_on_offer.offered()}
    painters = Painters(
        models,
        device=app.config["DEVICE"],
        capacity=app.config["MODELS_KEPT"],
        measured=Path(app.instance_path) / MEASURED,
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
        log.warning("no SAFETY_CHECKER is set: nothing looks at the pictures before they are shown")
    return Worker(app, painters, writers=_writers(painters), detector=detector)


def _writers(painters: Painters) -> int:
    """Return how many threads write the files of what is painted on this worker's device."""
    first = painters.descriptions[painters.names[0]]
    return writing_side.threads_for(first["device"], tuning.cores())


def _refresh_offer(painters: Painters) -> None:
    """Offer the models that are there now: a style may have been learned since."""
    painters.offer({model.name: model.setting for model in models_on_offer.offered()})


def _serve(worker: Worker) -> None:
    """Run RQ's loop, and begin again when it ends unasked: Redis comes and goes, the model stays."""
    try:
        while not worker.stopping.is_set():
            _handle_signals(worker.stopping)  # RQ takes them for the time of its loop
            try:
                _work_jobs(worker)
            except (RedisError, OSError) as error:
                log.warning("Redis is away: %s", error)
            worker.stopping.wait(RETRY_SECONDS)
    except (StopRequested, SystemExit):
        log.info("stopping")


def _work_jobs(worker: Worker) -> None:
    with worker.app.app_context():  # the jobs find the worker by it
        connection = jobs.connect(impatient=False)
        if connection is not None:
            with connection:
                connection.ping()
                _resident(connection, worker.stopping).work(logging_level="WARNING")


def _resident(connection: Redis, stopping: threading.Event) -> Resident:
    resident = Resident(
        [jobs.queue_on(connection)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=20,  # it asks for work again after 5 seconds, and takes Redis for dead after 15
        log_job_description=False,
        name=f"{holder()}:{time.time_ns()}",
    )
    resident.stopping = stopping
    return resident


def _run_heartbeat_or_exit(worker: Worker, serving: str | None = None) -> None:
    """Tend, or end the process: nobody would renew its leases, nor notice."""
    try:
        _run_heartbeat(worker, serving)
    except BaseException:
        log.exception("tending broke off")
        heartbeat.end("nobody tends this worker any more")


def _run_heartbeat(worker: Worker, serving: str | None = None) -> None:
    """Beside the painting: report and count who is alive, sweep up lost pieces, notify when a job was lost."""
    painters, pause = worker.models, worker.app.config["SWEEP_SECONDS"]
    ours, known = head(), revisions()  # as the code was when it was loaded; on disk it may be newer
    with worker.app.app_context():
        _deregister_dead_workers()
        while not worker.stopping.is_set():
            about = _about(painters) | _state(ours, serving)
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
                    log.warning("tending is put off: %s", error)
                except Exception:  # whatever it is, a worker that nobody tends loses its lease
                    log.exception("tending went wrong, and goes on")
            worker.stopping.wait(pause)
        _deregister(_about(painters))


def _run_and_close(duty: Callable[[], object]) -> None:
    try:
        duty()
    finally:
        db.session.remove()


def _stop_on_schema_change(ours: str, known: frozenset[str]) -> None:
    """Stop as if told to when the database has moved on to a revision on which this code does not run."""
    found = recorded_revision()
    if found not in (None, ours):
        if is_newer(known):
            log_lines.warn_once(current_app.extensions, log, newer_sentence(found, ours))
            return
        log.error("The database is at revision %s since, this worker's code at %s; the worker ends", found, ours)
        os.kill(os.getpid(), signal.SIGTERM)


def _run_upkeep(worker: Worker) -> None:
    """Do the site's upkeep now and then; where there are several workers, each does, and finds less to do."""
    while not worker.stopping.wait(UPKEEP_SECONDS):
        try:
            with worker.app.app_context():  # the end of which may go wrong too
                upkeep.run()
        except SQLAlchemyError as error:
            log.warning("upkeep is put off: %s", error)
        except Exception:
            log.exception("upkeep went wrong, and is tried again later")


def _count_workers(worker: Worker) -> None:
    """Know among how many workers a level may be shared, and whose walks are not ours to go on with."""
    workers = jobs.workers()
    worker.fleet.set(len(workers), other_revisions(workers))


def other_revisions(workers: Sequence[dict[str, Any]]) -> frozenset[str]:
    """Return the revisions in which other workers have loaded models that this one has loaded in another."""
    ours: dict[str, str | None] = next((about["models"] for about in workers if about["name"] == holder()), {})
    told = ((name, revision) for about in workers for name, revision in about.get("models", {}).items())
    return frozenset(revision for name, revision in told if revision and ours.get(name) not in (None, revision))


def _sweep_and_notify() -> None:
    photo_tasks.enqueue()
    if not sweep():
        return
    if connection := jobs.connect():
        with connection:
            has_job = bool(jobs.queue_on(connection).count)
        if not has_job:
            jobs.notify_workers()


def _deregister_dead_workers() -> None:
    """Delete the signs of life of workers on this machine that were killed and could not delete them."""
    for about in jobs.workers():
        if is_gone(about["name"]):
            _deregister(about)


def _deregister(about: dict[str, Any]) -> None:
    try:
        jobs.remove_heartbeat(about["name"])
    except RedisError:
        log.debug("Redis is away, and with it the sign of life")


def _about(painters: Painters) -> dict[str, Any]:
    """Describe this worker and its first model, and name the revisions of all its models that were loaded so far."""
    first = painters.names[0]
    revisions = {name: painters.descriptions.get(name, {}).get("revision") for name in painters.names}
    about = {"name": holder(), "pid": os.getpid(), "version": __version__, "model": first, "models": revisions}
    return about | painters.descriptions[first]


def _state(schema: str, serving: str | None) -> dict[str, Any]:
    """Say with which schema this worker began, where its figures are told, and what memory it takes."""
    return {"schema": schema, "metrics": serving, "memory": figures.memory_bytes()}


if __name__ == "__main__":
    faulthandler.enable()  # where a library breaks the process, or systemd does, its threads say what they were at
    sys.exit(main())
