"""The work of walks in the database, and how long a unit of work takes here, by model.

The pace is learnt from the last finished walks. Cached results do not count, because no worker rendered them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from flask import current_app
from sqlalchemy import func, select

from app.offer.generation import duration, offers
from app.offer.generation.duration import Work
from app.offer.generation.limits import STOPS_MIN
from app.storage.database import db
from app.storage.walk_models import FINISHED, ROUND, Stop, Walk

EXTENSION = "moma_work"
CACHED_MAX = 20_000  # walks
AT_ONCE = 500  # walks in one query: SQLite limits the values of a statement
RECENT = 20  # the number of a model's finished walks that its pace is learnt from
LOOKED_AT = 200  # the number of finished walks, of all models, among which these are


@dataclass(frozen=True, slots=True)
class WalkWork:
    """The work of a walk and the name of its model; ``is_whole`` unless its stops were deleted."""

    work: Work
    model: str
    is_whole: bool


def works_of(numbers: Collection[int]) -> dict[int, WalkWork]:
    """Return the work of walks by their numbers; it is fixed when a walk is requested, and cached."""
    cache: dict[int, WalkWork] = current_app.extensions.setdefault(EXTENSION, {})
    found = {number: cache[number] for number in numbers if number in cache}
    missing = [number for number in numbers if number not in found]
    if missing:
        first = offers.first().name
        for start in range(0, len(missing), AT_ONCE):
            found |= _load_works(missing[start : start + AT_ONCE], first)
        if len(cache) + len(missing) > CACHED_MAX:
            cache.clear()
        cache.update(found)
    return found


def _load_works(numbers: Iterable[int], first: str) -> dict[int, WalkWork]:
    """Load the work of walks; ``first`` is the name of the model of those that name none."""
    stops = select(func.count()).where(Stop.walk_number == Walk.number).scalar_subquery()
    columns = (
        Walk.number, Walk.sampling, Walk.sampler_steps, Walk.guidance, Walk.frames, Walk.ending, Walk.model,
        Walk.model_name, stops.label("stops"),
    )  # fmt: skip
    works = {}
    for row in db.session.execute(select(*columns).where(Walk.number.in_(numbers))):
        sampling = row.sampling or {"steps": row.sampler_steps, "guidance": row.guidance}
        count = max(STOPS_MIN, row.stops)
        work = duration.work_of_walk(sampling, stops=count, frames=row.frames, closed=row.ending == ROUND)
        works[row.number] = WalkWork(work, row.model_name or row.model or first, bool(row.stops))
    return works


def learn_paces() -> dict[str, float]:
    """Return the seconds of a unit of work by the name of the model, for those of which walks were finished lately."""
    columns = Walk.number, Walk.evaluations, Walk.cost, Walk.paint_seconds
    recent = (
        select(*columns)
        .where(Walk.state == FINISHED, Walk.paint_seconds.is_not(None), Walk.repeat_of.is_(None))
        .order_by(Walk.finished_at.desc())
        .limit(LOOKED_AT)
    )
    rows = db.session.execute(recent).all()
    works, measured = works_of([row.number for row in rows]), dict[str, list[tuple[Work, float]]]()
    for row in rows:
        walk = works.get(row.number)
        if walk is None or not walk.is_whole or not (evaluations := row.evaluations or row.cost):
            continue
        of_model = measured.setdefault(walk.model, [])
        if len(of_model) < RECENT:
            of_model.append((replace(walk.work, evaluations=evaluations), row.paint_seconds))
    return {model: pace for model, walks in measured.items() if (pace := duration.seconds_of_work(walks))}
