"""Candidates: pictures that a stop of a walk might be, painted for a visitor to choose from before there is a walk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.storage.database import UTCDateTime, db, now
from app.storage.walk_models import ID_LENGTH, Json, Number, new_id

WAITING, PAINTED, FAILED = SET_STATES = ("waiting", "painted", "failed")


class CandidateSet(db.Model):  # type: ignore[misc]
    """What was asked for, and what its candidates are taken from: kept for a short time, and its owner's alone.

    ``asked`` is the stop and the settings as they were asked for. ``pool`` lists what might be painted, the proposal
    first: its ``seed``, the ``drawing`` that was chosen for it, as the form's field has it, and its ``scene``.
    """

    __tablename__ = "candidate_sets"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[str] = mapped_column(String(ID_LENGTH), unique=True, default=new_id)
    owner_hash: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))  # of what was asked for
    asked: Mapped[dict[str, Any]] = mapped_column(Json)
    model: Mapped[str | None] = mapped_column(String(200))  # the one asked for; without one the site's first
    sampling: Mapped[dict[str, Any]] = mapped_column(Json)
    pool: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    wanted: Mapped[int]  # how many of them
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
    """One of the pictures: ``place`` says which of the pool it is of; its file is a WebP, no larger than is shown.

    The walk paints it again, so nothing else of it is kept.
    """

    __tablename__ = "candidates"

    set_number: Mapped[int] = mapped_column(ForeignKey("candidate_sets.number", ondelete="CASCADE"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int]
    picture: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    width: Mapped[int]
    height: Mapped[int]
