"""The stages of one frame: what the model would paint after each of the solver's steps, painted anew when asked for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.errors import Conflict
from app.i18n.gettext import _
from app.queue import jobs, pieces, revisions
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


def request_stages(walk: Walk, index: int) -> Stages:
    """Have the stages of a finished walk's frame painted, unless they are or somebody has asked before.

    :raises Conflict: when the walk is not finished, or has no such frame, or its model is no longer here.
    """
    if found := find_stages(walk, index):
        return found
    if told := flaw(walk):
        raise Conflict(told)
    try:
        with writing() as session:
            state = session.scalar(select(Walk.state).where(Walk.number == walk.number, Walk.deleted_at.is_(None)))
            if state != FINISHED or not 0 <= index < walk.frames or not session.get(Frame, (walk.number, index)):
                raise Conflict(_("Only the frames of a finished walk can be watched in the making."))
            for kind in KINDS:  # of a file that was lost
                if medium := session.get(Medium, (walk.number, medium_kind(kind, index))):
                    session.delete(medium)
            session.add(
                Piece(
                    walk_number=walk.number,
                    kind=STAGES,
                    batch=index,
                    payload=pieces.request_payload(),
                    urgency=pieces.SHORT,
                    turn=pieces.next_turn(session),
                )
            )
    except IntegrityError:  # somebody asked at the same moment
        return Stages(index, is_there=False)
    jobs.notify_workers()
    return Stages(index, is_there=False)


def flaw(walk: Walk) -> str:
    """Say why nobody can paint the stages of a walk's frames any more; ``""`` if somebody may."""
    if revisions.is_model_here(walk) is not False:
        return ""
    return _(
        "The model that painted this walk, %(model)s, is no longer here in that revision. No other paints the same"
        " pictures, so how this one was made cannot be shown any more.",
        model=walk.model_title or walk.model_name,
    )


def find_stages(walk: Walk, index: int) -> Stages | None:
    """Tell how far the stages of a frame are; ``None`` if nobody has asked for them, or what there was is lost.

    What was asked for of a model that is no longer here will not come.
    """
    film, sheet = (db.session.get(Medium, (walk.number, medium_kind(kind, index))) for kind in KINDS)
    if film and sheet and media_store.store().exists(film.path) and media_store.store().exists(sheet.path):
        return Stages(index, is_there=True, film=film, sheet=sheet)
    if not 0 <= index < walk.frames or flaw(walk):
        return None
    asked = select(Piece.number).where(Piece.walk_number == walk.number, Piece.kind == STAGES, Piece.batch == index)
    return Stages(index, is_there=False) if db.session.scalar(asked) is not None else None


def medium_kind(kind: str, index: int) -> str:
    """Name a medium of a frame's stages: ``stages12``, ``sheet12``."""
    return f"{kind}{index}"
