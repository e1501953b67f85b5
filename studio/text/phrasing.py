"""Phrases around what a picture shows: the prompt prefix, how a style is joined to a prompt, lists."""

from __future__ import annotations

PREFIX = "A MoMA artwork of: "
HAND_PATTERN = "{prompt}, {words}"  # how prompt and style are joined by default


def join_words(words: list[str], most: int) -> str:
    """Return the first ``most`` words, separated by commas."""
    return ", ".join(words[:most])
