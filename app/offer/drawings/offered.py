"""The drawing libraries of the models on offer, and the drawings in them."""

from __future__ import annotations

from app.offer.drawings import sketchbooks
from app.offer.generation import offers
from app.offer.generation.offers import Offer
from sketch.sketchbook import Drawing, Sketchbook


def conditioned_models() -> list[Offer]:
    """Return the sketch-conditioned models on offer."""
    return [offer for offer in offers.current() if offer.facts.has_sketches]


def list_books() -> list[Sketchbook]:
    """Return the drawing libraries of the models on offer, without broken ones."""
    return [book for offer in conditioned_models() if (book := sketchbooks.find(offer))]


def find_book(digest: str) -> Sketchbook | None:
    """Return a library that contains a drawing, or ``None``."""
    return next((book for book in list_books() if digest in book), None)


def find_drawing(digest: str) -> Drawing | None:
    """Return a drawing of any model on offer by its digest, including removed ones; ``None`` if there is none."""
    book = find_book(digest)
    return None if book is None else book.find(digest)
