"""The stages of one frame: what the model would paint after each of the solver's steps, painted anew when asked for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.errors import Conflict
from app.i18n.gettext import _
from app.queue import jobs, pieces
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import FINISHED, STAGES, Frame, Medium, Piece, Walk

KINDS = ("stages", "sheet")
"""The two files there are of a frame's stages, each kept as a medium named with the frame's index: an animated WebP
that repeats, and a WebP with all stages side by side, each as large as the others, from noise to picture."""


@dataclass(frozen=True, slots=True)
class Stages:
    """How far a frame's stages are: being made, or there, with the paths of film and sheet in the media store."""

    index: int
    is_there: bool
    film: Medium | None = None
    sheet: Medium | None = None


def ask(walk: Walk, index: int) -> Stages:
    """Have the stages of a finished walk's frame painted, unless they are or somebody has asked before.

    :raises Conflict: when the walk is not finished, or has no such frame.
    """
    if found := of(walk, index):
        return found
    try:
        with writing() as session:
            state = session.scalar(select(Walk.state).where(Walk.number == walk.number, Walk.deleted_at.is_(None)))
            if state != FINISHED or not 0 <= index < walk.frames or not session.get(Frame, (walk.number, index)):
                raise Conflict(_("Only the frames of a finished walk can be watched in the making."))
            for kind in KINDS:  # of a file that was lost
                if medium := session.get(Medium, (walk.number, name(kind, index))):
                    session.delete(medium)
            last = session.scalar(select(func.max(Piece.turn)).where(Piece.urgency == pieces.SHORT)) or 0
            session.add(  # short tasks take turns by who came first
                Piece(walk_number=walk.number, kind=STAGES, batch=index, urgency=pieces.SHORT, turn=last + 1)
            )
    except IntegrityError:  # somebody asked at the same moment
        return Stages(index, is_there=False)
    jobs.notify_workers()
    return Stages(index, is_there=False)


def of(walk: Walk, index: int) -> Stages | None:
    """Tell how far the stages of a frame are; ``None`` if nobody has asked for them, or what there was is lost."""
    film, sheet = (db.session.get(Medium, (walk.number, name(kind, index))) for kind in KINDS)
    if film and sheet and media_store.store().exists(film.path) and media_store.store().exists(sheet.path):
        return Stages(index, is_there=True, film=film, sheet=sheet)
    if not 0 <= index < walk.frames:
        return None
    asked = select(Piece.number).where(Piece.walk_number == walk.number, Piece.kind == STAGES, Piece.batch == index)
    return Stages(index, is_there=False) if db.session.scalar(asked) is not None else None


def name(kind: str, index: int) -> str:
    """Name a medium of a frame's stages: ``stages12``, ``sheet12``."""
    return f"{kind}{index}"
