"""Tasks, the units of work (table ``pieces``). A new walk has none; workers enqueue its passes one by one."""

from __future__ import annotations

from typing import Any

from flask import g, has_request_context
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.storage.walk_models import PIECE_WAITING, Task

SHORT, WALK, SUSPENDED, PHOTO, LARGE = 0, 1, 2, 3, 4
"""The urgency of a task: short tasks, then tasks of walks, which take turns. Suspended tasks, of a failed walk, are not
claimed until the walk is retried. Photos and large frames are short tasks with numbers of their own, because workers of
release 1.0.0 claim all tasks with 0 and do not know these kinds."""

ALL_SHORT = (SHORT, PHOTO, LARGE)
"""The urgencies that are claimed before tasks of walks."""

RELEASED: dict[str, Any] = {"state": PIECE_WAITING, "lease_holder": None, "lease_until": None}
"""The column values of a task that no worker holds."""


def request_payload() -> dict[str, Any]:
    """Return the payload of a new short task: the ID of the current request, for logs; empty outside of a request."""
    request_id = g.get("request_id") if has_request_context() else None
    return {"request_id": request_id} if request_id else {}


def next_turn(session: Session) -> int:
    """Return the turn of a new short task, which puts it after all existing ones."""
    return (session.scalar(select(func.max(Task.turn)).where(Task.urgency.in_((SHORT, LARGE)))) or 0) + 1
