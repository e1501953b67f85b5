"""The job: "do the next piece of work". It claims the fairest waiting piece, does it, and looks again.

A piece is a batch of one level of a walk, or a walk's film, or what a visitor asks for of a finished one, or before
there is one. What goes wrong is written where its visitor sees it. On a GPU other threads write the files of a piece
while the next one is painted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial

from app.observability import log_lines, telemetry
from app.storage.database import db
from app.storage.walk_models import CANDIDATES, FILM, LORA, PHOTOS, STAGES
from worker import failures, figures
from worker.failures import BACK, DONE, WRITTEN_ASIDE, Attempt
from worker.pieces import batch_piece, candidates_piece, lora_piece, photo_piece, stages_piece
from worker.pieces.painting import PainterNeeded, Stopped, WalkInProgress
from worker.process.worker import Worker, this_worker
from worker.queue import photo_tasks
from worker.queue.leases import Claim, claim_next
from worker.writing_side import Remainder, WritingSide

__all__ = ["look", "work"]

log = logging.getLogger(__name__)


def work() -> int:
    """Do waiting tasks until none is left or the worker stops; return how many were tried."""
    worker = this_worker()
    with worker.app.app_context():
        return _work_beside_writers(worker) if worker.writers else _work(worker, None)


def look() -> int:
    """Go through the films without visual features, as soon as nothing else is to do."""
    this_worker().features.restart()
    return work()


def _work_beside_writers(worker: Worker) -> int:
    """Do waiting tasks, and end only when all of them are written."""
    side = WritingSide(worker.writers, partial(_write, worker), worker.heartbeat)
    try:
        count = _work(worker, side)
    except Exception:
        side.close()
        with suppress(Exception):  # one error is raised; each was logged
            _settle(worker, side)
        raise
    except BaseException:
        side.abandon()
        raise
    side.close()
    _settle(worker, side)
    return count


def _work(worker: Worker, side: WritingSide | None) -> int:
    count, claim, models = 0, None, worker.models
    while not worker.stopping.is_set():
        outage = None
        if side is not None:
            side.wait_for_room()
            outage = _settle(worker, side)
        if outage is None:
            photo_tasks.enqueue()
            claim = claim_next(models.names, loaded=models.loaded, elsewhere=worker.fleet.elsewhere, after=claim)
            if claim is not None:
                outage = _attempt(worker, claim, side)
                count += 1
            elif not ((side is not None and side.wait_for_ending()) or _look_back(worker)):
                break
        if outage is not None:
            worker.outages.wait_out(outage)
    return count


def _settle(worker: Worker, side: WritingSide) -> Exception | None:
    """Do what writers could not do without the painter, and raise what they raised; return an outage that they met."""
    outage: Exception | None = None
    errors: list[Exception] = []
    for remainder, future in side.take_endings():
        try:
            outage = _settle_one(worker, remainder, future) or outage
        except Exception as error:  # noqa: BLE001 - one is raised, when the others are done
            errors.append(error)
    for other in errors[1:]:
        log.error("another piece failed as well", exc_info=other)
    if errors:
        raise errors[0]
    return outage


def _settle_one(worker: Worker, remainder: Remainder, future: Future[Exception | None]) -> Exception | None:
    try:
        return future.result()
    except PainterNeeded:
        return _try(Attempt(worker, remainder.claim), partial(_finish, worker, remainder))


def _look_back(worker: Worker) -> bool:
    try:
        return worker.features.extract_older()
    finally:
        db.session.remove()


def _attempt(worker: Worker, claim: Claim, side: WritingSide | None = None) -> Exception | None:
    """Do a claimed task; what of it needs no painter is left to the writing side, where there is one.

    A task at which a worker ended before is done alone: if it is what ends workers, no other task is lost with it, or
    that one's walk would fail as well in the end. What is no walk's fault is returned: the task is in the queue.
    """
    if side is not None and claim.lost:
        worker.heartbeat.hand_over(claim)
        side.wait_until_idle()
        side = None
    return _try(Attempt(worker, claim), partial(_paint, worker, claim, side))


def _paint(worker: Worker, claim: Claim, side: WritingSide | None) -> str:
    if claim.kind == PHOTOS:  # which needs no model
        photo_piece.describe(claim)
        return DONE
    remainder = _begin(worker, claim)
    if remainder is not None and side is not None:
        worker.models.grow(claim.model)
        side.take(remainder)
        return WRITTEN_ASIDE
    if remainder is not None:
        remainder.do(remainder.painting)
    worker.models.grow(claim.model)
    return DONE


def _write(worker: Worker, remainder: Remainder) -> Exception | None:
    """Finish a task in a thread that writes; return an outage that it met."""
    with worker.app.app_context():
        attempt = Attempt(worker, remainder.claim, has_painter=False)
        return _try(attempt, partial(_finish, worker, remainder, with_painter=False))


def _finish(worker: Worker, remainder: Remainder, *, with_painter: bool = True) -> str:
    if worker.stopping.is_set() and (with_painter or remainder.claim.kind == FILM):
        raise Stopped  # a film takes long; of a batch the files alone are missing
    remainder.finish(with_painter=with_painter)
    return DONE


def _try(attempt: Attempt, do: Callable[[], str]) -> Exception | None:
    """Do something of a claimed task; what goes wrong is recorded on its walk, so that no failure looks like success.

    ``do`` returns the outcome. An outage is returned: the task is back in the queue.

    :raises PainterNeeded: when that, or memory of the device, is needed where there is no painter.
    """
    with _reported(attempt), attempt.worker.heartbeat.holding(attempt.claim):
        try:
            attempt.outcome = do()
            if attempt.outcome == DONE:
                attempt.worker.outages.forget(attempt.claim)
        except Exception as error:  # noqa: BLE001 - the rules raise what is to be raised
            return failures.handle(attempt, error)
        finally:
            db.session.remove()
    return None


@contextmanager
def _reported(attempt: Attempt) -> Iterator[None]:
    """Bind the ids of the task's walk and request to its logs and traces; count it with its outcome."""
    claim = attempt.claim
    walk_id = None if claim.task else claim.walk_id
    ids = {"request_id": claim.request_id, "walk_id": walk_id, "task_id": claim.task}
    with log_lines.bound(**ids), telemetry.trace_task(attempt.worker.app, kind=claim.kind, **ids) as traced:
        try:
            yield
        finally:
            traced["outcome"] = attempt.outcome
            if attempt.outcome not in (WRITTEN_ASIDE, BACK):
                figures.count_task(claim.kind, attempt.outcome, claim.seconds)
            log.info("%s %s.%s: %s after %.2f s", claim, claim.level, claim.batch, attempt.outcome, claim.seconds)


def _begin(worker: Worker, claim: Claim) -> Remainder | None:
    """Do of a task what needs the painter; return what is left, if anything is."""
    painter = worker.models.get(claim.model)
    worker.heartbeat.note_progress()
    if claim.kind == STAGES:
        stages_piece.paint(claim, painter)
    elif claim.kind == CANDIDATES:
        candidates_piece.paint(claim, painter)
    elif claim.kind == LORA:
        lora_piece.check(claim, painter)
    else:
        painting = WalkInProgress(claim, painter)
        return Remainder(painting, batch_piece.begin(painting))
    return None
