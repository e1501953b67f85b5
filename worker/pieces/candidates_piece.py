"""Candidates for a stop: of what it might be, the proposal and those that look least like one another, painted small.

Each is painted as a walk paints its stops, two at a time, so that the walk that takes one has the very same picture.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from PIL import Image
from sqlalchemy import delete, select

from app.generation import models_on_offer
from app.storage.candidate_models import PAINTED, Candidate, CandidateSet
from app.storage.database import db, writing
from app.storage.walk_models import Piece
from worker.diffusion import level_batch
from worker.diffusion import sketches as leading
from worker.diffusion.painter import Painter
from worker.diffusion.rendering import StopInput
from worker.film import encoding
from worker.pieces import painting
from worker.pieces.walk_setup import SOFTWARE
from worker.planning import level_plan, variety
from worker.planning.latent_state import Painted, State
from worker.planning.level_plan import Knot
from worker.queue.leases import Claim, LeaseLost, write_as_holder

SIDE_MAX = 256
"""How large a candidate is shown at most."""

log = logging.getLogger(__name__)


def paint(claim: Claim, painter: Painter) -> None:
    """Paint what a set still lacks of its candidates; those that are there stay as they are."""
    found = _load(claim)
    stations = _stations(found)
    added = painting.added_drawings(stations)
    there = [candidate.place for candidate in found.candidates]
    places = _choose(painter, stations, there, found.wanted - len(there), added=added)
    chosen = [stations[place] for place in places]
    if chosen:
        rendering = painter.rendering(found.sampling)
        prepared = painter.prepare(chosen, rendering, drawings=added)
        level = level_plan.following(
            [], {}, stops=len(chosen), frames=len(chosen), sampling=found.sampling, batch=rendering.batch
        )
        assert level is not None  # noqa: S101 - every walk has stops
        for number, batch in enumerate(level.batches):
            painted = level_batch.paint(
                painter, prepared, [level], number=0, batch=number, sampling=found.sampling, frames=len(chosen),
                states=_nothing_before, on_step=painting.go_on,
            )  # fmt: skip
            _publish(claim, found, painter, [places[index] for index in batch], painted)
    with writing() as session:
        write_as_holder(session, claim)
        session.get_one(CandidateSet, found.number).state = PAINTED
        session.execute(delete(Piece).where(Piece.number == claim.number))
    log.info("%s candidates of set %s", len(places), found.id)


def _load(claim: Claim) -> CandidateSet:
    """Read the set of a claim as it stands.

    :raises LeaseLost: when it is gone.
    """
    found: CandidateSet | None = db.session.scalar(
        select(CandidateSet).where(CandidateSet.id == claim.task).execution_options(populate_existing=True)
    )
    if found is None:
        raise LeaseLost(claim.whose)
    return found


def _stations(found: CandidateSet) -> list[StopInput]:
    """Say what would be painted of each of the pool."""
    stop, model = found.asked["stop"], models_on_offer.setting(found.model)
    return [
        painting.station(
            stop["prompt"],
            leave_out=stop["negative_prompt"],
            seed=each["seed"],
            hand=stop["hand"] or "",
            told=each["scene"],
            model=model,
        )
        for each in found.pool
    ]


def _choose(
    painter: Painter, stations: Sequence[StopInput], there: Sequence[int], count: int, *, added: dict[str, str]
) -> list[int]:
    """Choose so many of the pool by the sketches that would lead the painter; in its order where none would.

    Of one prompt, what differs most between two noises is known only once it is painted, and noises are all equally
    far from one another.
    """
    left = [place for place in range(len(stations)) if place not in there]
    if count <= 0 or not left:
        return []
    thumbnails = None
    if any(station.scene for station in stations):
        thumbnails = leading.thumbnails(painter.model, [station.scene for station in stations], added=added)
    return left[:count] if thumbnails is None else variety.most_different(thumbnails, there, count)


def _publish(
    claim: Claim, found: CandidateSet, painter: Painter, places: Sequence[int], painted: Sequence[Painted]
) -> None:
    """Show what was painted; whatever may not be shown is to be left out here."""
    comment = encoding.provenance(model=painter.title, revision=painter.revision, software=SOFTWARE)
    about = {"title": found.asked["stop"]["prompt"], "comment": comment}
    rows = []
    for place, one in zip(places, painted, strict=True):
        picture = Image.fromarray(np.asarray(one.picture))
        picture.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
        file = encoding.webp([np.asarray(picture)], 1000, metadata=about)
        rows.append({"place": place, "picture": file, "width": picture.width, "height": picture.height})
    with writing() as session:
        write_as_holder(session, claim)
        first = len(session.scalars(select(Candidate.index).where(Candidate.set_number == found.number)).all())
        for index, row in enumerate(rows, first):
            session.add(Candidate(set_number=found.number, index=index, **row))


def _nothing_before(_knot: Knot, _depth: int) -> State:
    raise LookupError("a stop is painted from its noise")
