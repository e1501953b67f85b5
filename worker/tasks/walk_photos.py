"""The photos of a walk's stops in the form that the model needs: traced or inverted once, and stored for all tasks.

Every task of a walk must be conditioned on the same data, whichever worker does it. So the first result is stored in
the media store and recorded on the walk, and later tasks load it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from app.core.errors import MediaLost
from app.storage import media_store
from app.storage.database import writing
from app.storage.walk_models import Medium, Walk
from app.walks.uploads import photo_stops
from worker.diffusion import inversion
from worker.diffusion.inversion import InvertedPhoto
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import GenerationError, StopInput
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.photos import pictures, tracing
from worker.photos.pictures import Pixels
from worker.photos.tracing import Traced
from worker.queue.leases import Claim, write_as_holder

WHOLE, CUT, ENCODED = "whole", "cut", "encoded"
"""Kinds of stored photo data, as media named with the stop's index: traced whole, traced cut-out, inverted."""

Stored = TypeVar("Stored", Traced, InvertedPhoto)

log = logging.getLogger(__name__)


def trace_photos(
    claim: Claim, walk: Walk, inputs: Sequence[StopInput], *, ratio: float
) -> tuple[list[StopInput], dict[str, Pixels]]:
    """Return the inputs of a walk with the stops' photos placed in their scenes, and the photos' cut-outs by digest.

    They are for a sketch-conditioned model. ``ratio`` is the width of the pictures divided by their height.

    :raises GenerationError: when a photo is lost.
    """
    placed, cut_outs = list(inputs), dict[str, Pixels]()
    for index in _with_photos(walk):
        cut_out = bool(walk.stops[index].cut_out)

        def trace(index: int = index, cut_out: bool = cut_out) -> Traced:
            return tracing.trace(_photo(walk, index), cut_out=cut_out, ratio=ratio)

        name = f"{CUT if cut_out else WHOLE}-{index}"
        traced_photo = _load_or_make(claim, walk, name, make=trace, pack=tracing.pack, unpack=tracing.unpack)
        placed[index] = replace(inputs[index], scene=traced_photo.scene(inputs[index].scene))
        if traced_photo.thing is not None:
            cut_outs[traced_photo.digest] = traced_photo.thing
    return placed, cut_outs


def invert_photos(
    claim: Claim, walk: Walk, painter: WalkPipeline, prepared: PreparedWalk, on_step: Callable[[], None]
) -> PreparedWalk:
    """Return the prepared walk with the stops' photos, of which it has some, inverted, for a text-conditioned model.

    ``on_step`` is called after each solver step.

    :raises GenerationError: when a photo is lost, or the model does not support inversion.
    """
    photos: list[InvertedPhoto | None] = [None] * len(walk.stops)
    for index in _with_photos(walk):

        def invert(index: int = index) -> InvertedPhoto:
            cut_out = bool(walk.stops[index].cut_out)
            latents = encode_photo(painter, prepared, _photo(walk, index), cut_out=cut_out)
            return painter.invert(prepared, index, latents, on_step=on_step)

        photos[index] = _load_or_make(
            claim, walk, f"{ENCODED}-{index}", make=invert, pack=inversion.pack, unpack=inversion.unpack
        )
    return replace(prepared, photos=tuple(photos))


def _with_photos(walk: Walk) -> list[int]:
    return [index for index, stop in enumerate(walk.stops) if stop.photo is not None]


def _photo(walk: Walk, index: int) -> Pixels:
    return read_photo(lambda: photo_stops.read_photo(walk, index), index)


def read_photo(read: Callable[[], bytes], index: int) -> Pixels:
    """Return the pixels of the photo of a stop from its file.

    :raises GenerationError: when the file is missing or no picture.
    """
    try:
        return pictures.read_picture(read())
    except (MediaLost, pictures.PictureError) as error:
        raise GenerationError(lost(index)) from error


def lost(index: int) -> str:
    """Return the message that the photo of a stop is lost."""
    return f"the photo of stop {index + 1} is lost"


def encode_photo(painter: WalkPipeline, prepared: PreparedWalk, photo: Pixels, *, cut_out: bool) -> NDArray[np.float32]:
    """Return a photo, or its main thing, as latents of a walk's size."""
    size = prepared.rendering
    return painter.model.encode_picture(tracing.compose(photo, size.width, size.height, cut_out=cut_out))


def _load_or_make(
    claim: Claim,
    walk: Walk,
    kind: str,
    *,
    make: Callable[[], Stored],
    pack: Callable[[Stored], bytes],
    unpack: Callable[[bytes], Stored],
) -> Stored:
    """Return the stored data of a photo; make and store missing data, unless another worker stored its own first."""
    known = walk.media.get(kind)
    if known is not None and (stored := _load(known.path, unpack)) is not None:
        return stored
    made = make()
    data = pack(made)
    path, digest = media_store.film_path(walk.id, kind, "npz", data)
    media_store.store().write(path, data)
    with writing() as session:
        write_as_holder(session, claim)
        others = session.get(Medium, (walk.number, kind), populate_existing=True)
        theirs = None if others is None else others.path
        if theirs is None or theirs == (known.path if known else None):
            row = {"walk_number": walk.number, "kind": kind, "path": path, "bytes": len(data), "etag": digest}
            session.merge(Medium(**row))
            theirs = None
    if theirs is None or theirs == path:
        return made
    media_store.store().delete(path)
    return _load(theirs, unpack) or made


def _load(path: str, unpack: Callable[[bytes], Stored]) -> Stored | None:
    try:
        return unpack(media_store.store().read_bytes(path))
    except (MediaLost, ValueError) as error:
        log.warning("%s is lost and is made again: %s", path, error)
        return None
