"""Propose styles and artists that suit a prompt, for pages and the API."""

from app.collection.styles import artists, proposals, shipped
from app.collection.styles.artists import NearArtist
from app.collection.styles.proposals import SHOWN, Proposal
from app.offer.generation import offers
from app.offer.generation.offers import Offer
from app.reading.reading import Reading
from app.requests.walk_requests import scenes
from app.storage.walk_models import Walk


def for_prompt(prompt: str, offer: Offer, *, language: str = "en", limit: int = SHOWN) -> list[Proposal]:
    """Return the styles that suit a prompt, the best first.

    The text embedding knows only English. For a prompt in another language, the English words of its interpretation
    are compared.
    """
    return proposals.nearest(_compared(prompt, offer, language), shipped.of_model(offer), limit=limit)


def artists_for(prompt: str, offer: Offer, *, language: str = "en", limit: int = SHOWN) -> list[NearArtist]:
    """Return the artists whose works are nearest to a prompt, the nearest first; compared like styles."""
    return artists.nearest(_compared(prompt, offer, language), limit=limit)


def _compared(prompt: str, offer: Offer, language: str) -> str:
    """Return the English words to compare for a prompt."""
    reader = scenes.reader_of(offer) if language != "en" else None
    return in_english(prompt, reader.again(prompt, leave_out="", language=language, seed=0) if reader else None)


def for_walk(walk: Walk, *, limit: int = SHOWN) -> list[Proposal]:
    """Return styles that suit a walk and that none of its stops has; none if its model is not on offer."""
    offer = offers.current().find(walk.model_name or walk.model)
    if offer is None:
        return []
    current = {stop.style for stop in walk.stops}
    prompt = ", ".join(stop.prompt for stop in walk.stops)
    proposed = for_prompt(prompt, offer, limit=limit + len(current))
    return [each for each in proposed if each.style.model_style.words not in current][:limit]


def in_english(prompt: str, reading: Reading | None) -> str:
    """Return a prompt, or if it is in another language, the English words of its interpretation."""
    return reading.words if reading and reading.words and reading.language != "en" else prompt
