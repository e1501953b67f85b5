"""The words of a model's styles in the texts that it reads."""

import re
from collections.abc import Iterable

PATTERN = "{prompt}, {words}"


def named(text: str, styles: Iterable[str]) -> str:
    """Return the first of some styles, by their words, that a text names by whole words; "" if it names none."""
    folded_text = text.casefold()
    pattern = r"(?<!\w){}(?!\w)"
    return next((words for words in styles if re.search(pattern.format(re.escape(words.casefold())), folded_text)), "")


def append(prompt: str, words: str, joined: str = PATTERN) -> str:
    """Return a prompt joined with a style's words by the pattern: ``a fox, neon``; the prompt alone without a style."""
    return joined.replace("{words}", words).replace("{prompt}", prompt) if words else prompt
