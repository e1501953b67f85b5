"""Candidates for a stop: of what it might be, the proposal and those that look least like one another, painted small.

Each is painted as a walk paints its stops, two at a time, so that the walk that takes one has the very same picture.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image
from sqlalchemy import delete, select

from app.errors import MediaError, MediaStoreAway
from app.generation import models_on_offer
from app.storage import media_store
from app.storage.candidate_models import PAINTED, Candidate, CandidateSet
from app.storage.database import db, writing
from app.storage.photo_models import Photo
from app.storage.walk_models import Piece
from app.uploads import photo_store
from worker.diffusion import level_batch
from worker.diffusion import sketches as leading
from worker.diffusion.painter import Painter
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import PaintingError, StopInput
from worker.film import encoding
from worker.photos import pictures, tracing
from worker.photos.pictures import Pixels
from worker.pieces import painting
from worker.pieces.walk_setup import SOFTWARE
from worker.planning import level_plan, variety
from worker.planning.latent_state import Painted, State
from worker.planning.level_plan import Knot
from worker.queue.leases import Claim, LeaseLost, write_as_holder

SIDE_MAX = 256
"""How large a candidate is shown at most."""

LOST = "the photo of stop 1 is lost"

log = logging.getLogger(__name__)


def paint(claim: Claim, painter: Painter) -> None:
    """Paint what a set still lacks of its candidates; those that are there stay as they are."""
    found = _load(claim)
    photo = _photo(found)
    stations = _stations(found, photo)
    added = painting.added_drawings(stations)
    there = [candidate.place for candidate in found.candidates]
    places = _choose(painter, stations, there, found.wanted - len(there), added=added)
    chosen = [stations[place] for place in places]
    if chosen:
        rendering = painter.rendering(found.sampling)
        cut_outs: dict[str, Pixels] = {}
        if photo is not None and painter.is_sketch_conditioned:
            chosen, cut_outs = _traced(found, photo, chosen, ratio=rendering.width / rendering.height)
        prepared = painter.prepare(chosen, rendering, drawings=added, cut_outs=cut_outs)
        if photo is not None and not painter.is_sketch_conditioned:
            prepared = _inverted(found, photo, painter, prepared, len(chosen))
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


def _photo(found: CandidateSet) -> Photo | None:
    """Return the photo that the stop is to be made of, if it is to be made of one.

    :raises PaintingError: when it is gone, or was never theirs.
    """
    named = found.asked["stop"]["picture"]
    if not named:
        return None
    photo = photo_store.find(named, found.owner_hash)
    if photo is None:
        raise PaintingError(LOST)
    return photo


def _stations(found: CandidateSet, photo: Photo | None) -> list[StopInput]:
    """Say what would be painted of each of the pool; a photo without words has those that it was taken for."""
    stop, model = found.asked["stop"], models_on_offer.setting(found.model)
    guess = (photo.description or "") if photo is not None else ""
    return [
        painting.station(
            stop["prompt"] or guess,
            leave_out=stop["negative_prompt"],
            seed=each["seed"],
            hand=stop["hand"] or "",
            scene_json=each["scene"],
            model=model,
            sampling=found.sampling,
            lora=(stop.get("lora"), stop.get("lora_weight")),
            clip_skip=stop.get("clip_skip"),
        )
        for each in found.pool
    ]


def _traced(
    found: CandidateSet, photo: Photo, stations: Sequence[StopInput], *, ratio: float
) -> tuple[list[StopInput], dict[str, Pixels]]:
    """Put the photo into the scenes, as a walk does; return them, and what was cut out of it, by digest."""
    trace = tracing.trace(_pixels(photo), cut_out=bool(found.asked["stop"]["cut_out"]), ratio=ratio)
    cut_outs = {} if trace.thing is None else {trace.digest: trace.thing}
    return [replace(station, scene=trace.scene(station.scene)) for station in stations], cut_outs


def _inverted(found: CandidateSet, photo: Photo, painter: Painter, prepared: PreparedWalk, count: int) -> PreparedWalk:
    """Hold all of them to the photo, as a walk does whose painter words lead."""
    size, cut_out = prepared.rendering, bool(found.asked["stop"]["cut_out"])
    latents = painter.model.encode_picture(tracing.composed(_pixels(photo), size.width, size.height, cut_out=cut_out))
    photos = tuple(painter.invert(prepared, index, latents, on_step=painting.go_on) for index in range(count))
    return replace(prepared, photos=photos)


def _pixels(photo: Photo) -> Pixels:
    """Read the photo.

    :raises PaintingError: when it is lost, or is none any more.
    """
    try:
        return pictures.read_picture(media_store.store().read_bytes(photo.path))
    except MediaStoreAway:
        raise
    except (MediaError, pictures.PictureError) as error:
        raise PaintingError(LOST) from error


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
    licence = models_on_offer.licence(painter.name)
    comment = encoding.provenance(model=painter.title, revision=painter.revision, software=SOFTWARE, licence=licence)
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
