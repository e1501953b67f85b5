"""The task that generates and saves one batch of a walk's pass; a walk's last task makes its films.

The last batch of a pass enqueues the tasks of the next pass.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.storage import media_store
from app.storage.database import now, writing
from app.storage.task_kinds import FILM, KNOTS, STOPS
from app.storage.walk_models import PIECE_DONE, Frame, Task, Walk
from worker import metrics
from worker.film import encoding
from worker.planning.latent_state import GeneratedFrame, pack
from worker.planning.pass_plan import Pass
from worker.process.worker import this_worker
from worker.queue.leases import LeaseLost, write_as_holder
from worker.tasks import film_assembly, fit_pictures, next_pass, stretch_frames, walk_setup
from worker.tasks.film_assembly import WrittenFilm
from worker.tasks.painting import WalkInProgress

log = logging.getLogger(__name__)


def generate(painting: WalkInProgress) -> Callable[[WalkInProgress], None]:
    """Do the part of a claimed task that needs the model; return the rest, which usually does not need it."""
    claim = painting.claim
    with metrics.STAGE_SECONDS.labels("set up").time():
        walk_setup.set_up(painting)
    if claim.kind == FILM:
        return _finish_leg if painting.is_leg else _finish
    return partial(save, painted=painting.paint(claim.level, claim.batch))


def _finish_leg(painting: WalkInProgress) -> None:
    """Finish a leg of a live wall."""
    film_assembly.finish_leg(painting.claim, painting.walk)
    this_worker().memory.forget(painting.claim.walk_number)


def _finish(painting: WalkInProgress) -> None:
    """Make a walk's films and extract its visual features."""
    claim = painting.claim
    stretch_frames.copy_frames(painting)
    _regenerate_lost(painting)
    with metrics.STAGE_SECONDS.labels("film").time():
        film_assembly.finish_film(claim, painting.walk, painting.memory)
    metrics.observe_wait("finished", painting.walk.created_at, now())
    with metrics.STAGE_SECONDS.labels("look").time():
        this_worker().features.extract(painting.walk, painting.memory)
    this_worker().memory.forget(claim.walk_number)


def save(painting: WalkInProgress, painted: Sequence[GeneratedFrame]) -> None:
    """Check and save a batch of pictures: first the files, then their rows together with the next pass, if any.

    :raises LeaseLost: when this worker no longer holds the task.
    :raises fit_pictures.Unfit: when no fit picture was found for a stop or frame.
    """
    number, batch = painting.claim.level, painting.claim.batch
    watch = metrics.Laps()
    painted, changes = fit_pictures.replace_unfit(painting, painted)
    watch.lap("check")
    level = painting.levels[number]
    if level.kind in (STOPS, KNOTS):
        painting.remember(number, batch, painted)
    rows = _write(painting, level, painted)
    watch.lap("store")
    unfinished = None
    if rows and not painting.is_leg:
        unfinished = film_assembly.make_unfinished_film(painting.walk, painting.memory, rows)
        watch.lap("film")
    while True:
        try:
            opened = next_pass.plan_next(painting)
            with writing() as session:
                replaced = _publish(session, painting, rows, unfinished)
                fit_pictures.record_changes(session, painting, changes)
                next_pass.open_next(session, painting, opened)
            break
        except LeaseLost:
            film_assembly.delete_unnamed([row["path"] for row in rows] + ([unfinished.path] if unfinished else []))
            raise
        except next_pass.NotPlanned:  # another worker has just completed the last other task of the pass
            continue
    watch.lap("publish")
    _count(painting, len(rows))
    film_assembly.delete_files(replaced)
    if opened is not None:
        next_pass.wake_workers(opened)


def _count(painting: WalkInProgress, frames: int) -> None:
    """Count saved frames in the metrics; for a walk's first batch also record the waiting time."""
    metrics.FRAMES.inc(frames)
    claim, walk = painting.claim, painting.walk
    if (claim.level, claim.batch) == (0, 0):
        metrics.observe_wait("begun", walk.created_at, walk.started_at or now())
        metrics.observe_wait("first picture", walk.created_at, now())


def _write(painting: WalkInProgress, level: Pass, painted: Sequence[GeneratedFrame]) -> list[dict[str, Any]]:
    """Write the files of a batch concurrently; return the values of its frames' rows."""
    claim, walk = painting.claim, painting.walk
    pictures = {each.position: each.picture for each in painted if each.picture is not None}
    with ThreadPoolExecutor(film_assembly.WRITERS) as writers:
        knots = None
        if level.kind in (STOPS, KNOTS) and (left := [replace(each, picture=None) for each in painted]):
            path = painting.knots_path(claim.level, claim.batch)
            knots = writers.submit(_store, media_store.store(), path, pack, left)
        written = {
            position: writers.submit(_store_frame, media_store.store(), walk.id, position, picture)
            for position, picture in pictures.items()
        }
        if knots:
            knots.result()
        rows = [{"position": position} | each.result() for position, each in written.items()]
    for position, picture in pictures.items():
        painting.memory.cache_picture(position, picture)
    places = next_pass.frame_indices(walk, painting.stops)
    ranks = next_pass.frame_ranks(walk, places)
    for row in rows:
        index = places[row["position"]]
        row |= {"walk_number": claim.walk_number, "index": index, "rank": ranks[index]}
    return rows


def _publish(
    session: Session, painting: WalkInProgress, rows: Sequence[dict[str, Any]], unfinished: WrittenFilm | None
) -> set[str]:
    """Record a batch within the transaction; return the paths of files that it replaces.

    :raises LeaseLost: when this worker no longer holds the task.
    """
    spent = func.coalesce(Task.seconds, 0.0) + round(painting.seconds, 3)
    write_as_holder(
        session,
        painting.claim,
        piece={"state": PIECE_DONE, "lease_holder": None, "lease_until": None, "seconds": spent},
        painted_count=Walk.painted_count + len(rows),
        evaluations=func.coalesce(Walk.evaluations, 0) + painting.evaluations,
        **(film_assembly.first_film_values(painting.walk) if unfinished else {}),
    )
    if rows:
        session.execute(insert(Frame), rows)
    return film_assembly.record_files(session, painting.walk, [unfinished]) if unfinished else set()


def _regenerate_lost(painting: WalkInProgress) -> None:
    """Generate every frame whose file is lost again, with its whole batch; the film needs all frames."""
    missing = set(film_assembly.find_lost_frames(painting.claim, painting.memory))
    for number, level in enumerate(painting.levels):
        for batch, indices in enumerate(level.batches):
            positions = {level.positions[index] for index in indices}
            if level.kind == KNOTS or not positions & missing:
                continue
            log.warning("frames of walk %s are lost and are generated again", painting.walk.id)
            for each in painting.paint(number, batch):
                if each.position in missing:
                    _rewrite(painting, each)


def _rewrite(painting: WalkInProgress, painted: GeneratedFrame) -> None:
    picture = np.asarray(painted.picture)
    file = _store_frame(media_store.store(), painting.walk.id, painted.position, picture)
    painting.memory.cache_picture(painted.position, picture)
    where = Frame.walk_number == painting.claim.walk_number, Frame.position == painted.position
    with writing() as session:
        write_as_holder(session, painting.claim)
        for row in session.scalars(select(Frame).where(*where)):
            row.path, row.bytes = file["path"], file["bytes"]


def _store(store: media_store.MediaStore, path: str, code: Any, content: Any) -> None:
    store.write(path, code(content))


def _store_frame(store: media_store.MediaStore, walk_id: str, position: float, picture: Any) -> dict[str, Any]:
    """Write a frame as a still; return the path and size for its row."""
    data = encoding.still(picture)
    path = media_store.frame_path(walk_id, position, data)
    store.write(path, data)
    return {"path": path, "bytes": len(data)}
