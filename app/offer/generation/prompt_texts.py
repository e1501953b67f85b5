"""What a walk's sampling records of its stops: digests of the files that they name, and how their texts are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from app.core.text import prompt_weights
from app.offer.generation import adapters, embeddings, loras
from app.offer.generation.adapters import Adapter
from app.offer.generation.loras import Lora
from app.offer.generation.offers import Offer

RECORDED = prompt_weights.RECORDED


class StopTexts(Protocol):
    """A stop of a request, or its row."""

    prompt: Any
    negative_prompt: Any
    lora: Any
    clip_skip: Any

    @property
    def requested_style(self) -> Any:
        """Return the words of its style."""


def record(sampling: dict[str, Any], stops: Sequence[StopTexts], offer: Offer) -> dict[str, Any]:
    """Return a new walk's sampling with what its recipe records of its stops.

    These are the digests of adapters, LoRA files and embeddings, and the version of the prompt syntax. If the model
    does not read the syntax, the version is only recorded for walks with something to ignore.
    """
    texts = [text for stop in stops for text in (stop.prompt, stop.negative_prompt)]
    digests = {
        adapters.RECORDED: _digests(
            (stop.requested_style for stop in stops), {each.words: each for each in offer.adapters}
        ),
        loras.RECORDED: _digests((stop.lora for stop in stops), {each.name: each for each in offer.loras}),
    }
    rest = {name: value for name, value in sampling.items() if name not in (*digests, RECORDED, embeddings.RECORDED)}
    rest |= {name: own for name, own in digests.items() if own}
    if offer.facts.reads_weights:
        own = {each.name: each.digest for each in embeddings.named(texts, offer.embeddings)}
        return rest | {RECORDED: prompt_weights.VERSION} | ({embeddings.RECORDED: own} if own else {})
    is_needed = any(_needs_support(stop) for stop in stops) or embeddings.named(texts, offer.site_embeddings)
    return rest | {RECORDED: prompt_weights.VERSION} if is_needed else rest


def _digests(names: Iterable[str | None], known: Mapping[str, Adapter | Lora]) -> dict[str, str]:
    """Return the digests of those files that are named, by their names."""
    return {name: known[name].digest for name in sorted({name for name in names if name}) if name in known}


def _needs_support(stop: StopTexts) -> bool:
    """Return whether a stop uses features that only some models support."""
    texts = (stop.prompt, stop.negative_prompt)
    return stop.clip_skip is not None or any(prompt_weights.parse(text).is_explicit for text in texts)
