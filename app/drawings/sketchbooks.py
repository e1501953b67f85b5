"""The sketchbook of each model that sketches lead."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from app.generation import models_on_offer
from sketch import sketchbook
from sketch.sketchbook import Sketchbook


def of_model(model: str) -> Sketchbook | None:
    """Return the sketchbook of a model, given as it is set; None where sketches do not lead it.

    :raises SketchbookError: where it is missing or broken.
    """
    if not models_on_offer.facts(model)["has_sketches"]:
        return None
    return _shipped(Path(model))


@lru_cache(maxsize=4)
def _shipped(folder: Path) -> Sketchbook:
    return sketchbook.load(folder / sketchbook.FILE)
