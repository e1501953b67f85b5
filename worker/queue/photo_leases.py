"""Photos that nobody has looked at yet: which comes next, and who is at it. A photo is its own piece of work."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from app.storage.database import db, now, writing
from app.storage.photo_models import Photo
from worker.queue.leases import LeaseLost, holder

ATTEMPTS = 3
"""How often a photo is looked at before it is left without words: it may be what kills the workers."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PhotoClaim:
    """The right to look at a photo, good while nobody claims it anew."""

    id: str
    path: str
    attempt: int
    began: float = field(default_factory=monotonic, compare=False)

    def __str__(self) -> str:
        return f"photo {self.id}"


def claim_next() -> PhotoClaim | None:
    """Claim the photo that has waited longest; ``None`` if none waits."""
    while waiting():  # read before each piece that is done, so that it takes no turn to write
        with writing() as session:
            query = select(Photo.id, Photo.path, Photo.attempt).where(*_waiting())
            found = session.execute(query.order_by(Photo.created_at, Photo.id).limit(1)).one_or_none()
            if found is None:
                return None
            lease = {"attempt": found.attempt + 1, "lease_holder": holder(), "lease_until": _lease_end()}
            if found.attempt >= ATTEMPTS:
                lease |= {"described_at": now(), "lease_holder": None, "lease_until": None}
            taken = session.execute(
                update(Photo)
                .where(Photo.id == found.id, Photo.attempt == found.attempt, *_waiting())
                .values(**lease)
                .execution_options(synchronize_session=False)
            )
            if taken.rowcount == 1 and found.attempt < ATTEMPTS:  # type: ignore[attr-defined]
                return PhotoClaim(found.id, found.path, found.attempt + 1)
            if taken.rowcount == 1:  # type: ignore[attr-defined]
                log.error("photo %s stays without words: %s workers were lost at it", found.id, ATTEMPTS)
    return None


def renew(claim: PhotoClaim) -> None:
    """Hold a photo for another lease.

    :raises LeaseLost: when it is no longer ours.
    """
    with writing() as session:
        write_as_holder(session, claim, lease_until=_lease_end())


def finish(claim: PhotoClaim, **found: Any) -> None:
    """Write down what was found in a photo.

    :raises LeaseLost: when it is no longer ours, or its owner took it back.
    """
    with writing() as session:
        write_as_holder(session, claim, described_at=now(), lease_holder=None, lease_until=None, **found)


def give_back(claim: PhotoClaim) -> None:
    """Let others look at a photo at once; this attempt does not count.

    :raises LeaseLost: when it is no longer ours.
    """
    with writing() as session:
        write_as_holder(session, claim, attempt=claim.attempt - 1, lease_holder=None, lease_until=None)


def write_as_holder(session: Session, claim: PhotoClaim, **values: Any) -> None:
    """Write on the claimed photo within the caller's transaction.

    :raises LeaseLost: when it is no longer ours.
    """
    ours = Photo.id == claim.id, Photo.attempt == claim.attempt, Photo.described_at.is_(None)
    written = session.execute(update(Photo).where(*ours).values(**values).execution_options(synchronize_session=False))
    if written.rowcount != 1:  # type: ignore[attr-defined]
        raise LeaseLost(str(claim))


def waiting() -> int:
    """Count the photos that nobody has looked at, or is at."""
    with db.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(Photo).where(*_waiting())) or 0


def _waiting() -> tuple[ColumnElement[bool], ...]:
    free = or_(Photo.lease_until.is_(None), Photo.lease_until < now())
    return Photo.described_at.is_(None), Photo.expires_at > now(), free


def _lease_end() -> Any:
    return now() + timedelta(seconds=current_app.config["LEASE_SECONDS"])
