"""How the texts of a walk are read by its model, as its sampling records it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from app.generation import models_on_offer
from app.text import prompt_weights

RECORDED = prompt_weights.RECORDED


class AskedTexts(Protocol):
    """A stop, as it is asked for or as its row holds it."""

    prompt: Any
    negative_prompt: Any
    clip_skip: Any


def recorded(sampling: dict[str, Any], stops: Sequence[AskedTexts], setting: str) -> dict[str, Any]:
    """Return a new walk's sampling with the version of the syntax by which its prompts are read.

    Where the model does not read it, it is recorded only for walks with something to ignore.
    """
    rest = {name: value for name, value in sampling.items() if name != RECORDED}
    if models_on_offer.facts(setting)["reads_weights"] or any(_asks(stop) for stop in stops):
        return rest | {RECORDED: prompt_weights.VERSION}
    return rest


def _asks(stop: AskedTexts) -> bool:
    """Return whether a stop asks for what only some models know."""
    texts = (stop.prompt, stop.negative_prompt)
    return stop.clip_skip is not None or any(prompt_weights.parse(text).is_explicit for text in texts)
