"""The job: "do the next piece of work". It claims the fairest waiting piece, does it, and looks again.

A piece is a batch of one level of a walk, or a walk's film, or what a visitor asks for of a finished one, or before
there is one. What goes wrong is written where its visitor sees it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.errors import MediaError
from app.observability import log_lines, telemetry
from app.storage import media_store
from app.storage.database import db
from app.storage.walk_models import CANCELLED, CANDIDATES, FINISHED, LORA, REFUSED, STAGES, Walk
from app.walks import lifecycle
from worker import figures
from worker.diffusion import device_errors
from worker.diffusion.model import ModelError
from worker.diffusion.model_pool import Painters
from worker.diffusion.rendering import PaintingError
from worker.film import encoding
from worker.film.scratch import ScratchFull
from worker.pieces import (
    batch_piece,
    candidates_piece,
    fit_pictures,
    lora_piece,
    photo_piece,
    stages_piece,
    walk_memory,
)
from worker.pieces.painting import Stopped, WalkInProgress, stopping
from worker.pieces.visual_features import feature_reader
from worker.pieces.walk_setup import WalkRestarted, WrongModel
from worker.queue import keeping, outages, photo_leases
from worker.queue.leases import Claim, LeaseLost, claim_next, fail_walk, give_back
from worker.queue.photo_leases import PhotoClaim

__all__ = ["look", "prepare", "stopping", "work"]

ROOM_SECONDS = 2.0
"""How long is waited where the device has no room for a single picture."""

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

_site: tuple[Flask, Painters] | None = None


def prepare(app: Flask, painters: Painters) -> None:
    """Give this process its application and its painters, once, before any job runs."""
    global _site  # RQ calls jobs by name; what they need must be found by name too
    _site = (app, painters)


def work() -> int:
    """Do waiting pieces until none is left or the worker stops; return how many were tried."""
    if _site is None:
        raise RuntimeError("worker.job.prepare was not called")
    app, painters = _site
    count, claim, has_looked = 0, None, False
    with app.app_context():
        while not stopping.is_set():
            # A photo is looked at before all else, since its owner waits for words; but not one after another.
            if not has_looked and (photo := photo_leases.claim_next()):
                outage = _look_at(photo)
                has_looked, count = True, count + 1
                if outage is not None:
                    outages.wait_out(outage, stopping)
            elif claim := claim_next(painters.names, loaded=painters.loaded, after=claim):
                has_looked = False
                outage = _attempt(claim, painters)
                count += 1
                if outage is not None:
                    outages.wait_out(outage, stopping)
            elif has_looked:
                has_looked = False
            elif not _look_back():
                break
    return count


def look() -> int:
    """Go through the films without visual features, as soon as nothing else is to do."""
    feature_reader.begin_anew()
    return work()


def _look_at(photo: PhotoClaim) -> Exception | None:
    """Look at a claimed photo; one that cannot be looked at stays without words, which is no fault of its owner.

    What is not the photo's fault is returned: it is looked at again.
    """
    with keeping.kept(photo):
        try:
            photo_piece.look(photo)
        except LeaseLost:
            log.info("%s was deleted or taken over; it is left alone", photo)
        except outages.OUTAGES as error:
            log.warning("%s is looked at later: %s", photo, error)
            db.session.remove()  # its transaction may have failed, and would take no further statement
            with suppress(LeaseLost, *outages.OUTAGES):
                photo_leases.give_back(photo)
            return error
        except Exception as error:  # whatever is wrong with it, others wait for their walks
            figures.failed(_reason(error))
            log.exception("%s stays without words", photo)
            with suppress(LeaseLost):
                photo_leases.finish(photo)
        finally:
            db.session.remove()
    return None


def _look_back() -> bool:
    try:
        return feature_reader.read_older()
    finally:
        db.session.remove()


def _attempt(claim: Claim, painters: Painters) -> Exception | None:
    """Do a claimed piece; whatever goes wrong is written on its walk, so that failure never looks like success.

    What is no walk's fault is returned: the piece is back in the line.
    """
    with _told(claim) as told, keeping.kept(claim):
        try:
            _do(claim, painters)
            told.outcome = "done"
            outages.forget(claim)
            painters.grow(claim.model)
        except LeaseLost:
            log.info("%s was called off or taken over; it is left alone", claim)
            told.outcome = "called off"
            walk_memory.clear(claim.walk_number)
            _clear_if_unwanted(claim)
        except WalkRestarted:
            told.outcome = "begun anew"
            log.info("walk %s was begun by another model, and is begun anew", claim.walk_id)
        except fit_pictures.Unfit as error:
            told.outcome = "refused"
            _refuse(claim, str(error))
        except Stopped:
            told.outcome = "given back"
            give_back(claim)
            log.info("%s goes back in line", claim)
        except outages.OUTAGES as error:
            db.session.remove()  # its transaction may have failed, and would take no further statement
            told.outcome = "put off"
            figures.failed(_reason(error))
            if outages.is_to_blame(claim, error):
                told.outcome = "failed"
                _fail(claim, error)
                raise
            log.warning("%s goes back in line: %s", claim, error)
            outages.return_piece(claim, stopping)
            return error
        except encoding.EncoderHung as error:
            told.outcome = "tried again"
            figures.failed(_reason(error))
            log.error("%s is tried again: %s", claim, error)
            walk_memory.clear(claim.walk_number)
            outages.count_as_lost(claim)
        except Exception as error:
            verdict = device_errors.verdict(error)
            figures.failed(REASONS_OF_DEVICES.get(verdict or "") or _reason(error))
            if verdict == device_errors.OUT_OF_MEMORY and _make_do(claim, painters, error):
                told.outcome = "put off"
                outages.return_piece(claim, stopping)
                return None
            if verdict == device_errors.LOST:
                # The piece counts as lost with the process: a walk that each time breaks its driver fails in the end.
                keeping.end(f"the device is lost to this process: {error}")
            else:
                _fail(claim, error)
            raise
        finally:
            db.session.remove()
    return None


@dataclass(slots=True)
class _Told:
    """What is told of a piece when it has ended."""

    outcome: str = "failed"


@contextmanager
def _told(claim: Claim) -> Iterator[_Told]:
    """Have all that is said of a piece carry the ids of its walk and request; count it with what became of it."""
    told = _Told()
    walk_id = None if claim.task else claim.walk_id
    ids = {"request_id": claim.request_id, "walk_id": walk_id, "task_id": claim.task}
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with log_lines.bound(**ids), telemetry.piece(app, kind=claim.kind, **ids) as traced:
        try:
            yield told
        finally:
            traced["outcome"] = told.outcome
            figures.piece_ended(claim.kind, told.outcome, claim.seconds)
            log.info("%s %s.%s: %s after %.2f s", claim, claim.level, claim.batch, told.outcome, claim.seconds)


def _reason(error: Exception) -> str:
    """Name the kind of what went wrong, for the figures."""
    return next((name for kind, name in REASONS if isinstance(error, kind)), "other")


def _do(claim: Claim, painters: Painters) -> None:
    painter = painters.of(claim.model)
    keeping.goes_on()
    if claim.kind == STAGES:
        stages_piece.paint(claim, painter)
    elif claim.kind == CANDIDATES:
        candidates_piece.paint(claim, painter)
    elif claim.kind == LORA:
        lora_piece.check(claim, painter)
    else:
        batch_piece.run(WalkInProgress(claim, painter))


def _make_do(claim: Claim, painters: Painters, error: Exception) -> bool:
    """Go on with less of the device's memory, or wait for some; tell whether the walk is to be tried again."""
    if painters.shrink(claim.model):
        log.warning("the device has no room for %s, which is painted in smaller batches", claim.whose)
    elif outages.is_to_blame(claim, error):
        return False
    else:  # others may use the device as well
        log.warning("the device has no room for one picture of %s, which is tried again", claim.whose)
        stopping.wait(ROOM_SECONDS)
    return True


def _fail(claim: Claim, error: Exception) -> None:
    log.error("%s failed: %s", claim.whose, _sentence(error))  # RQ logs the traceback of what is raised again
    walk_memory.clear(claim.walk_number)
    outages.forget(claim)  # its owner may have it tried again
    try:
        fail_walk(claim, _sentence(error))
    except LeaseLost:
        log.info("%s was taken over before its failure was noted", claim.whose)


def _refuse(claim: Claim, reason: str) -> None:
    """Hang nothing of a walk whose pictures are unfit, and say why."""
    log.warning("%s is refused: %s", claim.whose, reason)
    walk_memory.clear(claim.walk_number)
    outages.forget(claim)
    try:
        fit_pictures.refuse(claim, reason)
    except LeaseLost:
        log.info("walk %s was taken over before it was refused", claim.walk_id)
    _clear_if_unwanted(claim)


def _sentence(error: Exception) -> str:
    """Say what went wrong in words fit for the walk's page: our own, or the kind of a foreign error."""
    if isinstance(error, MediaError):
        reason = getattr(error.__cause__, "strerror", None)  # without the file's name, which says nothing to a visitor
        return f"The pictures could not be stored{f': {reason}' if reason else ''}."
    own = type(error).__module__.partition(".")[0] in ("app", "worker")
    text = str(error).strip() if own else f"{type(error).__name__} while painting"
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _clear_if_unwanted(claim: Claim) -> None:
    """Delete what was written for a walk that was refused, cancelled, deleted or finished; repeats keep theirs."""
    row = db.session.scalar(
        select(Walk).where(Walk.number == claim.walk_number).execution_options(populate_existing=True)
    )
    if row is not None and (row.state in (CANCELLED, REFUSED) or row.deleted_at is not None):
        lifecycle.delete_files(row)
    elif row is not None and row.state == FINISHED:
        media_store.store().delete(media_store.knots_folder(claim.walk_id))
