"""Leases of tasks: claim, renew and release, with fencing tokens; the database is the source of truth.

A claim is one transaction that increments the walk's attempt number (the fencing token) and stores it on the task. All
later writes of the holder name this number. If another worker has claimed the task, they update no row and raise
:class:`LeaseLost`. Transactions that touch a walk and its tasks lock the walk first.
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
from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import Session

from app.storage.database import now, writing
from app.storage.task_kinds import SHORT_KINDS, STOPS, SUSPENDED, WALK
from app.storage.walk_models import FAILED, PAINTING, PIECE_TAKEN, PIECE_WAITING, QUEUED, WAITING, Task, Walk
from app.walks.queue import queued_tasks
from worker import metrics
from worker.queue import next_task, short_failures

log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """This worker no longer holds the task: its walk was cancelled, deleted or failed, or another worker claimed it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do one task, valid until the task is claimed again.

    For a task without a walk, ``task`` is the ID of what it is for, and ``walk_number`` is 0. ``interruptions`` counts
    the workers that ended while they did the task. ``began`` is a value of the monotonic clock.
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
    interruptions: int = 0
    began: float = field(default_factory=monotonic, compare=False)

    @property
    def seconds(self) -> float:
        """The seconds since the claim."""
        return monotonic() - self.began

    @property
    def is_short(self) -> bool:
        """Return whether this is a short task, which does not change a walk's state."""
        return self.kind in SHORT_KINDS

    @property
    def subject(self) -> str:
        """The owner of the task for log lines: ``walk …`` or ``task …``."""
        return f"walk {self.walk_id}" if self.task is None else f"task {self.task}"

    def __str__(self) -> str:
        """Return the name of the task for log lines: ``frames of walk …``, ``candidates of task …``."""
        return f"{self.kind} of {self.subject}"


def holder() -> str:
    """Return the unique name of this process: host, PID namespace, PID and a random suffix."""
    return f"{_neighbourhood()}:{os.getpid()}:{_NONCE}"


def claim_next(
    models: Collection[str] | None = None,
    *,
    loaded: Collection[str | None] = (),
    elsewhere: Collection[str] = (),
    unable: Collection[str] = (),
    after: Claim | None = None,
) -> Claim | None:
    """Claim the next task in queue order, or return ``None`` if none waits.

    Short tasks come first, but not directly ``after`` another short task while a walk waits; otherwise many short tasks
    would block the walks.

    ``models`` are the models that this worker offers. Walks that need another model, or were begun by a revision
    ``elsewhere`` that only other live workers have, are left to others, as are the kinds of short tasks that this
    worker is ``unable`` to do. A queued walk without tasks gets its first one. Among tasks of the same turn and level,
    those whose model is ``loaded`` come first, which delays the others by one turn at most.
    """
    while True:
        with writing() as session:
            is_walks_turn = after is not None and after.is_short
            row = next_task.find_next(
                session, models, loaded, is_walks_turn=is_walks_turn, elsewhere=elsewhere, unable=unable
            )
            if row is None:
                return None
            if claim := _take(session, row):
                return claim
            session.rollback()  # another worker claimed it first: try the next one


def _take(session: Session, row: Any) -> Claim | None:
    """Claim the task of a row; return ``None`` if another worker was faster or the task is gone."""
    lease = {"state": PIECE_TAKEN, "lease_holder": holder(), "lease_until": _lease_end()}
    if row.number is not None and row.kind in SHORT_KINDS:
        attempt = row.attempt + 1
    else:
        attempt = row.walk_attempt + 1
        begun = session.execute(
            update(Walk)
            .where(Walk.number == row.walk_number, Walk.attempt == attempt - 1, Walk.state.in_(WAITING))
            .values(state=PAINTING, attempt=attempt, started_at=func.coalesce(Walk.started_at, now()))
            .execution_options(synchronize_session=False)
        )
        if begun.rowcount != 1:  # type: ignore[attr-defined]
            return None
    if row.number is None:
        queue_columns = {"urgency": WALK, "turn": row.turn, "ticket": row.ticket}
        piece = Task(walk_number=row.walk_number, kind=STOPS, attempt=attempt, **queue_columns, **lease)
        session.add(piece)
        session.flush()
        number = piece.number
    else:
        taken = session.execute(
            update(Task)
            .where(Task.number == row.number, *_is_of(row), Task.state == PIECE_WAITING)
            .values(attempt=attempt, **lease)
            .execution_options(synchronize_session=False)
        )
        if taken.rowcount != 1:  # type: ignore[attr-defined]
            return None
        number = row.number
    # The request that led to a task is the task's own for a short task, else its walk's.
    payload = getattr(row, "payload", None) or {}
    return Claim(
        number=number, walk_number=row.walk_number or 0, walk_id=row.id, kind=row.kind, level=row.level,
        batch=row.batch, attempt=attempt, model=row.model, task=row.task, interruptions=row.interruptions,
        request_id=payload.get("request_id") or row.request_id,
    )  # fmt: skip


def _is_of(row: Any) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for tasks of the same walk or ID; numbers of deleted tasks may be reused."""
    return (Task.walk_number == row.walk_number,) if row.task is None else (Task.task == row.task,)


def renew(claim: Claim) -> None:
    """Renew the lease of a task.

    :raises LeaseLost: when this worker no longer holds the task.
    """
    with writing() as session:
        _change(session, claim)


def write_as_holder(session: Session, claim: Claim, *, piece: dict[str, Any] | None = None, **values: Any) -> None:
    """Write ``values`` to the walk of a claimed task within the caller's transaction, and renew the lease.

    ``piece`` holds column values of the task itself. For a short task, which changes no walk, only the task is checked.

    :raises LeaseLost: when this worker no longer holds the task.
    """
    if not claim.is_short:
        updated = session.execute(
            update(Walk)
            .where(Walk.number == claim.walk_number, Walk.state == PAINTING)
            .values(**({"state": PAINTING} | values))  # also without values, to lock the walk
            .execution_options(synchronize_session=False)
        )
        if updated.rowcount != 1:  # type: ignore[attr-defined]
            raise LeaseLost(f"walk {claim.walk_id}")
    _change(session, claim, **(piece or {}))


def _change(session: Session, claim: Claim, **values: Any) -> None:
    values = {"lease_until": _lease_end()} | values
    updated = session.execute(
        update(Task).where(*_ours(claim)).values(**values).execution_options(synchronize_session=False)
    )
    if updated.rowcount != 1:  # type: ignore[attr-defined]
        raise LeaseLost(f"{claim.subject}, {claim.kind} {claim.level}.{claim.batch}, attempt {claim.attempt}")


def check_lease(session: Session, claim: Claim) -> None:
    """Check that this worker still holds a task, before it does work for it.

    :raises LeaseLost: when this worker no longer holds the task.
    """
    if session.scalar(select(func.count()).where(*_ours(claim))) != 1:
        raise LeaseLost(str(claim))


def _ours(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        Task.number == claim.number,
        *_is_of(claim),
        Task.attempt == claim.attempt,
        Task.state == PIECE_TAKEN,
    )


def release_task(claim: Claim) -> None:
    """Release a task for other workers; requeue its walk if no other worker holds a task of it."""
    with suppress(LeaseLost), writing() as session:
        state = PAINTING if _is_held_elsewhere(session, claim.walk_number, claim.number) else QUEUED
        spent = func.coalesce(Task.seconds, 0.0) + round(claim.seconds, 3)
        write_as_holder(session, claim, piece=queued_tasks.RELEASED | {"seconds": spent}, state=state)


def fail_walk(claim: Claim, reason: str) -> None:
    """Mark the task's walk as failed, with the reason, and suspend its other tasks.

    A short task fails alone; the walk that it belongs to is finished and stays so.

    :raises LeaseLost: when this worker no longer holds the task.
    """
    with writing() as session:
        if claim.is_short:
            _change(session, claim)
            short_failures.record(session, session.get_one(Task, claim.number, populate_existing=True), reason)
            return
        write_as_holder(session, claim, state=FAILED, error=reason, finished_at=now())
        suspend_tasks(session, claim.walk_number)


def sweep() -> int:
    """Requeue tasks whose worker is gone or whose lease has expired; return the number of waiting tasks.

    A walk fails when one of its tasks was lost `LOST_MAX` times, because it may be what crashes the workers.
    """
    with writing() as session:
        suspects = session.execute(
            select(Task.number, Task.walk_number, Task.lease_until, Task.lease_holder)
            .where(Task.state == PIECE_TAKEN, _may_be_lost())
            .order_by(Task.walk_number)
        ).all()
        lost = [row for row in suspects if _is_lost(row)]
        for walk_number in sorted({row.walk_number or 0 for row in lost}):
            _requeue_lost(session, walk_number, [row.number for row in lost if (row.walk_number or 0) == walk_number])
        has_pieces = exists().where(Task.walk_number == Walk.number)
        session.execute(  # walks of releases without tasks
            update(Walk).where(Walk.state == PAINTING, ~has_pieces).values(state=QUEUED)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        joined = select(func.count()).select_from(Task).outerjoin(Walk)
        waiting = joined.where(Task.state == PIECE_WAITING, next_task.wanted())
        unopened = select(func.count()).where(Walk.state == QUEUED, ~has_pieces)
        return (session.scalar(waiting) or 0) + (session.scalar(unopened) or 0)


def _requeue_lost(session: Session, walk_number: int, numbers: list[int]) -> None:
    """Requeue the lost tasks of one walk, which is locked first; walk number 0 means tasks without a walk."""
    most = current_app.config["LOST_MAX"]
    walk = session.get(Walk, walk_number, with_for_update=True, populate_existing=True)
    query = select(Task).where(Task.number.in_(numbers), Task.state == PIECE_TAKEN).with_for_update()
    for piece in session.scalars(query.execution_options(populate_existing=True)).all():
        if not _is_lost(piece):
            continue
        piece.interruptions += 1
        metrics.LOST.inc()
        piece.state, piece.lease_holder, piece.lease_until = PIECE_WAITING, None, None
        subject = f"task {piece.task}" if walk is None else f"walk {walk.id}"
        log.warning("%s lost its worker for the %s. time at %s", subject, piece.interruptions, piece.kind)
        reason = f"The painting was interrupted {piece.interruptions} times."
        if piece.kind in SHORT_KINDS:
            if piece.interruptions >= most:
                short_failures.record(session, piece, reason)
        elif walk is not None:
            walk.interruptions += 1
            if piece.interruptions >= most and walk.is_waiting:
                walk.state, walk.finished_at, walk.error = FAILED, now(), reason
    session.flush()
    if walk is None:
        return
    if walk.state == FAILED:
        suspend_tasks(session, walk_number)
    elif walk.state == PAINTING and not _is_held_elsewhere(session, walk_number, None):
        walk.state = QUEUED
    session.flush()


def suspend_tasks(session: Session, walk_number: int) -> None:
    """Release and suspend all tasks of a stopped walk; workers that held one can no longer publish its results."""
    own = update(Task).where(Task.walk_number == walk_number, Task.kind.not_in(SHORT_KINDS))
    for statement in (
        own.where(Task.state == PIECE_TAKEN).values(**queued_tasks.RELEASED),
        own.values(urgency=SUSPENDED),
    ):
        session.execute(statement.execution_options(synchronize_session=False))


def _is_held_elsewhere(session: Session, walk_number: int, piece_number: int | None) -> bool:
    other = select(Task.number).where(Task.walk_number == walk_number, Task.state == PIECE_TAKEN)
    return session.scalar(other.where(Task.number != (piece_number or 0)).limit(1)) is not None


def _may_be_lost() -> ColumnElement[bool]:
    ours = Task.lease_holder.startswith(_neighbourhood() + ":")
    return or_(Task.lease_until.is_(None), Task.lease_until < now(), ours)


def _is_lost(piece: Any) -> bool:
    return bool(piece.lease_until is None or piece.lease_until <= now() or is_gone(piece.lease_holder))


def _lease_end() -> Any:
    return now() + timedelta(seconds=current_app.config["LEASE_SECONDS"])


def is_gone(name: str | None) -> bool:
    """Return whether the lease holder was a process of this machine that no longer runs."""
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
    """Return the name of this PID namespace: the host, or one container on it."""
    return f"{socket.gethostname()}/{_NAMESPACE}"


def _namespace() -> str:
    with suppress(OSError):
        return Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    return "0"


_NAMESPACE = _namespace()
_NONCE = secrets.token_hex(4)
