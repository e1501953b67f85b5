"""Candidates for a stop: several pictures that it might be, painted as a short task and kept for a short time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.generation import cost
from app.queue import admission, jobs, pieces
from app.storage.candidate_models import FAILED, WAITING, Candidate, CandidateSet
from app.storage.database import db, now, writing
from app.storage.walk_models import CANDIDATES, Piece, new_id

A_ROW = 4
"""How many are painted at a time, the proposal among the first: they are what eight frames take at most."""

MOST = 4 * A_ROW
"""How many there are of one stop at most."""

SETS_MOST = 32
"""How many sets somebody may have at a time; the oldest gives way."""

Pool = Sequence[Mapping[str, Any]]


def request_candidates(
    asked: Mapping[str, Any],
    pool: Callable[[], Pool],
    *,
    owner_hash: str,
    network: str,
    model: str | None,
    sampling: Mapping[str, Any],
    count: int = A_ROW,
    admit: Callable[[int], None] | None = None,
) -> CandidateSet:
    """Have candidates painted from a pool, unless the same were asked for by the same person before.

    ``admit`` is called with the passes that they will take, and may refuse them by raising.
    """
    fingerprint = _fingerprint(asked)
    if found := _earlier(db.session(), owner_hash, fingerprint):
        return found
    listed = [dict(each) for each in pool()]
    count = min(count, len(listed))
    with writing() as session:
        if found := _earlier(session, owner_hash, fingerprint):
            return found
        _admit(network, sampling, count, admit)
        _make_room(session, owner_hash)
        kept = timedelta(hours=current_app.config["KEEP_CANDIDATES_HOURS"])
        found = CandidateSet(
            id=new_id(), owner_hash=owner_hash, fingerprint=fingerprint, asked=dict(asked), model=model,
            sampling=dict(sampling), pool=listed, wanted=count, expires_at=now() + kept,
        )  # fmt: skip
        session.add(found)
        _enqueue(session, found, batch=0)
    jobs.notify_workers()
    return found


def request_more(
    found: CandidateSet,
    pool: Callable[[int], Pool],
    *,
    network: str,
    admit: Callable[[int], None] | None = None,
) -> CandidateSet:
    """Have another row painted, of what is left of the pool and what ``pool`` adds behind its first so many.

    Nothing is done while one is being painted, nor when there are as many as may be.
    """
    further = [dict(each) for each in pool(len(found.pool))]
    with writing() as session:
        rows = select(CandidateSet).where(CandidateSet.number == found.number).with_for_update()
        locked: CandidateSet | None = session.scalar(rows.execution_options(populate_existing=True))
        if locked is None or locked.state == WAITING:
            return found
        locked.pool = [*locked.pool, *further]
        wanted = min(MOST, len(locked.pool), len(locked.candidates) + A_ROW)
        if wanted > len(locked.candidates):
            _admit(network, locked.sampling, wanted - len(locked.candidates), admit)
            locked.wanted, locked.state, locked.error = wanted, WAITING, None
            _enqueue(session, locked, batch=wanted)
    jobs.notify_workers()
    return locked


def find(set_id: str) -> CandidateSet | None:
    """Return a set that is still kept."""
    found: CandidateSet | None = db.session.scalar(
        select(CandidateSet)
        .where(CandidateSet.id == set_id, CandidateSet.expires_at > now())
        .execution_options(populate_existing=True)
    )
    return found


def find_of_owner(set_id: str, owner_hash: str) -> CandidateSet | None:
    """Return a set that is still kept, to its owner alone."""
    found = find(set_id)
    return found if found is not None and found.owner_hash == owner_hash else None


def count_evaluations(sampling: Mapping[str, Any], count: int) -> int:
    """Count the passes of so many candidates: each is painted as a stop is."""
    return cost.of_walk(sampling, stops=count, frames=count) if count else 0


def fail(session: Session, set_id: str, reason: str) -> None:
    """Note on a set why no more of it is painted; what there is stays."""
    found = session.scalar(select(CandidateSet).where(CandidateSet.id == set_id))
    if found is not None:
        found.state, found.error = FAILED, reason


def delete_set(found: CandidateSet) -> None:
    """Delete a set, its pictures, and what is still to be done for it."""
    with writing() as session:
        _delete(session, [found.number])


def delete_of_owner(owner_hash: str) -> int:
    """Delete all sets of somebody; return how many."""
    with writing() as session:
        return _delete(session, session.scalars(_numbers().where(CandidateSet.owner_hash == owner_hash)).all())


def delete_expired() -> int:
    """Delete the sets whose time is over; return how many."""
    with writing() as session:
        return _delete(session, session.scalars(_numbers().where(CandidateSet.expires_at <= now())).all())


def _numbers() -> Any:
    return select(CandidateSet.number)


def _delete(session: Session, numbers: Sequence[int]) -> int:
    ids = select(CandidateSet.id).where(CandidateSet.number.in_(numbers))
    for statement in (
        delete(Piece).where(Piece.kind == CANDIDATES, Piece.task.in_(ids)),
        delete(Candidate).where(Candidate.set_number.in_(numbers)),
        delete(CandidateSet).where(CandidateSet.number.in_(numbers)),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
    return len(numbers)


def _earlier(session: Session, owner_hash: str, fingerprint: str) -> CandidateSet | None:
    """Find what the same person asked for before, unless that failed."""
    same = CandidateSet.owner_hash == owner_hash, CandidateSet.fingerprint == fingerprint
    kept = CandidateSet.expires_at > now(), CandidateSet.state != FAILED
    return session.scalar(select(CandidateSet).where(*same, *kept).order_by(CandidateSet.number.desc()).limit(1))


def _admit(network: str, sampling: Mapping[str, Any], count: int, admit: Callable[[int], None] | None) -> None:
    if admit:
        admission.check_storage(network)
        admit(count_evaluations(sampling, count))


def _make_room(session: Session, owner_hash: str) -> None:
    """Let the oldest sets of somebody go, so that there is room for another."""
    own = _numbers().where(CandidateSet.owner_hash == owner_hash).order_by(CandidateSet.number.desc())
    _delete(session, session.scalars(own.offset(SETS_MOST - 1)).all())


def _enqueue(session: Session, found: CandidateSet, *, batch: int) -> None:
    """Put the piece in line."""
    session.add(
        Piece(
            task=found.id,
            model=found.model,
            kind=CANDIDATES,
            batch=batch,
            payload=pieces.request_payload(),
            urgency=pieces.SHORT,
            turn=pieces.next_turn(session),
        )
    )


def _fingerprint(asked: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
