"""Requests for files of one frame that are generated on demand: its stages, and the frame at a large size.

The stages of a frame are the model's predicted picture after each solver step. A large frame is the same sketch and
seed, sampled with more pixels: only where a sketch leads the model does the picture stay the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.errors import Conflict
from app.core.i18n.gettext import _
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.task_kinds import KINDS, LARGE, STAGES
from app.storage.walk_models import FINISHED, Frame, Medium, Task, Walk
from app.walks.queue import jobs, queued_tasks, revisions

LARGE_SIDE = 1024
"""The longer side of a large frame, in pixels: 87 mm on paper at 300 dots an inch."""

LARGE_TIMES = 4
"""The most times that a large frame is as wide as its walk's others; it was not looked at beyond that."""


@dataclass(frozen=True, slots=True)
class FrameFiles:
    """The state of a frame's files: in the queue, or there, by name (``stages``, ``sheet``, ``large``)."""

    index: int
    files: Mapping[str, Medium] = field(default_factory=dict)

    @property
    def is_there(self) -> bool:
        """Return whether the files are in the media store."""
        return bool(self.files)


def request(walk: Walk, kind: str, index: int) -> FrameFiles:
    """Enqueue the task that generates a frame's files, unless they exist or it is in the queue; return their state.

    :raises Conflict: when the walk is not finished or has no such frame, its model revision is not available, or its
        frames cannot be larger.
    """
    if found := find(walk, kind, index):
        return found
    if reason := find_problem(walk, kind):
        raise Conflict(reason)
    try:
        with writing() as session:
            state = session.scalar(select(Walk.state).where(Walk.number == walk.number, Walk.deleted_at.is_(None)))
            if state != FINISHED or not 0 <= index < walk.frames or not session.get(Frame, (walk.number, index)):
                raise Conflict(_("Only the frames of a finished walk can be painted once more."))
            for name in KINDS[kind].files:  # rows of lost files
                if medium := session.get(Medium, (walk.number, medium_kind(name, index))):
                    session.delete(medium)
            queued_tasks.add_short_task(session, kind, walk_number=walk.number, batch=index)
    except IntegrityError:  # a concurrent request enqueued it
        return FrameFiles(index)
    jobs.notify_workers()
    return FrameFiles(index)


def find_problem(walk: Walk, kind: str) -> str:
    """Return why files of a walk's frames cannot be generated; ``""`` if they can."""
    if kind == LARGE and large_size(walk) is None:
        return _("Only pictures that a sketch leads can be painted larger, and only if they are small.")
    if revisions.is_model_here(walk) is not False:
        return ""
    if kind == STAGES:
        return _(
            "The model that painted this walk, %(model)s, is no longer here in that revision. No other paints the same"
            " pictures, so how this one was made cannot be shown any more.",
            model=walk.model_title or walk.model_name,
        )
    return _(
        "The model that painted this walk, %(model)s, is no longer here in that revision. No other paints the same"
        " pictures, so this one cannot be painted larger any more.",
        model=walk.model_title or walk.model_name,
    )


def find(walk: Walk, kind: str, index: int) -> FrameFiles | None:
    """Return the state of a frame's files; ``None`` if they were not requested or are lost.

    Files in the queue count as not requested when the walk's model revision is no longer available.
    """
    files = {name: db.session.get(Medium, (walk.number, medium_kind(name, index))) for name in KINDS[kind].files}
    there = {name: file for name, file in files.items() if file and media_store.store().exists(file.path)}
    if len(there) == len(files):
        return FrameFiles(index, there)
    if not 0 <= index < walk.frames or find_problem(walk, kind):
        return None
    task = select(Task.number).where(Task.walk_number == walk.number, Task.kind == kind, Task.batch == index)
    return FrameFiles(index) if db.session.scalar(task) is not None else None


def large_size(walk: Walk) -> tuple[int, int] | None:
    """Return the width and height of a walk's large frames, a multiple of its own; ``None`` if it has none."""
    if not (walk.width and walk.height) or not is_led(walk):
        return None
    times = min(LARGE_TIMES, LARGE_SIDE // max(walk.width, walk.height))
    return (walk.width * times, walk.height * times) if times > 1 else None


def is_led(walk: Walk) -> bool:
    """Return whether a sketch leads a walk's pictures."""
    return any(stop.scene is not None for stop in walk.stops)


def medium_kind(name: str, index: int) -> str:
    """Return the medium kind of a frame's file: ``stages12``, ``sheet12``, ``large12``."""
    return f"{name}{index}"
