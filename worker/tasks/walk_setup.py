"""The setup of a walk: the first worker fixes its settings and first pass on its row, and all workers follow them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.core.text import stop_notes
from app.core.version import __version__
from app.offer.generation import offers, presets
from app.storage.database import db, writing
from app.storage.task_kinds import SHORT_KINDS, STOPS
from app.storage.walk_models import QUEUED, Frame, Medium, Stop, Task
from worker.diffusion.rendering import Rendering
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.planning import pass_plan
from worker.planning.pass_plan import Pass
from worker.process.worker import this_worker
from worker.queue.leases import write_as_holder
from worker.tasks import film_assembly, music_plan, next_pass, walk_photos
from worker.tasks.painting import WalkInProgress

OF_A_WORKER = "decoder", "gpu"
"""The keys of a walk's sampling settings that the worker which begins it determines."""


class WrongModel(Exception):
    """A recipe names another model than this worker's."""


class WalkRestarted(Exception):
    """The walk was begun by another model revision: its frames were deleted, and it is back in the queue."""


def set_up(painting: WalkInProgress) -> None:
    """Store the settings and the first pass on a new walk; for a begun walk, check that they fit this worker's model.

    :raises WrongModel: when the walk's recipe names another model or size.
    :raises WalkRestarted: when another model revision had begun the walk.
    """
    walk, painter = painting.walk, painting.painter
    if walk.model_revision not in (None, painter.revision) and not walk.is_pinned:
        _restart(painting)
    check_model(painting)
    if _is_first(painting):
        _open_first(painting)


def check_model(painting: WalkInProgress) -> None:
    """Check that this worker's model can reproduce the walk.

    :raises WrongModel: when the model, its revision or the picture size differs.
    """
    walk, painter = painting.walk, painting.painter
    if walk.model_revision not in (None, painter.revision):
        origin = f"the recipe was painted by {walk.model_name} {walk.model_revision}"
        if walk.model_name != painter.name:
            raise WrongModel(f"{origin}. {offers.load().not_offered(str(walk.model_name))}")
        raise WrongModel(f"{origin}; this site paints with {painter.name} {painter.revision}")
    width, height = painter.rendering(walk.sampling).width, painter.rendering(walk.sampling).height
    if walk.is_pinned and (walk.width, walk.height) != (width, height):
        asked, ours = _times(walk.width, walk.height), _times(width, height)
        raise WrongModel(f"the recipe asks for pictures of {asked} pixels; this site paints {ours}")


def _is_first(painting: WalkInProgress) -> bool:
    """Return whether this is the walk's first task and no others exist yet."""
    claim = painting.claim
    if (claim.kind, claim.level, claim.batch) != (STOPS, 0, 0):
        return False
    others = select(Task.number).where(Task.walk_number == claim.walk_number, Task.number != claim.number)
    return db.session.scalar(others.where(Task.kind.not_in(SHORT_KINDS)).limit(1)) is None


def _open_first(painting: WalkInProgress) -> None:
    """Store everything that determines the pixels, and enqueue the other batches of the first pass.

    Existing frames are from a release without passes; they are deleted and generated again.
    """
    walk, painter = painting.walk, painting.painter
    settings = _model_columns(painter) | {"painted_count": 0, "evaluations": 0}
    if walk.precision is None:
        sampling = walk.sampling or _sampling(painting)
        settings["sampling"] = {name: value for name, value in sampling.items() if name not in OF_A_WORKER}
        fresh = painter.rendering(settings["sampling"])
        settings |= _columns(fresh)
        own = {"decoder": fresh.decoder, "gpu": fresh.gpu.to_json()}
        settings["sampling"] |= {name: value for name, value in own.items() if value is not None}
    levels = [Pass.from_json(level) for level in walk.levels or []] or _first(painting, settings)
    settings["levels"] = [level.to_json() for level in levels]
    for name, value in settings.items():
        set_committed_value(walk, name, value)
    notes = [
        (stop, stop_notes.with_worker_notes(stop.note, found))
        for stop, found in zip(walk.stops, painting.prepared.notes, strict=True)
    ]
    with writing() as session:
        write_as_holder(session, painting.claim, **settings)
        forgotten = _forget_frames(session, walk.number)
        next_pass.enqueue_tasks(session, walk, levels, 0, a_turn=painting.turn, first=1)
        for stop, note in notes:
            if note != stop.note:
                session.execute(
                    update(Stop)
                    .where(Stop.walk_number == walk.number, Stop.position == stop.position)
                    .values(note=note)
                )
    film_assembly.delete_files(forgotten)
    painting.reload()


def _forget_frames(session: Session, walk_number: int) -> list[str]:
    """Delete the rows of a walk's frames; return the paths of their files, which have no row any more."""
    paths = list(session.scalars(select(Frame.path).where(Frame.walk_number == walk_number)))
    session.execute(delete(Frame).where(Frame.walk_number == walk_number))
    return paths


def _sampling(painting: WalkInProgress) -> dict[str, Any]:
    """Resolve the preset of a walk from a release that did not resolve presets on request."""
    walk = painting.walk
    return presets.resolve(walk.preset, painting.offer.facts, steps=walk.sampler_steps, guidance=walk.guidance)


def _first(painting: WalkInProgress, settings: dict[str, Any]) -> list[Pass]:
    """Return the first pass; for the oldest recipes, which have positions but no passes, return all passes."""
    walk = painting.walk
    batch = int(settings.get("batch") or walk.batch or 1)
    if walk.positions is not None:
        return pass_plan.levels_of_recipe(walk.positions, painting.stops, walk.sampler_steps, batch)
    first = pass_plan.following(
        [],
        {},
        stops=painting.stops,
        frames=music_plan.planned_frames(walk),
        sampling=settings["sampling"],
        batch=batch,
        closed=painting.is_closed,
    )
    return [first] if first else []


def _restart(painting: WalkInProgress) -> None:
    """Delete the frames of another model revision and requeue the walk: one revision must generate all its frames.

    :raises WalkRestarted: always.
    """
    number = painting.claim.walk_number
    with writing() as session:
        fixed = "precision", "levels", "positions", "holds", "evaluations", "model_revision"
        forgotten: dict[str, Any] = dict.fromkeys(fixed) | {"frames": music_plan.planned_frames(painting.walk)}
        write_as_holder(session, painting.claim, state=QUEUED, painted_count=0, **forgotten)
        paths = _forget_frames(session, number)
        session.execute(delete(Task).where(Task.walk_number == number))
        inverted = Medium.walk_number == number, Medium.kind.startswith(walk_photos.ENCODED)
        paths += session.scalars(select(Medium.path).where(*inverted))
        session.execute(delete(Medium).where(*inverted))
    film_assembly.delete_files(paths)
    this_worker().memory.forget(number)
    raise WalkRestarted


def _columns(fresh: Rendering) -> dict[str, Any]:
    return {
        "scheduler": fresh.scheduler, "width": fresh.width, "height": fresh.height, "precision": fresh.precision,
        "memory_format": fresh.memory_format, "threads": fresh.threads, "batch": fresh.batch,
    }  # fmt: skip


def _model_columns(painter: WalkPipeline) -> dict[str, Any]:
    return {
        "model_name": painter.name, "model_title": painter.title, "model_revision": painter.revision,
        "prefix": painter.prefix, "software": SOFTWARE,
    }  # fmt: skip


def _times(width: int | None, height: int | None) -> str:
    return f"{width} × {height}"


def _software() -> str:
    import diffusers
    import torch

    return f"MoMA Lisa {__version__}, diffusers {diffusers.__version__}, torch {torch.__version__}"


SOFTWARE = _software()
