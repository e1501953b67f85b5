"""Drawings that somebody chose in the place of those that a prompt was read as."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from app.reading.reading import Found, Reading, shown
from sketch import wording
from sketch.sketchbook import Drawing

AS_READ = "-"
"""Stands for a thing of which nothing was chosen."""

SEVERAL = 24
"""How many choices are read of one prompt at most."""

DIGEST = re.compile(r"[0-9A-Za-z]{1,64}")

Chosen = tuple[Drawing | None, ...]
"""For each thing of a reading the drawing that was chosen for it; None where it stays as it was read."""


def listed(text: str) -> list[str]:
    """Read a field with the digests of drawings, one for each thing that was read, with spaces between."""
    return text.split()[:SEVERAL]


def written(chosen: Sequence[str]) -> str:
    """Write such a field; an empty one where nothing was chosen."""
    told = list(chosen)
    while told and told[-1] == AS_READ:
        told.pop()
    return " ".join(told)


def foreign(wanted: Sequence[str], known: Container[str]) -> str:
    """Return the first of some digests that is no drawing here; "" if all are."""
    return next((each for each in wanted if each != AS_READ and each not in known), "")


def fitting(reading: Reading, wanted: Sequence[str], drawings: Mapping[str, Drawing]) -> Chosen:
    """Return what was chosen of what a prompt may be read as; what fits no longer is left aside."""
    padded = [*wanted, *[AS_READ] * len(reading.items)]
    found = (drawings.get(digest) for digest in padded)
    return tuple(
        drawing if drawing and drawing != item.drawing and _fits(drawing, item) else None
        for item, drawing in zip(reading.items, found, strict=False)
    )


def put(reading: Reading, chosen: Chosen) -> Reading:
    """Put drawings that were chosen in the place of those that were read, and tell the painter of them."""
    if not any(chosen):
        return reading
    items = tuple(
        item if drawing is None else replace(item, drawing=drawing)
        for item, drawing in zip(reading.items, chosen, strict=True)
    )
    words, _ = wording.describe_scene(shown(items), reading.wish)
    return replace(reading, items=items, words=words)


def shown_by(reading: Reading, shown: Sequence[Drawing]) -> list[str]:
    """Return the choices by which a prompt is read as a scene that shows these drawings, as far as any leads there."""
    return [
        AS_READ
        if item.drawing in shown
        else next((drawing.digest for drawing in shown if _fits(drawing, item)), AS_READ)
        for item in reading.items
    ]


def _fits(drawing: Drawing, item: Found) -> bool:
    """Tell whether a drawing is what was read or one of the others, or another one of the same name as those."""
    return drawing.name in {each.name for each in (item.drawing, *item.others)}
