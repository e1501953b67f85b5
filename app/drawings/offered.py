"""The sketchbooks of the models on offer, and the drawings in them."""

from __future__ import annotations

import logging

from app.drawings import sketchbooks
from app.generation import models_on_offer
from app.generation.models_on_offer import ModelOnOffer
from sketch.sketchbook import Drawing, Sketchbook, SketchbookError

log = logging.getLogger(__name__)


def led_models() -> list[ModelOnOffer]:
    """List the models on offer that drawings lead."""
    return [model for model in models_on_offer.offered() if models_on_offer.facts(model.setting)["has_sketches"]]


def books() -> list[Sketchbook]:
    """List the sketchbooks there are; one that is broken is as good as none."""
    found = []
    for model in led_models():
        try:
            book = sketchbooks.of_model(model.setting)
        except SketchbookError as error:
            log.error("drawings are not shown: %s", error)
            continue
        if book is not None:
            found.append(book)
    return found


def holding(digest: str) -> Sketchbook | None:
    """Return a sketchbook that holds a drawing, if any does."""
    return next((book for book in books() if digest in book), None)


def drawing(digest: str) -> Drawing | None:
    """Return what is known of a drawing of any model on offer."""
    book = holding(digest)
    return None if book is None else book.drawings[digest]
