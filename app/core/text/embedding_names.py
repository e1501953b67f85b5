"""Find the textual inversions that prompts name: a word that is the name of a file, in any case."""

import re
from collections.abc import Container, Iterator

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,58}[A-Za-z0-9_-])?")
"""The names that a file may have, without its suffix."""

OF_ENCODERS = ("clip_l", "clip_g")
"""The names of the vectors in files for several text encoders; files for one may use any name."""

WORD = re.compile(r"(?<![^\W_])[A-Za-z0-9][A-Za-z0-9_.-]*(?<!\.)(?![^\W_])", re.ASCII)


def split(text: str, names: Container[str]) -> Iterator[tuple[str, str]]:
    """Yield a text split at the names that it contains: pairs of text and "", or of "" and a name in lower case."""
    begin = 0
    for match in WORD.finditer(text) if names else ():
        name = match.group().casefold()
        if name in names:
            if before := text[begin : match.start()]:
                yield before, ""
            yield "", name
            begin = match.end()
    if rest := text[begin:]:
        yield rest, ""


def named(text: str, names: Container[str]) -> set[str]:
    """Return those of some lower-case names that a text contains."""
    return {name for _, name in split(text, names) if name}
