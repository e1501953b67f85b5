"""Choose between drawings with modelled form, with light and shade, and flat drawings of the same name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from sketch.sketchbook import Drawing, Sketchbook

FLAT = ("flat", "classic")
"""The styles of shipped drawings that are used by default."""

MODELLED = ("fluent-gradient",)
"""The styles of drawings with modelled form, the preferred first; they are used only on purpose."""


def is_modelled(drawing: Drawing) -> bool:
    """Return whether a drawing has modelled form."""
    return drawing.style in MODELLED


def without_modelled(drawings: Sequence[Drawing]) -> list[Drawing]:
    """Return the drawings without modelled form; all of them if every one is modelled."""
    return [each for each in drawings if not is_modelled(each)] or list(drawings)


def find_modelled(book: Sketchbook, digest: str) -> str:
    """Return the modelled drawing of the same name if there is one, else the same digest.

    Only shipped flat drawings are replaced: a drawing that a curator added is used as it is.
    """
    drawing = book.find(digest)
    if drawing is None or drawing.style not in FLAT:
        return digest
    return _by_name(book).get(drawing.name, digest)


@lru_cache(maxsize=4)
def _by_name(book: Sketchbook) -> dict[str, str]:
    return _modelled_of(book.drawings.values())


def _modelled_of(drawings: Iterable[Drawing]) -> dict[str, str]:
    ordered = sorted(filter(is_modelled, drawings), key=lambda each: (MODELLED.index(each.style), each.digest))
    return {each.name: each.digest for each in reversed(ordered)}
