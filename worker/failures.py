"""What is recorded of a piece that failed or was refused, and in which words."""

from __future__ import annotations

import logging

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.errors import MediaError
from app.storage import media_store
from app.storage.database import db
from app.storage.walk_models import CANCELLED, FINISHED, REFUSED, Walk
from app.walks import lifecycle
from worker import figures
from worker.diffusion import device_errors
from worker.diffusion.model import ModelError
from worker.diffusion.rendering import PaintingError
from worker.film import encoding
from worker.film.scratch import ScratchFull
from worker.pieces import fit_pictures, walk_memory
from worker.pieces.walk_setup import WrongModel
from worker.queue import outages
from worker.queue.leases import Claim, LeaseLost, fail_walk

REASONS_OF_DEVICES = {device_errors.OUT_OF_MEMORY: "device memory", device_errors.LOST: "device lost"}
REASONS: tuple[tuple[type[Exception], str], ...] = (
    (MediaError, "media store"),
    (SQLAlchemyError, "database"),
    (ScratchFull, "scratch full"),
    (encoding.EncoderHung, "encoder"),
    (WrongModel, "wrong model"),
    (ModelError, "model"),
    (PaintingError, "painting"),
)

log = logging.getLogger(__name__)


def count(error: Exception, verdict: str | None = None) -> None:
    """Count what went wrong by its kind, or by the verdict on a device."""
    known = (name for kind, name in REASONS if isinstance(error, kind))
    figures.failed(REASONS_OF_DEVICES.get(verdict or "") or next(known, "other"))


def fail(claim: Claim, error: Exception) -> None:
    """Record on a piece's walk that it failed, and why."""
    reason = sentence(error)
    log.error("%s failed: %s", claim.whose, reason)  # RQ logs the traceback of what is raised again
    walk_memory.clear(claim.walk_number)
    outages.forget(claim)  # its owner may have it tried again
    try:
        fail_walk(claim, reason)
    except LeaseLost:
        log.info("%s was taken over before its failure was noted", claim.whose)


def refuse(claim: Claim, reason: str) -> None:
    """Hang nothing of a walk whose pictures are unfit, and say why."""
    log.warning("%s is refused: %s", claim.whose, reason)
    walk_memory.clear(claim.walk_number)
    outages.forget(claim)
    try:
        fit_pictures.refuse(claim, reason)
    except LeaseLost:
        log.info("walk %s was taken over before it was refused", claim.walk_id)
    clear_if_unwanted(claim)


def sentence(error: Exception) -> str:
    """Return what went wrong in words fit for the walk's page: our own, or the kind of a foreign error."""
    if isinstance(error, MediaError):
        reason = getattr(error.__cause__, "strerror", None)  # without the file's name, which says nothing to a visitor
        return f"The pictures could not be stored{f': {reason}' if reason else ''}."
    own = type(error).__module__.partition(".")[0] in ("app", "worker")
    text = str(error).strip() if own else f"{type(error).__name__} while painting"
    return text[:1].upper() + text[1:].rstrip(".") + "."


def clear_if_unwanted(claim: Claim) -> None:
    """Delete what was written for a walk that was refused, cancelled, deleted or finished; repeats keep theirs."""
    row = db.session.scalar(
        select(Walk).where(Walk.number == claim.walk_number).execution_options(populate_existing=True)
    )
    if row is not None and (row.state in (CANCELLED, REFUSED) or row.deleted_at is not None):
        lifecycle.delete_files(row)
    elif row is not None and row.state == FINISHED:
        media_store.store().delete(media_store.knots_folder(claim.walk_id))
