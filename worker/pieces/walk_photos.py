"""The photos of a walk's stops, as its painter needs them: traced, or inverted, once; and kept for whoever goes on.

What leads a painter must be the same for every piece of a walk, whoever paints it. So it lies in the media store, named
by the walk's rows, and who comes second takes what the first one kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from app.errors import MediaError, MediaStoreAway
from app.storage import media_store
from app.storage.database import writing
from app.storage.walk_models import Medium, Walk
from app.uploads import photo_stops
from worker.diffusion import inversion
from worker.diffusion.inversion import InvertedPhoto
from worker.diffusion.painter import Painter
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import PaintingError, StopInput
from worker.photos import pictures, tracing
from worker.photos.pictures import Pixels
from worker.photos.tracing import Traced
from worker.queue.leases import Claim, write_as_holder

WHOLE, CUT, ENCODED = "whole", "cut", "encoded"
"""What is kept of the photo of a stop, as a medium named with the stop's number: traced whole or cut out, inverted."""

Kept = TypeVar("Kept", Traced, InvertedPhoto)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Led:
    """Stops whose scenes show their photos, and what was cut out of these, by digest."""

    stations: list[StopInput]
    cut_outs: dict[str, Pixels]


def traced(claim: Claim, walk: Walk, stations: Sequence[StopInput], *, ratio: float = 1.0) -> Led:
    """Put the photos of a walk's stops into their scenes, for a painter that sketches lead.

    Its pictures are as wide as they are high by the ``ratio``.

    :raises PaintingError: when a photo is lost.
    """
    led = Led(list(stations), {})
    for index in _with_photos(walk):
        cut_out = bool(walk.stops[index].cut_out)

        def trace(index: int = index, cut_out: bool = cut_out) -> Traced:
            return tracing.trace(_photo(walk, index), cut_out=cut_out, ratio=ratio)

        name = f"{CUT if cut_out else WHOLE}-{index}"
        found = _kept(claim, walk, name, make=trace, pack=tracing.pack, unpack=tracing.unpack)
        led.stations[index] = replace(stations[index], scene=found.scene(stations[index].scene))
        if found.thing is not None:
            led.cut_outs[found.digest] = found.thing
    return led


def inverted(
    claim: Claim, walk: Walk, painter: Painter, prepared: PreparedWalk, on_step: Callable[[], None]
) -> PreparedWalk:
    """Hold a walk to the photos of its stops, for a painter that words lead.

    :raises PaintingError: when a photo is lost, or the model cannot follow it.
    """
    photos: list[InvertedPhoto | None] = [None] * len(walk.stops)
    for index in _with_photos(walk):

        def invert(index: int = index) -> InvertedPhoto:
            latents = painter.model.encode_picture(_fitting(walk, index, prepared))
            return painter.invert(prepared, index, latents, on_step=on_step)

        photos[index] = _kept(
            claim, walk, f"{ENCODED}-{index}", make=invert, pack=inversion.pack, unpack=inversion.unpack
        )
    return replace(prepared, photos=tuple(photos)) if any(photo is not None for photo in photos) else prepared


def _with_photos(walk: Walk) -> list[int]:
    return [index for index, stop in enumerate(walk.stops) if stop.photo is not None]


def _photo(walk: Walk, index: int) -> Pixels:
    """Read the photo of a stop.

    :raises PaintingError: when it is lost, or is none any more.
    """
    try:
        return pictures.read_picture(photo_stops.read_photo(walk, index))
    except MediaStoreAway:
        raise
    except (MediaError, pictures.PictureError) as error:
        raise PaintingError(f"the photo of stop {index + 1} is lost") from error


def _fitting(walk: Walk, index: int, prepared: PreparedWalk) -> NDArray[np.uint8]:
    rendering = prepared.rendering
    cut_out = bool(walk.stops[index].cut_out)
    return tracing.composed(_photo(walk, index), rendering.width, rendering.height, cut_out=cut_out)


def _kept(
    claim: Claim,
    walk: Walk,
    kind: str,
    *,
    make: Callable[[], Kept],
    pack: Callable[[Kept], bytes],
    unpack: Callable[[bytes], Kept],
) -> Kept:
    """Return what is kept of a photo; what is not, or is lost, is made, and kept unless somebody was quicker."""
    known = walk.media.get(kind)
    if known is not None and (found := _read(known.path, unpack)) is not None:
        return found
    made = make()
    data = pack(made)
    path, digest = media_store.film_path(walk.id, kind, "npz", data)
    media_store.store().write(path, data)
    with writing() as session:
        write_as_holder(session, claim)
        others = session.scalar(
            select(Medium)
            .where(Medium.walk_number == walk.number, Medium.kind == kind)
            .execution_options(populate_existing=True)
        )
        theirs = None if others is None else others.path
        if theirs is None or theirs == (known.path if known else None):
            row = {"walk_number": walk.number, "kind": kind, "path": path, "bytes": len(data), "etag": digest}
            session.merge(Medium(**row))
            theirs = None
    if theirs is None or theirs == path:
        return made
    media_store.store().delete(path)
    return _read(theirs, unpack) or made


def _read(path: str, unpack: Callable[[bytes], Kept]) -> Kept | None:
    try:
        return unpack(media_store.store().read_bytes(path))
    except MediaStoreAway:
        raise
    except (MediaError, ValueError) as error:
        log.warning("%s is lost and made again: %s", path, error)
        return None
