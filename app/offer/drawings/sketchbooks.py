"""The drawing library of each sketch-conditioned model: the drawings shipped with it, and those added later."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from flask import has_app_context

from app.offer.drawings import added_drawings
from app.offer.generation.offers import Offer
from sketch import sketchbook
from sketch.sketchbook import Sketchbook, SketchbookError

log = logging.getLogger(__name__)

_joined: dict[str, tuple[Sketchbook, Sketchbook, Sketchbook]] = {}


def of_model(offer: Offer) -> Sketchbook | None:
    """Return the library of a model; ``None`` if the model is not sketch-conditioned.

    The same object is returned until a drawing is added or removed.

    :raises SketchbookError: when the library is missing or broken.
    """
    shipped = _shipped_with(offer)
    if shipped is None or not has_app_context():  # without a site there are no added drawings
        return shipped
    added, cached = added_drawings.book(), _joined.get(offer.setting)
    if cached is None or cached[0] is not shipped or cached[1] is not added:
        cached = _joined[offer.setting] = shipped, added, shipped.join(added)
    return cached[2]


def find(offer: Offer) -> Sketchbook | None:
    """Return the library of a model; ``None`` if it has none or if it cannot be read, which is logged."""
    return _load_or_log(of_model, offer)


def find_shipped(offer: Offer) -> Sketchbook | None:
    """Return the library shipped with a model without added drawings, for use while the database is unavailable."""
    return _load_or_log(_shipped_with, offer)


def _load_or_log(load: Callable[[Offer], Sketchbook | None], offer: Offer) -> Sketchbook | None:
    try:
        return load(offer)
    except SketchbookError as error:
        log.error("the drawing library of the model %s cannot be read: %s", offer.setting, error)
        return None


def _shipped_with(offer: Offer) -> Sketchbook | None:
    return _shipped(offer.folder) if offer.facts.has_sketches else None


@lru_cache(maxsize=4)
def _shipped(folder: Path) -> Sketchbook:
    return sketchbook.load(folder / sketchbook.FILE)
