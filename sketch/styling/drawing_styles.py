"""Which drawings of a sketchbook have modelled form, with light and shade, and which of them stands for a flat one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from sketch.sketchbook import Drawing, Sketchbook

FLAT = ("flat", "classic")
"""The styles of the shipped drawings that are chosen from where nothing else is asked for."""

MODELLED = ("fluent-gradient",)
"""The styles of drawings with modelled form, the preferred first; they are only chosen on purpose."""


def is_modelled(drawing: Drawing) -> bool:
    """Return whether a drawing has modelled form."""
    return drawing.style in MODELLED


def unmodelled(drawings: Sequence[Drawing]) -> list[Drawing]:
    """Return those of some drawings that are chosen from where nothing is asked for; all, where all are modelled."""
    return [each for each in drawings if not is_modelled(each)] or list(drawings)


def modelled(book: Sketchbook, digest: str) -> str:
    """Return the modelled drawing of the same name if there is one, else the same digest.

    Only shipped flat drawings give way: one that a curator added was meant as it is.
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
