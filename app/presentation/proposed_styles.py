"""The styles that suit a prompt, as page and API propose them."""

from __future__ import annotations

from app.commissions import scenes
from app.generation import models_on_offer
from app.reading.reading import Reading
from app.storage.walk_models import Walk
from app.styles import proposals, shipped
from app.styles.proposals import SHOWN, Proposal


def for_prompt(prompt: str, *, model: str | None = None, language: str = "en", limit: int = SHOWN) -> list[Proposal]:
    """Propose styles for a prompt, the best first.

    The table of meaning knows English: of a prompt in another language, the names of what it is read as are compared.
    """
    setting = models_on_offer.setting(model)
    reader = scenes.reader_of(setting) if language != "en" else None
    reading = reader.again(prompt, leave_out="", language=language, seed=0) if reader else None
    return proposals.nearest(in_english(prompt, reading), shipped.of_model(setting), limit=limit)


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
