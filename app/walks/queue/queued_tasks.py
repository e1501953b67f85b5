"""Tasks, the units of work (table ``pieces``). A new walk has none; workers enqueue its passes one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, has_request_context
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.storage.task_kinds import KINDS, PHOTO, SHORT_URGENCIES
from app.storage.walk_models import PIECE_WAITING, Task

RELEASED: dict[str, Any] = {"state": PIECE_WAITING, "lease_holder": None, "lease_until": None}
"""The column values of a task that no worker holds."""

_ASKED = tuple(urgency for urgency in SHORT_URGENCIES if urgency != PHOTO)  # photos come in their own order


def add_short_task(session: Session, kind: str, *, payload: Mapping[str, Any] | None = None, **columns: Any) -> None:
    """Add a short task, after all existing ones; its payload names the current request, if there is one, for logs."""
    request_id = g.get("request_id") if has_request_context() else None
    payload = {**(payload or {}), **({"request_id": request_id} if request_id else {})}
    turn = (session.scalar(select(func.max(Task.turn)).where(Task.urgency.in_(_ASKED))) or 0) + 1
    session.add(Task(kind=kind, urgency=KINDS[kind].urgency, turn=turn, payload=payload, **columns))
