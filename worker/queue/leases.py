"""Claiming pieces of work, holding them, giving them back: leases and fencing in the database, which is the truth.

A claim is one transaction that raises the walk's attempt number and writes it on the piece. Whatever the holder writes
later names that number; a holder whose lease was given to somebody else updates nothing, and learns so from
:class:`LeaseLost`. Every transaction that touches both locks the walk first and its pieces after it.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from app.queue import candidate_requests, lora_checks, pieces
from app.storage.database import now, writing
from app.storage.walk_models import (
    FAILED,
    LORA,
    PAINTING,
    PHOTOS,
    PIECE_TAKEN,
    PIECE_WAITING,
    QUEUED,
    SHORT_KINDS,
    STOPS,
    WAITING,
    Piece,
    Walk,
)
from worker import figures
from worker.queue import next_piece, photo_tasks

log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """The piece is no longer ours: its walk was cancelled, deleted or failed, or it was given to another worker."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do one piece of work, good while nobody claims it anew.

    Where it belongs to no walk, its ``task`` says what it is for, and ``walk_number`` is 0. At ``lost`` times before a
    worker ended while it was at it.
    """

    number: int
    walk_number: int
    walk_id: str
    kind: str
    level: int
    batch: int
    attempt: int
    model: str | None = None
    task: str | None = None
    request_id: str | None = None
    lost: int = 0
    began: float = field(default_factory=monotonic, compare=False)

    @property
    def seconds(self) -> float:
        """Return for how long it is held."""
        return monotonic() - self.began

    @property
    def is_short(self) -> bool:
        """Tell whether it is a short task, which changes no walk's state."""
        return self.kind in SHORT_KINDS

    @property
    def whose(self) -> str:
        """Name what it is a piece of."""
        return f"walk {self.walk_id}" if self.task is None else f"task {self.task}"

    def __str__(self) -> str:
        """Name it, as logs do: ``frames of walk …``, ``candidates of task …``."""
        return f"{self.kind} of {self.whose}"


def holder() -> str:
    """Name this process: its host, process namespace, number, and something that no later process shares."""
    return f"{_neighbourhood()}:{os.getpid()}:{_NONCE}"


def claim_next(
    models: Collection[str] | None = None,
    *,
    loaded: Collection[str | None] = (),
    elsewhere: Collection[str] = (),
    after: Claim | None = None,
) -> Claim | None:
    """Claim the fairest waiting piece, or return ``None`` if none waits.

    Short tasks come first, but not one ``after`` another while a walk waits: visitors who look at the making of many
    pictures would keep the others from their films.

    ``models`` are those that this worker paints with; walks that ask for another, or were begun by a revision
    ``elsewhere`` that a living worker paints with, are left to others. A queued walk without pieces comes with its
    first one.
    Of what has the same turn and level, that for which a model is ``loaded`` comes first; so nobody waits for it longer
    than for those in their turn.
    """
    while True:
        with writing() as session:
            is_walks_turn = after is not None and after.is_short
            found = next_piece.fairest(session, models, loaded, is_walks_turn=is_walks_turn, elsewhere=elsewhere)
            if found is None:
                return None
            if claim := _take(session, found):
                return claim
            session.rollback()  # somebody was quicker: look again


def _take(session: Session, found: Any) -> Claim | None:
    """Take what was found, unless it is gone since."""
    lease = {"state": PIECE_TAKEN, "lease_holder": holder(), "lease_until": _lease_end()}
    if found.number is not None and found.kind in SHORT_KINDS:
        attempt = found.attempt + 1
    else:
        attempt = found.walk_attempt + 1
        begun = session.execute(
            update(Walk)
            .where(Walk.number == found.walk_number, Walk.attempt == attempt - 1, Walk.state.in_(WAITING))
            .values(state=PAINTING, attempt=attempt, started_at=func.coalesce(Walk.started_at, now()))
            .execution_options(synchronize_session=False)
        )
        if begun.rowcount != 1:  # type: ignore[attr-defined]
            return None
    if found.number is None:
        place = {"urgency": pieces.WALK, "turn": found.turn, "ticket": found.ticket}
        piece = Piece(walk_number=found.walk_number, kind=STOPS, attempt=attempt, **place, **lease)
        session.add(piece)
        session.flush()
        return Claim(
            piece.number, found.walk_number, found.id, STOPS, 0, 0, attempt, found.model, request_id=found.request_id
        )
    taken = session.execute(
        update(Piece)
        .where(Piece.number == found.number, *_is_of(found), Piece.state == PIECE_WAITING)
        .values(attempt=attempt, **lease)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        return None
    where = found.walk_number or 0, found.id, found.kind, found.level, found.batch
    return Claim(found.number, *where, attempt, found.model, found.task, _asked_by(found), found.lost)


def _asked_by(found: Any) -> str | None:
    """Return the id of the request that led to a piece: its own if it is a short task, else its walk's."""
    kept = getattr(found, "payload", None) or {}
    own: str | None = kept.get("request_id") or found.request_id
    return own


def _is_of(found: Any) -> tuple[ColumnElement[bool], ...]:
    """Select the pieces of the same walk or task: a number may be given again once its piece is gone."""
    return (Piece.walk_number == found.walk_number,) if found.task is None else (Piece.task == found.task,)


def renew(claim: Claim) -> None:
    """Hold the piece for another lease.

    :raises LeaseLost: when it is no longer ours.
    """
    with writing() as session:
        _change(session, claim)


def write_as_holder(session: Session, claim: Claim, *, piece: dict[str, Any] | None = None, **values: Any) -> None:
    """Write ``values`` to the claimed piece's walk within the caller's transaction, and renew the lease.

    ``piece`` are values of the piece itself. What changes no walk that waits (a short task) is fenced by the piece
    alone.

    :raises LeaseLost: when it is no longer ours.
    """
    if not claim.is_short:
        updated = session.execute(
            update(Walk)
            .where(Walk.number == claim.walk_number, Walk.state == PAINTING)
            .values(**({"state": PAINTING} | values))  # with nothing to say it is locked all the same
            .execution_options(synchronize_session=False)
        )
        if updated.rowcount != 1:  # type: ignore[attr-defined]
            raise LeaseLost(f"walk {claim.walk_id}")
    _change(session, claim, **(piece or {}))


def _change(session: Session, claim: Claim, **values: Any) -> None:
    values = {"lease_until": _lease_end()} | values
    updated = session.execute(
        update(Piece).where(*_ours(claim)).values(**values).execution_options(synchronize_session=False)
    )
    if updated.rowcount != 1:  # type: ignore[attr-defined]
        raise LeaseLost(f"{claim.whose}, {claim.kind} {claim.level}.{claim.batch}, attempt {claim.attempt}")


def check_lease(session: Session, claim: Claim) -> None:
    """Look whether a piece is still ours, before something is done that would be in vain.

    :raises LeaseLost: when it is no longer ours.
    """
    if session.scalar(select(func.count()).where(*_ours(claim))) != 1:
        raise LeaseLost(str(claim))


def _ours(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        Piece.number == claim.number,
        *_is_of(claim),
        Piece.attempt == claim.attempt,
        Piece.state == PIECE_TAKEN,
    )


def give_back(claim: Claim) -> None:
    """Put a piece back in the queue for the next worker or our next start, and its walk if nobody else is at it."""
    with suppress(LeaseLost), writing() as session:
        state = PAINTING if _is_held_elsewhere(session, claim.walk_number, claim.number) else QUEUED
        spent = func.coalesce(Piece.seconds, 0.0) + round(claim.seconds, 3)
        write_as_holder(session, claim, piece=pieces.RELEASED | {"seconds": spent}, state=state)


def fail_walk(claim: Claim, reason: str) -> None:
    """End the piece's walk as failed, with the reason, and call everybody else off it.

    A short task fails alone: a walk that it belongs to is finished, and stays so.

    :raises LeaseLost: when the piece is no longer ours.
    """
    with writing() as session:
        if claim.is_short:
            _change(session, claim)
            if claim.kind == LORA:
                piece = session.scalars(select(Piece).where(Piece.number == claim.number)).one()
                _change(session, claim, **lora_checks.answer_values(piece.payload, f"could not be checked. {reason}"))
                return
            session.execute(delete(Piece).where(Piece.number == claim.number))
            if claim.task is not None:
                _fail_task(session, claim.kind, claim.task, reason)
            return
        write_as_holder(session, claim, state=FAILED, error=reason, finished_at=now())
        suspend_tasks(session, claim.walk_number)


def sweep() -> int:
    """Put pieces back in the queue whose worker is gone or whose lease ran out; return how many wait in it now.

    A walk one of whose pieces was lost too often fails, with the reason: it may be what kills the workers.
    """
    with writing() as session:
        suspects = session.execute(
            select(Piece.number, Piece.walk_number, Piece.lease_until, Piece.lease_holder)
            .where(Piece.state == PIECE_TAKEN, _may_be_lost())
            .order_by(Piece.walk_number)
        ).all()
        lost = [row for row in suspects if _is_lost(row)]
        for walk_number in sorted({row.walk_number or 0 for row in lost}):
            _lose(session, walk_number, [row.number for row in lost if (row.walk_number or 0) == walk_number])
        has_pieces = exists().where(Piece.walk_number == Walk.number)
        session.execute(  # one of a time before there were pieces
            update(Walk).where(Walk.state == PAINTING, ~has_pieces).values(state=QUEUED)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        joined = select(func.count()).select_from(Piece).outerjoin(Walk)
        waiting = joined.where(Piece.state == PIECE_WAITING, next_piece.wanted())
        unopened = select(func.count()).where(Walk.state == QUEUED, ~has_pieces)
        return (session.scalar(waiting) or 0) + (session.scalar(unopened) or 0)


def _lose(session: Session, walk_number: int, numbers: list[int]) -> None:
    """Put lost pieces of one walk back, the walk locked first; or those of none, which have the number 0."""
    most = current_app.config["LOST_MAX"]
    walk = session.scalar(
        select(Walk).where(Walk.number == walk_number).with_for_update().execution_options(populate_existing=True)
    )
    found = select(Piece).where(Piece.number.in_(numbers), Piece.state == PIECE_TAKEN).with_for_update()
    for piece in session.scalars(found.execution_options(populate_existing=True)).all():
        if not _is_lost(piece):
            continue
        piece.lost += 1
        figures.count_lost(1)
        piece.state, piece.lease_holder, piece.lease_until = PIECE_WAITING, None, None
        whose = f"task {piece.task}" if walk is None else f"walk {walk.id}"
        log.warning("%s lost its worker for the %s. time at %s", whose, piece.lost, piece.kind)
        reason = f"The painting was interrupted {piece.lost} times."
        if piece.kind in SHORT_KINDS:
            if piece.lost >= most and piece.kind == LORA:
                for name, value in lora_checks.answer_values(piece.payload, f"could not be checked. {reason}").items():
                    setattr(piece, name, value)
            elif piece.lost >= most:
                session.delete(piece)  # a walk is finished and does not suffer
                if piece.task is not None:
                    _fail_task(session, piece.kind, piece.task, reason)
        elif walk is not None:
            walk.lost += 1
            if piece.lost >= most and walk.is_waiting:
                walk.state, walk.finished_at, walk.error = FAILED, now(), reason
    session.flush()
    if walk is None:
        return
    if walk.state == FAILED:
        suspend_tasks(session, walk_number)
    elif walk.state == PAINTING and not _is_held_elsewhere(session, walk_number, None):
        walk.state = QUEUED
    session.flush()


def _fail_task(session: Session, kind: str, task: str, reason: str) -> None:
    """Record on what a task was for that it is not done; a photo is left without words, for no fault of its owner."""
    if kind == PHOTOS:
        photo_tasks.describe(session, task)
    else:
        candidate_requests.fail(session, task, reason)


def suspend_tasks(session: Session, walk_number: int) -> None:
    """Free and park all pieces of a walk that is painted no further; who holds one cannot publish it any more."""
    own = update(Piece).where(Piece.walk_number == walk_number, Piece.kind.not_in(SHORT_KINDS))
    for statement in (
        own.where(Piece.state == PIECE_TAKEN).values(**pieces.RELEASED),
        own.values(urgency=pieces.SUSPENDED),
    ):
        session.execute(statement.execution_options(synchronize_session=False))


def _is_held_elsewhere(session: Session, walk_number: int, piece_number: int | None) -> bool:
    other = select(Piece.number).where(Piece.walk_number == walk_number, Piece.state == PIECE_TAKEN)
    return session.scalar(other.where(Piece.number != (piece_number or 0)).limit(1)) is not None


def _may_be_lost() -> ColumnElement[bool]:
    ours = Piece.lease_holder.startswith(_neighbourhood() + ":")
    return or_(Piece.lease_until.is_(None), Piece.lease_until < now(), ours)


def _is_lost(piece: Any) -> bool:
    return bool(piece.lease_until is None or piece.lease_until <= now() or is_gone(piece.lease_holder))


def _lease_end() -> Any:
    return now() + timedelta(seconds=current_app.config["LEASE_SECONDS"])


def is_gone(name: str | None) -> bool:
    """Tell whether the holder was a process of this machine that no longer runs."""
    if name is None:
        return True
    if name == holder():
        return False
    neighbourhood, pid, _ = name.rsplit(":", 2)
    if neighbourhood != _neighbourhood():
        return False
    if int(pid) == os.getpid():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _is_zombie(int(pid))


def _is_zombie(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


def _neighbourhood() -> str:
    """Name the set of processes whose numbers mean something here: a host, or one container on it."""
    return f"{socket.gethostname()}/{_NAMESPACE}"


def _namespace() -> str:
    with suppress(OSError):
        return Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    return "0"


_NAMESPACE = _namespace()
_NONCE = secrets.token_hex(4)
