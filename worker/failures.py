"""Error handling of tasks: a table that maps exceptions to outcomes and handlers, and messages for visitors."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy.exc import SQLAlchemyError

from app.core.errors import MediaError
from app.storage import media_store
from app.storage.database import db
from app.storage.walk_models import CANCELLED, FINISHED, REFUSED, Walk
from app.walks.saved import lifecycle
from worker import metrics
from worker.diffusion import device_errors
from worker.diffusion.model import ModelError
from worker.diffusion.rendering import GenerationError
from worker.film import video
from worker.film.scratch import ScratchFull
from worker.process.worker import Worker
from worker.queue import heartbeat, outages
from worker.queue.leases import Claim, LeaseLost, check_lease, fail_walk, release_task
from worker.tasks import fit_pictures
from worker.tasks.painting import PipelineNeeded, Stopped
from worker.tasks.walk_setup import WalkRestarted, WrongModel

DONE, WRITTEN_ASIDE, BACK, FAILED, PUT_OFF = "done", "written aside", "needs the painter", "failed", "put off"
"""Outcomes of a thread's work on a task; the second and third do not end the task."""

ROOM_SECONDS = 2.0
"""The pause when the device has no memory for a single picture, in seconds."""

REASONS_OF_DEVICES = {device_errors.OUT_OF_MEMORY: "device memory", device_errors.LOST: "device lost"}
REASONS: tuple[tuple[type[Exception], str], ...] = (
    (MediaError, "media store"),
    (SQLAlchemyError, "database"),
    (ScratchFull, "scratch full"),
    (video.EncoderTimeout, "encoder"),
    (WrongModel, "wrong model"),
    (ModelError, "model"),
    (GenerationError, "painting"),
)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Attempt:
    """A thread's work on a claimed task, and its outcome so far; writer threads have no painter (loaded model)."""

    worker: Worker
    claim: Claim
    has_painter: bool = True
    outcome: str = FAILED


Handler = Callable[[Attempt, Exception], Exception | None]
"""Records an exception on the task; returns it if it is an outage, which pauses the worker, or raises it."""


def handle(attempt: Attempt, error: Exception) -> Exception | None:
    """Apply the rule for an exception to a task; return the exception if it is an outage, which pauses the worker.

    A file that cannot be written or read is no outage where the walk has just been cancelled: its folder was deleted.

    :raises Exception: the exception, where the caller has to handle it, as for a failed task.
    """
    if isinstance(error, MediaError) and _is_called_off(attempt.claim):
        error = LeaseLost(str(error))
    outcome, handler = next(rule[1:] for rule in RULES if isinstance(error, rule[0]))
    attempt.outcome = outcome
    return handler(attempt, error)


def _is_called_off(claim: Claim) -> bool:
    """Return whether the worker no longer holds a task; a database that does not answer is taken for no."""
    db.session.remove()  # an open transaction may not see yet that the walk was cancelled
    try:
        check_lease(db.session(), claim)
    except LeaseLost:
        return True
    except SQLAlchemyError:
        db.session.remove()  # a failed transaction accepts no further statements
    return False


def _hand_over(attempt: Attempt, error: Exception) -> NoReturn:
    attempt.worker.heartbeat.hand_over(attempt.claim)
    raise error


def _abandon(attempt: Attempt, _error: Exception) -> None:
    log.info("%s was cancelled or claimed by another worker; it is left alone", attempt.claim)
    attempt.worker.memory.forget(attempt.claim.walk_number)
    delete_unwanted_files(attempt.claim)


def _note_restart(attempt: Attempt, _error: Exception) -> None:
    log.info("walk %s was begun by another model revision and is restarted", attempt.claim.walk_id)


def _refuse(attempt: Attempt, error: Exception) -> None:
    log.warning("%s is refused: %s", attempt.claim, error)
    _end_walk(attempt, fit_pictures.refuse, str(error))
    delete_unwanted_files(attempt.claim)


def _release(attempt: Attempt, _error: Exception) -> None:
    release_task(attempt.claim)
    log.info("%s returns to the queue", attempt.claim)


def _postpone(attempt: Attempt, error: Exception) -> Exception:
    db.session.remove()  # a failed transaction accepts no further statements
    count(error)
    if attempt.worker.outages.is_to_blame(attempt.claim, error):
        _fail(attempt, error)
    log.warning("%s returns to the queue: %s", attempt.claim, error)
    attempt.worker.outages.release(attempt.claim)
    return error


def _count_as_lost(attempt: Attempt, error: Exception) -> None:
    count(error)
    log.error("%s is retried: %s", attempt.claim, error)
    attempt.worker.memory.forget(attempt.claim.walk_number)
    outages.count_as_lost(attempt.claim)


def _fail(attempt: Attempt, error: Exception) -> NoReturn:
    attempt.outcome, reason = FAILED, visitor_message(error)
    log.error("%s failed: %s", attempt.claim.subject, reason)  # RQ logs the traceback of what is raised again
    _end_walk(attempt, fail_walk, reason)
    raise error


def _end_walk(attempt: Attempt, record: Callable[[Claim, str], None], reason: str) -> None:
    """Record the end of a task's walk and drop its cached state, because its owner may retry the walk."""
    attempt.worker.memory.forget(attempt.claim.walk_number)
    attempt.worker.outages.forget(attempt.claim)
    try:
        record(attempt.claim, reason)
    except LeaseLost:
        log.info("%s was claimed by another worker before its end was recorded", attempt.claim.subject)


def _handle_device_error(attempt: Attempt, error: Exception) -> None:
    """Handle out-of-memory and lost-device errors; any other error fails the task.

    :raises PipelineNeeded: when a writer thread ran out of device memory.
    :raises Exception: the error, when the task failed.
    """
    verdict = device_errors.verdict(error)
    if verdict == device_errors.OUT_OF_MEMORY and not attempt.has_painter:
        attempt.outcome = BACK
        attempt.worker.heartbeat.hand_over(attempt.claim)
        raise PipelineNeeded(str(attempt.claim)) from error
    count(error, verdict)
    if verdict == device_errors.OUT_OF_MEMORY and _reduce_memory(attempt, error):
        attempt.outcome = PUT_OFF
        attempt.worker.outages.release(attempt.claim)
        return
    if verdict != device_errors.LOST:
        _fail(attempt, error)
    # The task counts as lost with the process, so a walk that always breaks the driver fails in the end.
    heartbeat.end(f"this process has lost the device: {error}")
    raise error


def _reduce_memory(attempt: Attempt, error: Exception) -> bool:
    """Reduce the batch size, or wait for device memory; return whether the walk is to be retried."""
    worker, claim = attempt.worker, attempt.claim
    if worker.models.shrink(claim.model):
        log.warning("out of device memory: %s continues in smaller batches", claim.subject)
    elif worker.outages.is_to_blame(claim, error):
        return False
    else:  # other processes may use the device's memory
        log.warning("out of device memory for a single picture: %s is retried", claim.subject)
        worker.stopping.wait(ROOM_SECONDS)
    return True


def count(error: Exception, verdict: str | None = None) -> None:
    """Count an error in the metrics, by its type or by the verdict on the device."""
    known = (name for kind, name in REASONS if isinstance(error, kind))
    metrics.FAILURES.labels(REASONS_OF_DEVICES.get(verdict or "") or next(known, "other")).inc()


def visitor_message(error: Exception) -> str:
    """Return the error message for the walk's page: the text of our own errors, or the type of any other error."""
    if isinstance(error, MediaError):
        reason = getattr(error.__cause__, "strerror", None)  # omit the file name, which means nothing to a visitor
        return f"The pictures could not be stored{f': {reason}' if reason else ''}."
    own = type(error).__module__.partition(".")[0] in ("app", "worker")
    text = str(error).strip() if own else f"{type(error).__name__} while painting"
    return text[:1].upper() + text[1:].rstrip(".") + "."


def delete_unwanted_files(claim: Claim) -> None:
    """Delete files of a refused, cancelled or deleted walk, and intermediate samples of a finished one."""
    row = db.session.get(Walk, claim.walk_number, populate_existing=True)
    if row is not None and (row.state in (CANCELLED, REFUSED) or row.deleted_at is not None):
        is_kept = row.state == CANCELLED and row.deleted_at is None  # its owner may retry it
        lifecycle.delete_files(row, keep_photos=is_kept)
    elif row is not None and row.state == FINISHED:
        media_store.store().delete(media_store.samples_folder(claim.walk_id))


RULES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, Handler], ...] = (
    (PipelineNeeded, BACK, _hand_over),
    (LeaseLost, "called off", _abandon),
    (WalkRestarted, "begun anew", _note_restart),
    (fit_pictures.Unfit, "refused", _refuse),
    (Stopped, "given back", _release),
    (outages.OUTAGES, PUT_OFF, _postpone),
    (video.EncoderTimeout, "tried again", _count_as_lost),
    (Exception, FAILED, _handle_device_error),
)
"""Rules of (exceptions, outcome as counted in the metrics, handler); the first that matches is applied."""
