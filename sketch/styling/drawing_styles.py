"""Choose between drawings of the same name: flat ones, and modelled ones, which have light and shade."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sketch.sketchbook import Drawing, Sketchbook

FLAT = ("flat", "classic")
"""The styles of shipped drawings that are used by default."""

COLOURED, CUT_OUT = "coloured", "cut-out"
"""The styles of shipped drawings of things that have no emoji: in many flat colours, and in one or two."""

MODELLED = ("fluent-gradient",)
"""The styles of modelled drawings, the preferred one first; they are used only where a caller asks for them."""


def is_modelled(drawing: Drawing) -> bool:
    """Return whether a drawing is modelled, that is, has light and shade."""
    return drawing.style in MODELLED


def without_modelled(drawings: Sequence[Drawing]) -> list[Drawing]:
    """Return the drawings that are not modelled, or all of them if every one is modelled."""
    return [each for each in drawings if not is_modelled(each)] or list(drawings)


def find_modelled(book: Sketchbook, digest: str) -> str:
    """Return the digest of the modelled drawing with the same name, or ``digest`` if there is none.

    Only shipped flat drawings are replaced: a drawing that a curator added is used as it is.
    """
    drawing = book.find(digest)
    if drawing is None or drawing.style not in FLAT:
        return digest
    return _by_name(book).get(drawing.name, digest)


@lru_cache(maxsize=4)
def _by_name(book: Sketchbook) -> dict[str, str]:
    """Return the digests of a library's modelled drawings by name, of several the preferred one; cached."""
    modelled = filter(is_modelled, book.drawings.values())
    ordered = sorted(modelled, key=lambda each: (MODELLED.index(each.style), each.digest))
    return {each.name: each.digest for each in reversed(ordered)}
