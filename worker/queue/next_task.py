"""Selection of the next task: short tasks within their allowance, then tasks of walks by turn, pass and age."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, literal, null, or_, select, true
from sqlalchemy.orm import Session

from app.storage.task_kinds import SHORT_KINDS, SHORT_URGENCIES, STOPS, WALK
from app.storage.walk_models import FINISHED, PIECE_WAITING, QUEUED, WAITING, Task, Walk
from app.walks.queue import fair_queue

COLUMNS = Walk.number.label("walk_number"), Walk.id, Walk.attempt.label("walk_attempt"), Walk.model, Walk.request_id
PIECE = (
    Task.number,
    Task.kind,
    Task.level,
    Task.batch,
    Task.urgency,
    Task.attempt,
    Task.turn,
    Task.ticket,
    Task.interruptions,
)
MODEL = func.coalesce(Walk.model, Task.model)  # a walk has no task, a task no walk


def find_next(
    session: Session,
    models: Collection[str] | None,
    loaded: Collection[str | None],
    *,
    is_walks_turn: bool,
    elsewhere: Collection[str] = (),
    unable: Collection[str] = (),
) -> Any:
    """Return the row of the next task, or None if none waits.

    The row of a walk without tasks has no ``number``; the row of a task without a walk has no ``walk_number``.
    ``models`` are the models of this worker, ``loaded`` those in memory, and ``elsewhere`` the revisions whose walks
    other workers continue. ``unable`` are the kinds of short tasks that this worker cannot do. ``is_walks_turn`` puts
    walks before short tasks.
    """
    offered: list[ColumnElement[bool]] = []
    if models is not None:
        offered.append(_with({None, *models}))
    if elsewhere:  # two workers that took each other's walks would restart them for ever
        offered.append(or_(Walk.model_revision.is_(None), Walk.model_revision.not_in(elsewhere)))
    short = _short(session, models, unable, *offered)
    if short is not None and not is_walks_turn:
        return short
    waiting, unopened = _opened(session, *offered), _unopened(session, *offered)
    if waiting is None and unopened is None:
        return short
    first = min((row for row in (waiting, unopened) if row is not None), key=_turn)
    if not loaded or first.model in loaded:
        return first
    ready = _with(loaded)
    alike = Task.turn == first.turn, Task.level == first.level, Task.batch == first.batch
    opened = _opened(session, *offered, ready, *alike)
    if opened is None and (first.level, first.batch) == (0, 0):
        opened = _unopened(session, *offered, ready, Walk.turn == first.turn)
    return opened or first


def wanted() -> ColumnElement[bool]:
    """Return the condition for tasks, joined with their walks, whose results are still wanted."""
    of_finished = Task.kind.in_(SHORT_KINDS) & (Walk.state == FINISHED)
    return or_(Walk.state.in_(WAITING), of_finished, Task.task.is_not(None))


def _with(models: Collection[str | None], column: Any = Walk.model) -> ColumnElement[bool]:
    named: ColumnElement[bool] = column.in_([model for model in models if model is not None])
    return or_(named, column.is_(None)) if None in models else named


def _short(
    session: Session, models: Collection[str] | None, unable: Collection[str], *conditions: ColumnElement[bool]
) -> Any:
    """Return the next short task, of a walk or without one, in the order of arrival; none of the kinds ``unable``."""
    of_none = Task.walk_number.is_(None), true() if models is None else _with({None, *models}, Task.model)
    return session.execute(
        select(*PIECE, Task.task, Task.walk_number, func.coalesce(Walk.id, Task.task).label("id"),
               Walk.attempt.label("walk_attempt"), MODEL.label("model"), Walk.request_id, Task.payload)
        .outerjoin(Walk, Walk.number == Task.walk_number)
        .where(Task.state == PIECE_WAITING, Task.urgency.in_(SHORT_URGENCIES), Task.kind.not_in(unable),
               or_(and_(*of_none), and_(wanted(), Walk.deleted_at.is_(None), *conditions)))
        .order_by(Task.turn, Task.level, Task.batch, Task.ticket, Task.number)
        .limit(1)
    ).one_or_none()  # fmt: skip


def _unopened(session: Session, *conditions: ColumnElement[bool]) -> Any:
    """Return the next walk that has no tasks yet."""
    return session.execute(
        select(null().label("number"), null().label("task"), literal(STOPS).label("kind"), literal(0).label("level"),
               literal(0).label("batch"), literal(0).label("interruptions"), Walk.turn, Walk.ticket, *COLUMNS)
        .where(Walk.state == QUEUED, ~exists().where(Task.walk_number == Walk.number), *conditions)
        .order_by(*fair_queue.ORDER)
        .limit(1)
        .with_for_update(skip_locked=True, of=Walk)  # skip a walk that another worker is claiming
    ).one_or_none()  # fmt: skip


def _opened(session: Session, *conditions: ColumnElement[bool]) -> Any:
    """Return the next task that generates a part of a walk."""
    return session.execute(
        select(*PIECE, Task.task, *COLUMNS)
        .join(Walk, Walk.number == Task.walk_number)
        .where(Task.state == PIECE_WAITING, Task.urgency == WALK, wanted(), Walk.deleted_at.is_(None),
               *conditions)
        .order_by(Task.urgency, Task.turn, Task.level, Task.batch, Task.ticket, Task.number)
        .limit(1)
    ).one_or_none()  # fmt: skip


def _turn(row: Any) -> tuple[int, ...]:
    return (row.turn, row.level, row.batch, row.ticket, row.walk_number)
