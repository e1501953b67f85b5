"""Claiming a walk, holding it, giving it back: leases and fencing tokens in the database, which is the truth.

A claim is one atomic update that raises the walk's attempt number. Whatever the holder writes later names that number;
a holder whose lease was given to somebody else updates nothing, and learns so from :class:`LeaseLost`.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from app import line
from app.database import now, writing
from app.models import FAILED, PAINTING, QUEUED, Walk

log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """The walk is no longer ours: it was cancelled, deleted, or given to another worker."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to paint a walk, good while nobody claims it anew."""

    number: int
    walk_id: str
    attempt: int


def holder() -> str:
    """Name this process: its host, process namespace, number, and something that no later process shares."""
    return f"{_neighbourhood()}:{os.getpid()}:{_NONCE}"


def claim_next() -> Claim | None:
    """Claim the fairest waiting walk, or return ``None`` if none waits."""
    with writing() as session:
        fairest = select(Walk.number).where(Walk.state == QUEUED).order_by(*line.ORDER).limit(1)
        if session.get_bind().dialect.name == "postgresql":
            fairest = fairest.with_for_update(skip_locked=True)
        row = session.execute(
            update(Walk)
            .where(Walk.number == fairest.scalar_subquery(), Walk.state == QUEUED)
            .values(
                state=PAINTING,
                attempt=Walk.attempt + 1,
                lease_holder=holder(),
                lease_until=_lease_end(),
                started_at=func.coalesce(Walk.started_at, now()),
            )
            .returning(Walk.number, Walk.id, Walk.attempt)
        ).one_or_none()
    return None if row is None else Claim(*row)


def renew(claim: Claim) -> None:
    """Hold the walk for another lease.

    :raises LeaseLost: when it is no longer ours.
    """
    with writing() as session:
        publish(session, claim)


def publish(session: Session, claim: Claim, **values: Any) -> None:
    """Write ``values`` to the claimed walk within the caller's transaction, and renew the lease.

    :raises LeaseLost: when it is no longer ours.
    """
    values = {"lease_until": _lease_end()} | values
    updated = session.execute(
        update(Walk)
        .where(Walk.number == claim.number, Walk.attempt == claim.attempt, Walk.state == PAINTING)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if updated.rowcount != 1:  # type: ignore[attr-defined]
        raise LeaseLost(f"walk {claim.walk_id}, attempt {claim.attempt}")


def give_back(claim: Claim) -> None:
    """Put a walk back in line with the frames it has, for the next worker or our next start."""
    with suppress(LeaseLost), writing() as session:
        publish(session, claim, state=QUEUED, lease_holder=None, lease_until=None)


def sweep() -> int:
    """Put walks back in line whose worker is gone or whose lease ran out; return how many wait in line now.

    A walk that was lost too often fails, with the reason: it may be what kills the workers.
    """
    most = current_app.config["LOST_MAX"]
    with writing() as session:
        suspects = select(Walk).where(Walk.state == PAINTING, _may_be_lost()).with_for_update(skip_locked=True)
        for walk in session.scalars(suspects, execution_options={"populate_existing": True}):
            if walk.lease_until is not None and walk.lease_until > now() and not is_gone(walk.lease_holder):
                continue
            walk.lost += 1
            walk.lease_holder = walk.lease_until = None
            walk.state = FAILED if walk.lost >= most else QUEUED
            if walk.state == FAILED:
                walk.error = f"The painting was interrupted {walk.lost} times."
                walk.finished_at = now()
            log.warning("walk %s lost its worker for the %s. time: %s", walk.id, walk.lost, walk.state)
        session.flush()
        return session.scalar(select(func.count()).where(Walk.state == QUEUED)) or 0


def _may_be_lost() -> Any:
    return or_(
        Walk.lease_until.is_(None), Walk.lease_until < now(), Walk.lease_holder.startswith(_neighbourhood() + ":")
    )


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
