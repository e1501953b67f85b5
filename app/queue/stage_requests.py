"""Requests for the stages of a frame: the model's predicted picture after each solver step, rendered on demand."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.errors import Conflict
from app.i18n.gettext import _
from app.queue import jobs, queued_tasks, revisions
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import FINISHED, STAGES, Frame, Medium, Task, Walk

KINDS = ("stages", "sheet")
"""The two files of a frame's stages, each a medium named with the frame's index: a looping animated WebP, and a WebP
with all stages side by side in equal size, from noise to picture."""


@dataclass(frozen=True, slots=True)
class Stages:
    """The state of a frame's stages: in the queue, or there, with film and sheet in the media store."""

    index: int
    is_there: bool
    film: Medium | None = None
    sheet: Medium | None = None


def request_stages(walk: Walk, index: int) -> Stages:
    """Enqueue the rendering of a frame's stages, unless they exist or are in the queue; return their state.

    :raises Conflict: when the walk is not finished or has no such frame, or its model revision is not available.
    """
    if stages := find_stages(walk, index):
        return stages
    if reason := find_problem(walk):
        raise Conflict(reason)
    try:
        with writing() as session:
            state = session.scalar(select(Walk.state).where(Walk.number == walk.number, Walk.deleted_at.is_(None)))
            if state != FINISHED or not 0 <= index < walk.frames or not session.get(Frame, (walk.number, index)):
                raise Conflict(_("Only the frames of a finished walk can be watched in the making."))
            for kind in KINDS:  # rows of lost files
                if medium := session.get(Medium, (walk.number, medium_kind(kind, index))):
                    session.delete(medium)
            session.add(
                Task(
                    walk_number=walk.number,
                    kind=STAGES,
                    batch=index,
                    payload=queued_tasks.request_payload(),
                    urgency=queued_tasks.SHORT,
                    turn=queued_tasks.next_turn(session),
                )
            )
    except IntegrityError:  # a concurrent request enqueued it
        return Stages(index, is_there=False)
    jobs.notify_workers()
    return Stages(index, is_there=False)


def find_problem(walk: Walk) -> str:
    """Return why the stages of a walk's frames can no longer be rendered; ``""`` if they can."""
    if revisions.is_model_here(walk) is not False:
        return ""
    return _(
        "The model that painted this walk, %(model)s, is no longer here in that revision. No other paints the same"
        " pictures, so how this one was made cannot be shown any more.",
        model=walk.model_title or walk.model_name,
    )


def find_stages(walk: Walk, index: int) -> Stages | None:
    """Return the state of a frame's stages; ``None`` if they were not requested or their files are lost.

    Stages in the queue count as not requested when the walk's model revision is no longer available.
    """
    film, sheet = (db.session.get(Medium, (walk.number, medium_kind(kind, index))) for kind in KINDS)
    if film and sheet and media_store.store().exists(film.path) and media_store.store().exists(sheet.path):
        return Stages(index, is_there=True, film=film, sheet=sheet)
    if not 0 <= index < walk.frames or find_problem(walk):
        return None
    task = select(Task.number).where(Task.walk_number == walk.number, Task.kind == STAGES, Task.batch == index)
    return Stages(index, is_there=False) if db.session.scalar(task) is not None else None


def medium_kind(kind: str, index: int) -> str:
    """Return the medium kind of a frame's stages: ``stages12``, ``sheet12``."""
    return f"{kind}{index}"
