"""The sketchbook of each model that sketches lead: what is shipped beside it, and what was added since."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from flask import has_app_context

from app.drawings import added_drawings
from app.generation import models_on_offer
from sketch import sketchbook
from sketch.sketchbook import Sketchbook, SketchbookError

log = logging.getLogger(__name__)

_joined: dict[str, tuple[Sketchbook, Sketchbook, Sketchbook]] = {}


def of_model(model: str) -> Sketchbook | None:
    """Return the sketchbook of a model, given as it is set; None where sketches do not lead it.

    It is the same one until a drawing is added or removed.

    :raises SketchbookError: where it is missing or broken.
    """
    shipped = _shipped_with(model)
    if shipped is None or not has_app_context():  # a program without a site has no drawings of its own
        return shipped
    added, held = added_drawings.book(), _joined.get(model)
    if held is None or held[0] is not shipped or held[1] is not added:
        held = _joined[model] = shipped, added, shipped.joined(added)
    return held[2]


def find(model: str) -> Sketchbook | None:
    """Return the sketchbook of a model; None where it has none, or one that cannot be read, which the log says."""
    return _load_or_log(of_model, model)


def find_shipped(model: str) -> Sketchbook | None:
    """Return what is shipped beside a model alone: what can be told of it while the database is away."""
    return _load_or_log(_shipped_with, model)


def _load_or_log(found: Callable[[str], Sketchbook | None], model: str) -> Sketchbook | None:
    try:
        return found(model)
    except SketchbookError as error:
        log.error("no drawings lead %s: %s", model, error)
        return None


def _shipped_with(model: str) -> Sketchbook | None:
    has_sketches = models_on_offer.facts(model)["has_sketches"]
    return _shipped(models_on_offer.folder(model)) if has_sketches else None


@lru_cache(maxsize=4)
def _shipped(folder: Path) -> Sketchbook:
    return sketchbook.load(folder / sketchbook.FILE)
