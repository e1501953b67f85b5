"""Preserving what a wall has shown: up to seven legs are joined into one walk, in the evening's exhibition.

The joined walk has the passes of its legs one after the other, so its recipe reproduces the same pictures. A worker
copies the legs' frames (:mod:`worker.tasks.stretch_frames`) and makes the films; then the legs are deleted. Legs that
lead only through stops of the gallery, without any visitor's words, are not preserved.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import aliased, selectinload

from app.access.auth import visitors
from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import EXHIBITS_MAX, ExhibitionRequest
from app.core.errors import InvalidInput
from app.core.i18n.formatting import day
from app.core.i18n.gettext import N_, _
from app.core.local_time import local_day
from app.offer.generation.cost import PAIR
from app.requests.walk_requests import brought_photos, walk_edits
from app.requests.walk_requests.walk_edits import WalkChange
from app.storage.database import db, now, writing
from app.storage.house_models import TITLE_MAX
from app.storage.task_kinds import FILM, WALK
from app.storage.walk_models import (
    FINISHED,
    PIXEL_COLUMNS,
    QUEUED,
    WAITING,
    WALL,
    Frame,
    Stop,
    StopOptions,
    Task,
    Walk,
    new_id,
)
from app.storage.wall_models import STRETCH_LEGS, Wall, WallLeg
from app.walks.queue import fair_queue, jobs
from app.walks.saved import lifecycle, neighbours
from app.walks.uploads import photo_stops

OF_LEG = {"seed", "frames", "ending", "easing"}
"""Columns that change pixels, and that each leg has by itself."""
SAME = (
    *(name for name in PIXEL_COLUMNS if name not in OF_LEG), "scheduler", "sampling", "model_name", "model_title",
    "model_revision", "width", "height", "precision", "memory_format", "threads", "batch", "prefix", "software", "fps",
)  # fmt: skip
"""Columns that all legs of a stretch share; where one differs, as after a change of model, a new stretch begins."""
OF_STOP = (
    "prompt",
    "negative_prompt",
    "requested_style",
    "chosen_style",
    "detected_style",
    "note",
    "scene",
    "cut_out",
    *StopOptions.names(),
)
LATER = 2
"""The number of turns by which films of preserved walks are delayed, so that the wall's legs come first."""
TEXT = N_("What was written for this wall, in the order in which it was walked.")


def preserve_shown(wall: Wall, *, all_of_it: bool = False) -> int:
    """Preserve shown legs in full stretches, with ``all_of_it`` also in shorter ones; return the number of walks."""
    kept = 0
    for legs in _stretches(_shown_legs(wall, even_lead=all_of_it)):
        if len(legs) == STRETCH_LEGS or all_of_it:
            kept += _preserve(wall, legs)
    return kept


def set_listed(walk: Walk, is_listed: bool) -> None:
    """List a preserved walk in the gallery, or show it only in its exhibition.

    :raises InvalidInput: for a walk that is not of a wall, or whose photos may not be shown.
    """
    if not walk.is_of_wall:
        raise InvalidInput.on("walk_id", message=_("Only its visitor decides whether it is listed."))
    walk_edits.apply(walk, WalkChange(unlisted=not is_listed))


def delete_superfluous_of_all() -> int:
    """Delete superfluous legs' walks of all walls; return their number."""
    count = 0
    for wall in db.session.scalars(select(Wall)).all():
        while removed := delete_superfluous(wall):
            count += removed
    return count


def delete_superfluous(wall: Wall) -> int:
    """Delete walks of legs that were preserved, skipped or will not be preserved; return their number."""
    query = (
        select(Walk)
        .join(WallLeg, WallLeg.walk_id == Walk.id)
        .where(WallLeg.wall_number == wall.number, WallLeg.number < _still_shown(wall), Walk.state.not_in(WAITING))
    )
    kept = aliased(Walk)
    is_kept = select(kept.id).where(kept.state == FINISHED, kept.id == WallLeg.stretch).exists()
    gone = WallLeg.skipped | (WallLeg.stretch == "") | is_kept
    walks = db.session.scalars(query.where(gone).options(selectinload(Walk.stops)).limit(STRETCH_LEGS * 2)).all()
    if walks:
        lifecycle.purge(walks)
        with writing() as session:
            ids = [walk.id for walk in walks]
            session.execute(update(WallLeg).where(WallLeg.walk_id.in_(ids)).values(walk_id=None))
    return len(walks)


def _still_shown(wall: Wall) -> int:
    """Return the number of the first leg that screens may still request: the one before the current leg."""
    return wall.lead - 1 if wall.closed_at is None else wall.lead + 2


def _shown_legs(wall: Wall, *, even_lead: bool) -> list[tuple[WallLeg, Walk]]:
    """Return the legs that were shown and finished but not preserved yet, each with its walk."""
    until = WallLeg.number <= wall.lead if even_lead else WallLeg.number < wall.lead
    rows = db.session.execute(
        select(WallLeg, Walk)
        .join(Walk, Walk.id == WallLeg.walk_id)
        .where(
            WallLeg.wall_number == wall.number, until, WallLeg.stretch.is_(None), WallLeg.skipped.is_(False),
            WallLeg.shown_at.is_not(None), Walk.state == FINISHED, Walk.deleted_at.is_(None),
        )
        .order_by(WallLeg.number)
        .options(selectinload(Walk.stops), selectinload(Walk.painted))
    )  # fmt: skip
    return [(leg, walk) for leg, walk in rows if len(walk.painted) == walk.frames]


def _stretches(walked: Sequence[tuple[WallLeg, Walk]]) -> Iterator[list[tuple[WallLeg, Walk]]]:
    """Yield stretches: at most seven consecutive legs that continue each other and share the columns in `SAME`."""
    legs: list[tuple[WallLeg, Walk]] = []
    for leg, walk in walked:
        if legs and (len(legs) == STRETCH_LEGS or not _joins(legs[-1][1], walk)):
            yield legs
            legs = []
        legs.append((leg, walk))
    if legs:
        yield legs


def _joins(earlier: Walk, later: Walk) -> bool:
    return later.continues == earlier.id and all(getattr(earlier, name) == getattr(later, name) for name in SAME)


def _preserve(wall: Wall, legs: Sequence[tuple[WallLeg, Walk]]) -> int:
    """Join legs into a walk and enqueue its films; return the number of walks, 0 for legs without visitors' words."""
    mine = WallLeg.wall_number == wall.number, WallLeg.number.in_([leg.number for leg, _walk in legs])
    if all(leg.words_number is None for leg, _walk in legs):
        with writing() as session:
            session.execute(update(WallLeg).where(*mine).values(stretch=""))
        return 0
    walks = [walk for _leg, walk in legs]
    kept = _join(wall, walks)
    with writing() as session:
        for name, value in fair_queue.enqueue(session, kept).items():
            setattr(kept, name, value)
        kept.cost = 0  # all frames exist
        session.add(kept)
        session.flush()
        session.execute(insert(Frame), [row | {"walk_number": kept.number} for row in _frames(walks)])
        piece = {"walk_number": kept.number, "kind": FILM, "level": 1, "batch": 0, "urgency": WALK}
        queue_columns = {
            "turn": kept.turn + LATER,
            "ticket": kept.ticket,
            "seconds": sum(w.paint_seconds or 0 for w in walks),
        }
        session.execute(insert(Task), [piece | queue_columns])
        session.execute(update(WallLeg).where(*mine, WallLeg.stretch.is_(None)).values(stretch=kept.id))
    jobs.notify_workers()
    if brought_photos.may_be_listed(kept):
        _publish(wall, kept)
    return 1


def _join(wall: Wall, walks: Sequence[Walk]) -> Walk:
    """Return a walk that consists of the given legs, with the recipe of a walk generated as a whole."""
    first = walks[0]
    stops = [first.stops[0], *(walk.stops[-1] for walk in walks)]
    owners = [(first, 0), *((walk, 1) for walk in walks)]
    frames = _frames(walks)
    drawings = {json.dumps(each, sort_keys=True): each for walk in walks for each in walk.drawings or []}
    kept = Walk(
        id=new_id(),
        visitor=f"wall {wall.name}",
        origin=WALL,
        network=f"kept {wall.name}",
        owner_hash=visitors.digest(visitors.new_token()),
        request_hash="",
        state=QUEUED,
        started_at=now(),
        model=walks[-1].model,
        seed=first.seed,
        frames=len(frames),
        painted_count=len(frames),
        evaluations=sum(walk.evaluations or 0 for walk in walks),
        positions=[row["position"] for row in frames],
        levels=joined_levels([walk.levels or [] for walk in walks]),
        drawings=list(drawings.values()) or None,
        is_pinned=True,
        photos_may_be_shown=all(walk.photos_may_be_shown for walk in walks if any(stop.photo for stop in walk.stops)),
        stops=[
            Stop(position=index, seed=owner.seed_of(stop), **{name: getattr(stop, name) for name in OF_STOP})
            for index, (stop, (owner, _at)) in enumerate(zip(stops, owners, strict=True))
        ],
        **{name: getattr(first, name) for name in SAME},
    )
    photos = {
        index: (photo_stops.read_photo(owner, at), str(owner.stops[at].photo))
        for index, (owner, at) in enumerate(owners)
        if owner.stops[at].photo
    }
    kept.photos_may_be_shown = kept.photos_may_be_shown and bool(photos)
    photo_stops.attach(kept, photos)
    kept.unlisted = not (wall.is_listed and brought_photos.may_be_listed(kept))
    kept.search_text = kept.search_words
    neighbours.mark(kept)
    return kept


def _frames(walks: Sequence[Walk]) -> list[dict[str, Any]]:
    """Return the frame rows of the joined walk; the picture where two legs meet is included once."""
    rows: list[dict[str, Any]] = []
    for leg, walk in enumerate(walks):
        for frame in walk.painted[1 if leg else 0 :]:
            rows.append(
                {
                    "index": len(rows), "position": leg + frame.position, "rank": frame.rank, "path": frame.path,
                    "bytes": frame.bytes,
                }
            )  # fmt: skip
    return rows


def joined_levels(of_legs: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the legs' recorded passes joined into those of one walk: stops in pairs, others in their own batches."""
    stops = len(of_legs) + 1
    whole = [
        of_legs[0][0]
        | {
            "positions": [float(stop) for stop in range(stops)],
            "batches": [list(range(at, min(at + PAIR, stops))) for at in range(0, stops, PAIR)],
        }
    ]
    for levels in zip(*(levels[1:] for levels in of_legs), strict=True):
        positions: list[float] = []
        batches: list[list[int]] = []
        for leg, level in enumerate(levels):
            batches += [[len(positions) + index for index in batch] for batch in level["batches"]]
            positions += [leg + position for position in level["positions"]]
        whole.append(levels[0] | {"positions": positions, "batches": batches})
    return whole


def _publish(wall: Wall, kept: Walk) -> None:
    """Publish a preserved walk in the evening's exhibition; create a further exhibition if that is full."""
    exhibition = None if wall.evening is None else exhibitions.find(wall.evening)
    if exhibition is not None and exhibitions.size(exhibition) < EXHIBITS_MAX:
        exhibitions.add(exhibition, kept)
        return
    begun = local_day(wall.opened_at)
    title = f"{wall.title[: TITLE_MAX - 40]}, {day(begun)}"
    for number in itertools.count(1):
        slug = f"{wall.name}-{begun.isoformat()}" + (f"-{number}" if number > 1 else "")
        if exhibitions.find(slug) is None:
            break
    request = ExhibitionRequest(title, _(TEXT), slug, walks=[kept.id])
    exhibition = exhibitions.create(request, who=f"wall {wall.name}")
    with writing() as session:
        session.execute(update(Wall).where(Wall.number == wall.number).values(evening=exhibition.slug))
    db.session.refresh(wall)
