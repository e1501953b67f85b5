"""How a model reads the texts of a walk, as the walk's sampling records it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from app.core.text import prompt_weights
from app.offer.generation import embeddings, models_on_offer

RECORDED = prompt_weights.RECORDED


class StopTexts(Protocol):
    """A stop of a request, or its row."""

    prompt: Any
    negative_prompt: Any
    clip_skip: Any


def record_syntax(sampling: dict[str, Any], stops: Sequence[StopTexts], setting: str) -> dict[str, Any]:
    """Return a new walk's sampling with the version of the prompt syntax and the digests of named embeddings.

    If the model does not read the syntax, the version is only recorded for walks with something to ignore.
    """
    rest = {name: value for name, value in sampling.items() if name not in (RECORDED, embeddings.RECORDED)}
    texts = [text for stop in stops for text in (stop.prompt, stop.negative_prompt)]
    if models_on_offer.facts(setting).reads_weights:
        return embeddings.record_digests(rest | {RECORDED: prompt_weights.VERSION}, texts, setting)
    is_needed = any(_needs_support(stop) for stop in stops) or embeddings.named(texts, embeddings.every())
    return rest | {RECORDED: prompt_weights.VERSION} if is_needed else rest


def _needs_support(stop: StopTexts) -> bool:
    """Return whether a stop uses features that only some models support."""
    texts = (stop.prompt, stop.negative_prompt)
    return stop.clip_skip is not None or any(prompt_weights.parse(text).is_explicit for text in texts)
