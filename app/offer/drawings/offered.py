"""The drawing libraries of the models on offer, and the drawings in them."""

from __future__ import annotations

from app.offer.drawings import sketchbooks
from app.offer.generation import models_on_offer
from app.offer.generation.models_on_offer import ModelOnOffer
from sketch.sketchbook import Drawing, Sketchbook


def conditioned_models() -> list[ModelOnOffer]:
    """Return the sketch-conditioned models on offer."""
    return [model for model in models_on_offer.offered() if models_on_offer.facts(model.setting).has_sketches]


def list_books() -> list[Sketchbook]:
    """Return the drawing libraries of the models on offer, without broken ones."""
    return [book for model in conditioned_models() if (book := sketchbooks.find(model.setting))]


def find_book(digest: str) -> Sketchbook | None:
    """Return a library that contains a drawing, or ``None``."""
    return next((book for book in list_books() if digest in book), None)


def find_drawing(digest: str) -> Drawing | None:
    """Return a drawing of any model on offer by its digest, including removed ones; ``None`` if there is none."""
    book = find_book(digest)
    return None if book is None else book.find(digest)
