"""The styles that suit a prompt, as page and API propose them."""

from __future__ import annotations

from app.commissions import scenes
from app.generation import models_on_offer
from app.reading.reading import Reading
from app.storage.walk_models import Walk
from app.styles import artists, proposals, shipped
from app.styles.artists import NearArtist
from app.styles.proposals import SHOWN, Proposal


def for_prompt(prompt: str, *, model: str | None = None, language: str = "en", limit: int = SHOWN) -> list[Proposal]:
    """Propose styles for a prompt, the best first.

    The table of meaning knows English: of a prompt in another language, the names of what it is read as are compared.
    """
    among = shipped.of_model(models_on_offer.setting(model))
    return proposals.nearest(_compared(prompt, model, language), among, limit=limit)


def artists_for(prompt: str, *, model: str | None = None, language: str = "en", limit: int = SHOWN) -> list[NearArtist]:
    """Return the artists whose works are nearest to a prompt, the nearest first; compared as styles are."""
    return artists.nearest(_compared(prompt, model, language), limit=limit)


def _compared(prompt: str, model: str | None, language: str) -> str:
    """Return what to compare of a prompt for a model's reader."""
    reader = scenes.reader_of(models_on_offer.setting(model)) if language != "en" else None
    return in_english(prompt, reader.again(prompt, leave_out="", language=language, seed=0) if reader else None)


def for_walk(walk: Walk, *, limit: int = SHOWN) -> list[Proposal]:
    """Propose styles that a walk could be repainted in: those that it is not in already."""
    model = models_on_offer.find(walk.model_name or walk.model)
    if model is None:
        return []
    taken = {stop.hand for stop in walk.stops}
    prompt = ", ".join(stop.prompt for stop in walk.stops)
    found = for_prompt(prompt, model=model.name, limit=limit + len(taken))
    return [each for each in found if each.style.hand.words not in taken][:limit]


def in_english(prompt: str, reading: Reading | None) -> str:
    """Return what to compare of a prompt: its own words, or in another language what it was read as."""
    return reading.words if reading and reading.words and reading.language != "en" else prompt
