"""Pieces of work: what walks are painted in. A walk not yet begun has none; the worker opens its levels one by one."""

from __future__ import annotations

from typing import Any

from flask import g, has_request_context
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.storage.walk_models import PIECE_WAITING, Piece

SHORT, WALK, SUSPENDED, PHOTO = 0, 1, 2, 3
"""How urgent a piece is: short tasks, then what walks are painted by, which takes turns; what a walk that failed had
left waits for nobody, until somebody has it painted again. Photos are short tasks by a number of their own, because
workers of release 1.0.0 claim those of 0 whatever their kind, and do not know this one."""

RELEASED: dict[str, Any] = {"state": PIECE_WAITING, "lease_holder": None, "lease_until": None}
"""What a piece that nobody holds looks like."""


def request_payload() -> dict[str, Any]:
    """Return what a short task keeps of the request that asks for it: its id, for the logs."""
    request_id = g.get("request_id") if has_request_context() else None
    return {"request_id": request_id} if request_id else {}


def next_turn(session: Session) -> int:
    """Return the turn of a new short task: they take turns by who came first."""
    return (session.scalar(select(func.max(Piece.turn)).where(Piece.urgency == SHORT)) or 0) + 1
