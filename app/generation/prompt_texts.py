"""How the texts of a walk are read by its model, as its sampling records it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from app.generation import embeddings, models_on_offer
from app.text import prompt_weights

RECORDED = prompt_weights.RECORDED


class AskedTexts(Protocol):
    """A stop, as it is asked for or as its row holds it."""

    prompt: Any
    negative_prompt: Any
    clip_skip: Any


def record_syntax(sampling: dict[str, Any], stops: Sequence[AskedTexts], setting: str) -> dict[str, Any]:
    """Return a new walk's sampling with the version of the syntax by which its prompts are read.

    The digests of the embeddings that they name stand beside it. Where the model does not read the syntax, its version
    is recorded only for walks with something to ignore.
    """
    rest = {name: value for name, value in sampling.items() if name not in (RECORDED, embeddings.RECORDED)}
    texts = [text for stop in stops for text in (stop.prompt, stop.negative_prompt)]
    if models_on_offer.facts(setting)["reads_weights"]:
        return embeddings.record_digests(rest | {RECORDED: prompt_weights.VERSION}, texts, setting)
    is_needed = any(_asks(stop) for stop in stops) or embeddings.named(texts, embeddings.every())
    return rest | {RECORDED: prompt_weights.VERSION} if is_needed else rest


def _asks(stop: AskedTexts) -> bool:
    """Return whether a stop asks for what only some models know."""
    texts = (stop.prompt, stop.negative_prompt)
    return stop.clip_skip is not None or any(prompt_weights.parse(text).is_explicit for text in texts)
