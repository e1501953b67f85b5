"""Start a worker: ``python -m worker``. One resident process, the model loaded once, jobs from one RQ queue."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from app import create_app, house, queue
from app.database import db, schema_state
from app.errors import ConfigError
from worker import job
from worker.claim import holder, sweep
from worker.painter import ModelError, Painter

ALIVE_SECONDS = 15
RETRY_SECONDS = 1.0

log = logging.getLogger("worker")


class Resident(SimpleWorker):
    """RQ's worker that does not fork, and that tells a running job to end at its next step."""

    max_connection_wait_time = 5

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop soon: the walk on the easel goes back in line with the frames it has."""
        job.stopping.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def main() -> int:
    """Load the model, then paint until told to stop; return the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        app = create_app()
        painter = _load(app)
    except (ConfigError, ModelError) as error:
        log.error("The worker cannot start: %s", error)
        return 1
    job.prepare(app, painter)
    threading.Thread(target=_tend, args=(app, painter), name="tend", daemon=True).start()
    _serve(app)
    return 0


def _stop(_signum: int, _frame: FrameType | None) -> None:
    if job.stopping.is_set():
        raise SystemExit(1)
    job.stopping.set()


def _load(app: Flask) -> Painter:
    with app.app_context():
        if flaw := schema_state() or house.flaw(app.config["MODEL"]):
            raise ConfigError(flaw)
    began = time.monotonic()
    painter = Painter.load(app.config["MODEL"], device=app.config["DEVICE"])
    log.info("%s %s loaded in %.1f s", painter.name, painter.revision, time.monotonic() - began)
    return painter


def _serve(app: Flask) -> None:
    """Run RQ's loop, and begin again when it ends untold: Redis comes and goes, the model stays."""
    while not job.stopping.is_set():
        try:
            with app.app_context():
                connection = queue.connect(impatient=False)
                if connection is not None:
                    connection.ping()
                    _worker(connection).work(logging_level="WARNING")
        except (RedisError, OSError) as error:
            log.warning("Redis is away: %s", error)
        except SystemExit:
            return
        job.stopping.wait(RETRY_SECONDS)


def _worker(connection: Redis) -> Resident:
    return Resident(
        [queue.queue_on(connection)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=60,
        log_job_description=False,
        name=f"{holder()}:{time.time_ns()}",
    )


def _tend(app: Flask, painter: Painter) -> None:
    """Beside the painting: say that this worker is alive, sweep up lost walks, ring when a job was lost."""
    about = _about(painter)
    with app.app_context():
        while not job.stopping.is_set():
            try:
                _tend_once(about)
            except (RedisError, SQLAlchemyError, OSError) as error:
                log.warning("tending is put off: %s", error)
            finally:
                db.session.remove()
            job.stopping.wait(app.config["SWEEP_SECONDS"])
        _leave(about)


def _tend_once(about: dict[str, Any]) -> None:
    waiting = sweep()
    connection = queue.connect()
    if connection is None:
        return
    with connection:
        connection.set(queue.WORKER_KEY + about["name"], json.dumps(about), ex=ALIVE_SECONDS)
        if waiting and not queue.queue_on(connection).count:
            queue.ring()


def _leave(about: dict[str, Any]) -> None:
    try:
        if connection := queue.connect():
            with connection:
                connection.delete(queue.WORKER_KEY + about["name"])
    except RedisError:
        log.debug("Redis went before us")


def _about(painter: Painter) -> dict[str, Any]:
    return {
        "name": holder(),
        "pid": os.getpid(),
        "model": painter.name,
        "title": painter.title,
        "revision": painter.revision,
        "device": str(painter.device),
        "size": list(painter.size),
    }


if __name__ == "__main__":
    sys.exit(main())
