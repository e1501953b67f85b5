"""Candidates: pictures generated for one stop, from which a visitor chooses before requesting a walk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.storage.database import UTCDateTime, db, now
from app.storage.walk_models import ID_LENGTH, Json, Number, new_id

WAITING, PAINTED, FAILED = SET_STATES = ("waiting", "painted", "failed")


class CandidateSet(db.Model):  # type: ignore[misc]
    """A request for candidates and the pool they are taken from; private to its owner and deleted at ``expires_at``.

    ``request`` holds the requested stop and settings. ``pool`` lists what may be generated, the default proposal first,
    each with its ``seed``, its ``drawing`` (the form field's value) and its ``scene``.
    """

    __tablename__ = "candidate_sets"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[str] = mapped_column(String(ID_LENGTH), unique=True, default=new_id)
    owner_hash: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))  # of the request
    request: Mapped[dict[str, Any]] = mapped_column("asked", Json)
    model: Mapped[str | None] = mapped_column(String(200))  # the requested one; None: the site's first
    sampling: Mapped[dict[str, Any]] = mapped_column(Json)
    pool: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    wanted: Mapped[int]  # the number of candidates
    state: Mapped[str] = mapped_column(String(8), default=WAITING)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)

    candidates: Mapped[list[Candidate]] = relationship(order_by="Candidate.index", cascade="all, delete-orphan")

    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(state) for state in SET_STATES)})", name="state"),
        Index("ix_candidate_sets_owner", "owner_hash", "fingerprint"),
        Index("ix_candidate_sets_expires_at", "expires_at"),
    )


class Candidate(db.Model):  # type: ignore[misc]
    """One candidate: ``pool_index`` is its index in the pool, ``picture`` a WebP no larger than pages show it.

    The walk generates the picture again, so its latents are not stored.
    """

    __tablename__ = "candidates"

    set_number: Mapped[int] = mapped_column(ForeignKey("candidate_sets.number", ondelete="CASCADE"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    pool_index: Mapped[int] = mapped_column("place")
    picture: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    width: Mapped[int]
    height: Mapped[int]
