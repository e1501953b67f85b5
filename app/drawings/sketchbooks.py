"""The sketchbook of each model that sketches lead: what is shipped beside it, and what was added since."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path

from app.drawings import added_drawings
from app.generation import models_on_offer
from sketch import sketchbook
from sketch.sketchbook import Sketchbook, SketchbookError

log = logging.getLogger(__name__)

_joined: dict[Path, tuple[Sketchbook, Sketchbook, Sketchbook]] = {}


def of_model(model: str) -> Sketchbook | None:
    """Return the sketchbook of a model, given as it is set; None where sketches do not lead it.

    It is the same one until a drawing is added or removed.

    :raises SketchbookError: where it is missing or broken.
    """
    if not models_on_offer.facts(model)["has_sketches"]:
        return None
    folder = models_on_offer.folder(model)
    shipped, added = _shipped(folder), added_drawings.book()
    held = _joined.get(folder)
    if held is None or held[0] is not shipped or held[1] is not added:
        held = _joined[folder] = shipped, added, shipped.joined(added)
    return held[2]


def readable(model: str) -> Sketchbook | None:
    """Return the sketchbook of a model; None where it has none, or one that cannot be read, which the log says."""
    try:
        return of_model(model)
    except SketchbookError as error:
        log.error("no drawings lead %s: %s", model, error)
        return None


def without_database(model: str) -> Sketchbook | None:
    """Return what is shipped beside a model alone: what can be told of it while the database is away."""
    if not models_on_offer.facts(model)["has_sketches"]:
        return None
    try:
        return _shipped(models_on_offer.folder(model))
    except SketchbookError as error:
        log.error("no drawings lead %s: %s", model, error)
        return None


@lru_cache(maxsize=4)
def _shipped(folder: Path) -> Sketchbook:
    return sketchbook.load(folder / sketchbook.FILE)
