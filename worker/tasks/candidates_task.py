"""The task that generates candidates for a stop: the proposal and the most different alternatives of a pool.

Candidates are generated like the stops of a walk, in batches of two, so a walk with a chosen candidate has exactly the
same picture.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image
from sqlalchemy import delete, select

from app.offer.generation import offers
from app.storage.candidate_models import PAINTED, Candidate, CandidateSet
from app.storage.database import db, writing
from app.storage.upload_models import Upload
from app.storage.walk_models import StopOptions, Task
from app.walks.uploads import kinds, upload_store
from worker.diffusion import pass_batch
from worker.diffusion import sketches as leading
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import GenerationError, StopInput
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import encoding
from worker.photos import tracing
from worker.photos.pictures import Pixels
from worker.planning import pass_plan, variety
from worker.planning.latent_state import GeneratedFrame, State
from worker.planning.pass_plan import IntermediateSample
from worker.queue.leases import Claim, LeaseLost, write_as_holder
from worker.tasks import painting, walk_photos
from worker.tasks.walk_setup import SOFTWARE

SIDE_MAX = 256
"""The largest side of a stored candidate, in pixels."""

log = logging.getLogger(__name__)


def paint(claim: Claim, painter: WalkPipeline) -> None:
    """Generate and store the candidates that a set still lacks; existing ones stay as they are.

    :raises LeaseLost: when the set is gone, or this worker no longer holds the task.
    :raises GenerationError: when the stop's photo is lost.
    """
    candidate_set = _load(claim)
    photo = _photo(candidate_set)
    inputs = _stop_inputs(candidate_set, photo)
    added = painting.added_drawings(inputs)
    existing = [candidate.pool_index for candidate in candidate_set.candidates]
    places = _choose(painter, inputs, existing, candidate_set.wanted - len(existing), added=added)
    chosen = [inputs[place] for place in places]
    if chosen:
        rendering = painter.rendering(candidate_set.sampling)
        cut_outs: dict[str, Pixels] = {}
        if photo is not None and painter.is_sketch_conditioned:
            chosen, cut_outs = _place_photo(candidate_set, photo, chosen, ratio=rendering.width / rendering.height)
        prepared = painter.prepare(chosen, rendering, drawings=added, cut_outs=cut_outs)
        if photo is not None and not painter.is_sketch_conditioned:
            prepared = _invert_photo(candidate_set, photo, painter, prepared, len(chosen))
        level = pass_plan.following(
            [], {}, stops=len(chosen), frames=len(chosen), sampling=candidate_set.sampling, batch=rendering.batch
        )
        assert level is not None  # noqa: S101 - every walk has stops
        for number, batch in enumerate(level.batches):
            painted = pass_batch.paint(
                painter, prepared, [level], number=0, batch=number, sampling=candidate_set.sampling, frames=len(chosen),
                states=_nothing_before, on_step=painting.go_on,
            )  # fmt: skip
            _publish(claim, candidate_set, painter, [places[index] for index in batch], painted)
    with writing() as session:
        write_as_holder(session, claim)
        session.get_one(CandidateSet, candidate_set.number).state = PAINTED
        session.execute(delete(Task).where(Task.number == claim.number))
    log.info("%s candidates of set %s", len(places), candidate_set.id)


def _load(claim: Claim) -> CandidateSet:
    """Return the candidate set of a task, as it is in the database now.

    :raises LeaseLost: when it no longer exists.
    """
    candidate_set: CandidateSet | None = db.session.scalar(
        select(CandidateSet).where(CandidateSet.id == claim.task).execution_options(populate_existing=True)
    )
    if candidate_set is None:
        raise LeaseLost(claim.subject)
    return candidate_set


def _photo(candidate_set: CandidateSet) -> Upload | None:
    """Return the photo of the stop, or None for a stop without a photo.

    :raises GenerationError: when the photo is gone or belongs to another owner.
    """
    named = candidate_set.request["stop"]["picture"]
    if not named:
        return None
    photo = upload_store.find(kinds.OF_STOPS, named, candidate_set.owner_hash)
    if photo is None:
        raise GenerationError(walk_photos.lost(0))
    return photo


def _stop_inputs(candidate_set: CandidateSet, photo: Upload | None) -> list[StopInput]:
    """Return the model input of each pool entry; a photo without a prompt is prompted by its description."""
    stop, offer = candidate_set.request["stop"], offers.load().get(candidate_set.model)
    guess = (photo.description or "") if photo is not None else ""
    return [
        painting.stop_input(
            stop["prompt"] or guess,
            leave_out=stop["negative_prompt"],
            seed=each["seed"],
            requested_style=stop["hand"] or "",
            scene_json=each["scene"],
            offer=offer,
            sampling=candidate_set.sampling,
            options=StopOptions.from_record(stop),
        )
        for each in candidate_set.pool
    ]


def _place_photo(
    candidate_set: CandidateSet, photo: Upload, inputs: Sequence[StopInput], *, ratio: float
) -> tuple[list[StopInput], dict[str, Pixels]]:
    """Return the inputs with the photo placed in their scenes, as in a walk, and its cut-outs by digest."""
    trace = tracing.trace(_pixels(photo), cut_out=bool(candidate_set.request["stop"]["cut_out"]), ratio=ratio)
    cut_outs = {} if trace.thing is None else {trace.digest: trace.thing}
    return [replace(each, scene=trace.scene(each.scene)) for each in inputs], cut_outs


def _invert_photo(
    candidate_set: CandidateSet, photo: Upload, painter: WalkPipeline, prepared: PreparedWalk, count: int
) -> PreparedWalk:
    """Return the prepared candidates, all tied to the inverted photo, as in a walk of a text-conditioned model."""
    cut_out = bool(candidate_set.request["stop"]["cut_out"])
    latents = walk_photos.encode_photo(painter, prepared, _pixels(photo), cut_out=cut_out)
    photos = tuple(painter.invert(prepared, index, latents, on_step=painting.go_on) for index in range(count))
    return replace(prepared, photos=photos)


def _pixels(photo: Upload) -> Pixels:
    return walk_photos.read_photo(lambda: upload_store.read_file(photo), 0)


def _choose(
    painter: WalkPipeline, inputs: Sequence[StopInput], existing: Sequence[int], count: int, *, added: dict[str, str]
) -> list[int]:
    """Return the pool indices of up to ``count`` further candidates: the most different sketches, or the first ones.

    Without sketches the pool's order decides, because candidates of one prompt differ only in their noise, and all
    noises are about equally far apart.
    """
    left = [index for index in range(len(inputs)) if index not in existing]
    if count <= 0 or not left:
        return []
    thumbnails = None
    if any(each.scene for each in inputs):
        thumbnails = leading.thumbnails(painter.model, [each.scene for each in inputs], added=added)
    return left[:count] if thumbnails is None else variety.most_different(thumbnails, existing, count)


def _publish(
    claim: Claim,
    candidate_set: CandidateSet,
    painter: WalkPipeline,
    places: Sequence[int],
    painted: Sequence[GeneratedFrame],
) -> None:
    """Store a batch of candidates, in files of at most `SIDE_MAX` pixels, so that pages show them.

    :raises LeaseLost: when this worker no longer holds the task.
    """
    licence = offers.load().licence(painter.name)
    comment = encoding.provenance(model=painter.title, revision=painter.revision, software=SOFTWARE, licence=licence)
    about = {"title": candidate_set.request["stop"]["prompt"], "comment": comment}
    rows = []
    for place, one in zip(places, painted, strict=True):
        picture = Image.fromarray(np.asarray(one.picture))
        picture.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
        file = encoding.webp([np.asarray(picture)], 1000, metadata=about)
        rows.append({"pool_index": place, "picture": file, "width": picture.width, "height": picture.height})
    with writing() as session:
        write_as_holder(session, claim)
        first = len(session.scalars(select(Candidate.index).where(Candidate.set_number == candidate_set.number)).all())
        for index, row in enumerate(rows, first):
            session.add(Candidate(set_number=candidate_set.number, index=index, **row))


def _nothing_before(_knot: IntermediateSample, _depth: int) -> State:
    raise LookupError("a stop is painted from its noise")
