"""Drawings that a visitor chose instead of those in the interpretation of a prompt."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from app.reading.reading import CHOSEN, Found, Reading, shown
from sketch import wording
from sketch.sketchbook import Drawing

AS_READ = "-"
"""The placeholder for a thing whose drawing was not changed."""

SEVERAL = 24
"""The most choices of one prompt that are read."""

DIGEST = re.compile(r"[0-9A-Za-z]{1,64}")

Chosen = tuple[Drawing | None, ...]
"""For each thing of an interpretation the chosen drawing, or ``None`` if it was not changed."""


def listed(text: str) -> list[str]:
    """Return the digests in a form field, one for each thing of the interpretation, separated by spaces."""
    return text.split()[:SEVERAL]


def written(chosen: Sequence[str]) -> str:
    """Return the value of the form field for these digests; ``""`` if no drawing was changed."""
    choices = list(chosen)
    while choices and choices[-1] == AS_READ:
        choices.pop()
    return " ".join(choices)


def foreign(wanted: Sequence[str], known: Container[str]) -> str:
    """Return the first digest that is not in ``known``, or ``""``."""
    return next((each for each in wanted if each != AS_READ and each not in known), "")


def fitting(reading: Reading, wanted: Sequence[str], drawings: Mapping[str, Drawing]) -> Chosen:
    """Return the chosen drawings that fit their things; ``None`` for choices that do not fit, or change nothing."""
    padded = [*wanted, *[AS_READ] * len(reading.items)]
    found = (drawings.get(digest) for digest in padded)
    return tuple(
        drawing if drawing and drawing != item.drawing and _fits(drawing, item) else None
        for item, drawing in zip(reading.items, found, strict=False)
    )


def put(reading: Reading, chosen: Chosen) -> Reading:
    """Return the interpretation with the chosen drawings, and with the model's prompt changed accordingly."""
    if not any(chosen):
        return reading
    items = tuple(
        item if drawing is None else replace(item, drawing=drawing, how=CHOSEN, variants=())
        for item, drawing in zip(reading.items, chosen, strict=True)
    )
    words, _ = wording.describe_scene(shown(items), reading.wish)
    return replace(reading, items=items, words=words)


def shown_by(reading: Reading, shown: Sequence[Drawing]) -> list[str]:
    """Return the digests to choose so that the interpretation shows these drawings, as far as possible."""
    return [
        AS_READ
        if item.drawing in shown
        else next((drawing.digest for drawing in shown if _fits(drawing, item)), AS_READ)
        for item in reading.items
    ]


def _fits(drawing: Drawing, item: Found) -> bool:
    """Return whether a drawing has the name of a thing's drawing, or of one of its alternatives."""
    return drawing.name in {each.name for each in (item.drawing, *item.others)}
