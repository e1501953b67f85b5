"""Words around what a picture shows: the prompt prefix, how a hand is joined to a prompt, lists."""

from __future__ import annotations

PREFIX = "A MoMA artwork of: "
HAND_PATTERN = "{prompt}, {words}"  # how prompt and hand are joined if a model says nothing else


def listed(words: list[str], most: int) -> str:
    """Join the first ``most`` words with commas."""
    return ", ".join(words[:most])
