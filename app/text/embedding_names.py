"""Where prompts name textual inversions: by a word that is the name of a file, in any case."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,58}[A-Za-z0-9_-])?")
"""What the name of a file may be, without its suffix."""

OF_ENCODERS = ("clip_l", "clip_g")
"""What files for several text encoders call the vectors of each; those for one may call them anything."""

WORD = re.compile(r"(?<![^\W_])[A-Za-z0-9][A-Za-z0-9_.-]*(?<!\.)(?![^\W_])", re.ASCII)


def split(text: str, names: Container[str]) -> Iterator[tuple[str, str]]:
    """Split a text at the names that it holds: pairs of text and "", or of "" and a name, in small letters."""
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
    """Return those of some names, in small letters, that a text holds."""
    return {name for _, name in split(text, names) if name}
