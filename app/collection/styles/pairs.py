"""Which styles go together in one walk: a table that was measured in advance, and is read without the model.

``python -m benchmarks.style_pairs`` makes ``models/styles/pairs.json``; docs/research/style-pairs.md shows it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from app.collection.styles.shipped import FOLDER
from app.offer.generation.offers import Offer

GOOD = 0.9
"""How sharp the middle of a leg must be, as a share of its ends, for two styles to go together."""

TOGETHER, IN_PLACE, APART = "together", "in_place", "apart"


@dataclass(frozen=True, slots=True)
class Pair:
    """How sharp the picture between two styles is, as a share of its ends.

    ``direct`` is that of a leg on which the subject changes with the style; ``in_place`` of one on which the style
    alone changes.
    """

    direct: float
    in_place: float

    @property
    def fit(self) -> str:
        """Return whether the styles go together, only in place, or are advised against."""
        if self.direct >= GOOD:
            return TOGETHER
        return IN_PLACE if self.in_place >= GOOD else APART


def find(first: str, last: str, offer: Offer) -> Pair | None:
    """Return what was measured of two styles, by their words; ``None`` for one style and for what was not measured."""
    return _of_model(offer.name).get(frozenset((first, last)))


def partners(words: str, options: Sequence[str], offer: Offer) -> list[str]:
    """Return those of some styles that go together with a style, itself included; all if it was not measured."""
    known = _of_model(offer.name)
    if not any(words in each for each in known):
        return list(options)
    going = {pair for pair, measured in known.items() if measured.fit == TOGETHER}
    return [each for each in options if each == words or frozenset((words, each)) in going]


def _of_model(name: str) -> dict[frozenset[str], Pair]:
    """Return the table if it was measured with the model of this name; an empty one for other models."""
    model, pairs = _table()
    return pairs if name == model else {}


@cache
def _table() -> tuple[str, dict[frozenset[str], Pair]]:
    """Return the name of the model that was measured, and its pairs."""
    table = json.loads((FOLDER / "pairs.json").read_text("utf-8"))
    rows = table["pairs"].items()
    return table["model"], {
        frozenset((first, last)): Pair(*values) for first, others in rows for last, values in others.items()
    }
