"""The RQ jobs: claim the next task in queue order, do it, and repeat until none is left.

A task is a batch of one pass of a walk, a walk's film, or a short task such as candidates or stages. Errors are stored
where the visitor sees them. On a GPU, writer threads save the files of a task while the next one is generated.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial

from app.access.observability import log_lines
from app.storage.database import db
from app.storage.task_kinds import FILM
from worker import failures, metrics
from worker.failures import BACK, DONE, WRITTEN_ASIDE, Attempt
from worker.process.worker import Worker, this_worker
from worker.queue import upload_tasks
from worker.queue.leases import Claim, claim_next
from worker.tasks import batch_task, short_tasks
from worker.tasks.painting import PipelineNeeded, Stopped, WalkInProgress
from worker.writing_side import Remainder, WritingSide

__all__ = ["extract_features", "look", "work"]

log = logging.getLogger(__name__)


def work() -> int:
    """Do waiting tasks until none is left or the worker stops; return the number of claimed tasks."""
    worker = this_worker()
    with worker.app.app_context():
        return _work_beside_writers(worker) if worker.writers else _work(worker, None)


def extract_features() -> int:
    """Do waiting tasks, then extract the visual features that films lack; return the number of claimed tasks."""
    this_worker().features.restart()
    return work()


look = extract_features
"""The name of the job in Redis since release 1.0.0, ``worker.job.look``; waiting jobs still use it."""


def _work_beside_writers(worker: Worker) -> int:
    """Do waiting tasks with writer threads; return when all results are written."""
    side = WritingSide(worker.writers, partial(_write, worker), worker.heartbeat)
    try:
        count = _work(worker, side)
    except Exception:
        side.close()
        with suppress(Exception):  # one error is raised; each was logged
            _collect_ended(worker, side)
        raise
    except BaseException:
        side.abandon()
        raise
    side.close()
    _collect_ended(worker, side)
    return count


def _work(worker: Worker, side: WritingSide | None) -> int:
    count, claim, models = 0, None, worker.models
    while not worker.stopping.is_set():
        outage = None
        if side is not None:
            side.wait_for_room()
            outage = _collect_ended(worker, side)
        if outage is None:
            upload_tasks.enqueue()
            claim = claim_next(
                models.names,
                loaded=models.loaded,
                elsewhere=worker.fleet.elsewhere,
                unable=short_tasks.unable(),
                after=claim,
            )
            if claim is not None:
                outage = _attempt(worker, claim, side)
                count += 1
            elif not ((side is not None and side.wait_for_end()) or _extract_older_features(worker)):
                break
        if outage is not None:
            worker.outages.wait_out(outage)
    return count


def _collect_ended(worker: Worker, side: WritingSide) -> Exception | None:
    """Collect ended writer tasks: finish those that need the model, and return an outage, if any.

    :raises Exception: the first error of a writer, after all ended tasks were collected.
    """
    outage: Exception | None = None
    errors: list[Exception] = []
    for remainder, future in side.collect_ended():
        try:
            outage = _collect_one(worker, remainder, future) or outage
        except Exception as error:  # noqa: BLE001 - the first is raised after the others
            errors.append(error)
    for other in errors[1:]:
        log.error("another task failed as well", exc_info=other)
    if errors:
        raise errors[0]
    return outage


def _collect_one(worker: Worker, remainder: Remainder, future: Future[Exception | None]) -> Exception | None:
    try:
        return future.result()
    except PipelineNeeded:
        return _try(Attempt(worker, remainder.claim), partial(_finish, worker, remainder))


def _extract_older_features(worker: Worker) -> bool:
    try:
        return worker.features.extract_older()
    finally:
        db.session.remove()


def _attempt(worker: Worker, claim: Claim, side: WritingSide | None = None) -> Exception | None:
    """Do a claimed task; leave the part that needs no model to the writer threads, if there are any.

    A task whose worker was lost before is done alone: if it crashes the worker again, no other task is lost with it. An
    outage is returned; the task is back in the queue then.
    """
    if side is not None and claim.interruptions:
        worker.heartbeat.hand_over(claim)
        side.wait_until_idle()
        side = None
    return _try(Attempt(worker, claim), partial(_paint, worker, claim, side))


def _paint(worker: Worker, claim: Claim, side: WritingSide | None) -> str:
    if do := short_tasks.WITHOUT_MODEL.get(claim.kind):
        do(claim)
        return DONE
    remainder = _begin(worker, claim)
    if remainder is not None and side is not None:
        worker.models.grow(claim.model)
        side.submit(remainder)
        return WRITTEN_ASIDE
    if remainder is not None:
        remainder.do(remainder.painting)
    worker.models.grow(claim.model)
    return DONE


def _write(worker: Worker, remainder: Remainder) -> Exception | None:
    """Finish a task in a writer thread; return an outage, if any."""
    with worker.app.app_context():
        attempt = Attempt(worker, remainder.claim, has_painter=False)
        return _try(attempt, partial(_finish, worker, remainder, with_painter=False))


def _finish(worker: Worker, remainder: Remainder, *, with_painter: bool = True) -> str:
    if worker.stopping.is_set() and (with_painter or remainder.claim.kind == FILM):
        raise Stopped  # a film takes long; a batch only lacks its files
    remainder.finish(with_painter=with_painter)
    return DONE


def _try(attempt: Attempt, do: Callable[[], str]) -> Exception | None:
    """Call ``do``, which works on a claimed task and returns the outcome; record any error on its walk.

    An outage is returned; the task is back in the queue then.

    :raises PipelineNeeded: when a writer thread needs the model or more device memory.
    :raises Exception: the error, when the task failed.
    """
    with _observe(attempt), attempt.worker.heartbeat.holding(attempt.claim):
        try:
            attempt.outcome = do()
            if attempt.outcome == DONE:
                attempt.worker.outages.forget(attempt.claim)
        except Exception as error:  # noqa: BLE001 - the rules re-raise failures
            return failures.handle(attempt, error)
        finally:
            db.session.remove()
    return None


@contextmanager
def _observe(attempt: Attempt) -> Iterator[None]:
    """Bind the IDs of the task's walk and request to its logs; count the task with its outcome."""
    claim = attempt.claim
    walk_id = None if claim.task else claim.walk_id
    ids = {"request_id": claim.request_id, "walk_id": walk_id, "task_id": claim.task}
    with log_lines.bound(**ids):
        try:
            yield
        finally:
            if attempt.outcome not in (WRITTEN_ASIDE, BACK):
                metrics.count_task(claim.kind, attempt.outcome, claim.seconds)
            log.info("%s %s.%s: %s after %.2f s", claim, claim.level, claim.batch, attempt.outcome, claim.seconds)


def _begin(worker: Worker, claim: Claim) -> Remainder | None:
    """Do the part of a task that needs the model; return the rest, or None if the task is done."""
    painter = worker.models.get(claim.model)
    worker.heartbeat.note_progress()
    if paint := short_tasks.WITH_MODEL.get(claim.kind):
        paint(claim, painter)
        return None
    painting = WalkInProgress(claim, painter)
    return Remainder(painting, batch_task.generate(painting))
