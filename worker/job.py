"""The job: "do the next piece of work". It claims the fairest waiting piece, does it, and looks again.

A piece is a batch of one level of a walk, or a walk's film, or what a visitor asks for of a finished one, or before
there is one. What goes wrong is written where its visitor sees it. On a GPU other threads write the files of a piece
while the next one is painted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial

from flask import Flask, current_app

from app.observability import log_lines, telemetry
from app.storage.database import db
from app.storage.walk_models import CANDIDATES, FILM, LORA, STAGES
from worker import failures, figures
from worker.diffusion import device_errors
from worker.diffusion.model_pool import Painters
from worker.film import encoding
from worker.pieces import (
    batch_piece,
    candidates_piece,
    fit_pictures,
    lora_piece,
    photo_piece,
    stages_piece,
    walk_memory,
)
from worker.pieces.painting import PainterNeeded, Stopped, WalkInProgress, stopping
from worker.pieces.visual_features import feature_reader
from worker.pieces.walk_setup import WalkRestarted
from worker.queue import keeping, outages, photo_leases
from worker.queue.leases import Claim, LeaseLost, claim_next, give_back
from worker.queue.photo_leases import PhotoClaim
from worker.writing_side import Ending, Remainder, WritingSide

__all__ = ["look", "prepare", "stopping", "work"]

ROOM_SECONDS = 2.0
"""How long is waited where the device has no room for a single picture."""

log = logging.getLogger(__name__)

DONE, WRITTEN_ASIDE, BACK = "done", "written aside", "needs the painter"
"""Outcomes of what a thread did of a piece; the last two do not end it."""

_site: tuple[Flask, Painters, int] | None = None


def prepare(app: Flask, painters: Painters, *, writers: int = 0) -> None:
    """Give this process its application and its painters, once, before any job runs.

    So many ``writers`` save what was painted while the next piece is painted; without any, painting waits for it.
    """
    global _site  # RQ calls jobs by name; what they need must be found by name too
    _site = (app, painters, writers)


def work() -> int:
    """Do waiting pieces until none is left or the worker stops; return how many were tried."""
    if _site is None:
        raise RuntimeError("worker.job.prepare was not called")
    app, painters, writers = _site
    with app.app_context():
        return _work(painters, None) if not writers else _work_beside_writers(app, painters, writers)


def _work_beside_writers(app: Flask, painters: Painters, writers: int) -> int:
    """Do waiting pieces, and end only when all of them are written."""
    side = WritingSide(writers, partial(_write, app))
    try:
        count = _work(painters, side)
    except Exception:
        side.close()
        with suppress(Exception):  # one error is raised; each was logged
            _settle(side, painters)
        raise
    except BaseException:
        side.abandon()
        raise
    side.close()
    _settle(side, painters)
    return count


def _work(painters: Painters, side: WritingSide | None) -> int:
    count, claim, has_looked, written = 0, None, False, 0
    while not stopping.is_set():
        if side is not None:
            side.wait_for_room()
            written = side.ended
            if (outage := _settle(side, painters)) is not None:
                outages.wait_out(outage, stopping)
                continue
        # A photo is looked at before all else, since its owner waits for words; but not one after another.
        if not has_looked and (photo := photo_leases.claim_next()):
            outage = _look_at(photo)
            has_looked, count = True, count + 1
            if outage is not None:
                outages.wait_out(outage, stopping)
        elif claim := claim_next(painters.names, loaded=painters.loaded, after=claim):
            has_looked = False
            outage = _attempt(claim, painters, side)
            count += 1
            if outage is not None:
                outages.wait_out(outage, stopping)
        elif has_looked:
            has_looked = False
        elif side is not None and side.wait_for_ending(written):  # what was written may open a level
            continue
        elif not _look_back():
            break
    return count


def _settle(side: WritingSide, painters: Painters) -> Exception | None:
    """Do what writers could not do without the painter, and raise what they raised; return an outage that they met."""
    outage: Exception | None = None
    errors: list[Exception] = []
    for ending in side.take_endings():
        try:
            if ending.error is not None:
                raise ending.error
            outage = ending.outage or outage
            if ending.needs_painter:
                outage = _try(ending.remainder.claim, partial(_finish, ending.remainder), painters) or outage
        except Exception as error:  # noqa: BLE001 - one is raised, when the others are done
            errors.append(error)
    for other in errors[1:]:
        log.error("another piece failed as well", exc_info=other)
    if errors:
        raise errors[0]
    return outage


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
            failures.count(error)
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


def _attempt(claim: Claim, painters: Painters, side: WritingSide | None = None) -> Exception | None:
    """Do a claimed piece; what of it needs no painter is left to the writing side, where there is one.

    A piece at which a worker ended before is done alone: if it is what ends workers, no other piece is lost with it,
    or that one's walk would fail as well in the end. What is no walk's fault is returned: the piece is in the queue.
    """
    if side is not None and claim.lost:
        keeping.hand_over(claim)
        side.wait_until_idle()
        side = None
    return _try(claim, partial(_paint, claim, painters, side), painters)


def _paint(claim: Claim, painters: Painters, side: WritingSide | None) -> str:
    remainder = _begin(claim, painters)
    if remainder is not None and side is not None:
        painters.grow(claim.model)
        side.take(remainder)
        return WRITTEN_ASIDE
    if remainder is not None:
        remainder.do(remainder.painting)
    painters.grow(claim.model)
    return DONE


def _write(app: Flask, remainder: Remainder) -> Ending:
    """Finish a piece in a thread that writes."""
    with app.app_context():
        try:
            return Ending(remainder, outage=_try(remainder.claim, partial(_finish, remainder, with_painter=False)))
        except PainterNeeded:
            return Ending(remainder, needs_painter=True)


def _finish(remainder: Remainder, *, with_painter: bool = True) -> str:
    if stopping.is_set() and (with_painter or remainder.claim.kind == FILM):
        raise Stopped  # a film takes long; of a batch the files alone are missing
    remainder.finish(with_painter=with_painter)
    return DONE


def _try(claim: Claim, do: Callable[[], str], painters: Painters | None = None) -> Exception | None:
    """Do something of a claimed piece; what goes wrong is recorded on its walk, so that no failure looks like success.

    ``do`` returns the outcome. An outage is returned: the piece is back in the queue.

    :raises PainterNeeded: when that, or memory of the device, is needed where there are no ``painters``.
    """
    with _told(claim) as told, keeping.kept(claim):
        try:
            told.outcome = do()
            if told.outcome == DONE:
                outages.forget(claim)
        except PainterNeeded:
            told.outcome = BACK
            keeping.hand_over(claim)
            raise
        except LeaseLost:
            log.info("%s was called off or taken over; it is left alone", claim)
            told.outcome = "called off"
            walk_memory.clear(claim.walk_number)
            failures.clear_if_unwanted(claim)
        except WalkRestarted:
            told.outcome = "begun anew"
            log.info("walk %s was begun by another model, and is begun anew", claim.walk_id)
        except fit_pictures.Unfit as error:
            told.outcome = "refused"
            failures.refuse(claim, str(error))
        except Stopped:
            told.outcome = "given back"
            give_back(claim)
            log.info("%s goes back in line", claim)
        except outages.OUTAGES as error:
            db.session.remove()  # its transaction may have failed, and would take no further statement
            told.outcome = "put off"
            failures.count(error)
            if outages.is_to_blame(claim, error):
                told.outcome = "failed"
                failures.fail(claim, error)
                raise
            log.warning("%s goes back in line: %s", claim, error)
            outages.return_piece(claim, stopping)
            return error
        except encoding.EncoderHung as error:
            told.outcome = "tried again"
            failures.count(error)
            log.error("%s is tried again: %s", claim, error)
            walk_memory.clear(claim.walk_number)
            outages.count_as_lost(claim)
        except Exception as error:
            verdict = device_errors.verdict(error)
            if verdict == device_errors.OUT_OF_MEMORY and painters is None:
                told.outcome = BACK
                keeping.hand_over(claim)
                raise PainterNeeded(str(claim)) from error
            failures.count(error, verdict)
            if verdict == device_errors.OUT_OF_MEMORY and painters is not None and _make_do(claim, painters, error):
                told.outcome = "put off"
                outages.return_piece(claim, stopping)
                return None
            if verdict == device_errors.LOST:
                # The piece counts as lost with the process: a walk that each time breaks its driver fails in the end.
                keeping.end(f"the device is lost to this process: {error}")
            else:
                failures.fail(claim, error)
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
            if told.outcome not in (WRITTEN_ASIDE, BACK):
                figures.piece_ended(claim.kind, told.outcome, claim.seconds)
            log.info("%s %s.%s: %s after %.2f s", claim, claim.level, claim.batch, told.outcome, claim.seconds)


def _begin(claim: Claim, painters: Painters) -> Remainder | None:
    """Do of a piece what needs the painter; return what is left, if anything is."""
    painter = painters.of(claim.model)
    keeping.goes_on()
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
