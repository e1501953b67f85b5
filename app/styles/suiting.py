"""Which styles suit what is shown, by the kinds of its drawings: for prompts that name none.

A style that is not in the table suits everything. A style that redraws outlines wants things that are known by them,
one of many small marks wants room, as a place has; and what is printed on cloth grows or flies.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from random import Random

SIGNS = frozenset((
    "arrow", "transport-sign", "warning", "office", "computer", "phone", "mail", "money", "lock", "time", "writing",
    "book-paper", "light-video", "sound", "game", "alphanum", "other-symbol", "av-symbol", "heart",
))  # fmt: skip
"""Subgroups of Unicode whose drawings are signs or come from an office: nothing that stands or lies in a place."""

_GROUPS = {
    "animal": ("animal", "cat-face", "monkey-face"),
    "plant": ("plant",),
    "food": ("food", "drink", "dishware"),
    "fruit": ("food-fruit", "food-vegetable"),
    "place": ("place", "hotel"),
    "person": ("person", "family", "face", "body", "hand"),
    "vehicle": ("transport-ground", "transport-water", "transport-air"),
    "sky": ("sky",),
    "round": ("food-fruit", "sky", "sport", "face", "time"),
    "thing": ("tool", "household", "clothing", "musical-instrument", "music", "arts-crafts", "science", "medical",
              "event", "award", "other-object", "sport", "light-video", "computer", "phone", "game"),
    "sign": tuple(sorted(SIGNS)),
}  # fmt: skip
"""The beginnings of the subgroups that a group takes in."""

SUITS = {
    "pop art": "food fruit thing person vehicle sign",
    "paper cut-out": "plant animal person sky fruit",
    "risograph": "vehicle thing plant place food sign",
    "stained glass": "animal plant person sky place",
    "mosaic": "animal plant fruit sky place",
    "cubist": "thing person place food fruit animal vehicle",
    "pointillist": "place plant vehicle sky fruit",
    "woodcut": "animal plant place person vehicle sky",
    "constructivist poster": "vehicle thing sign person place",
    "planes of primary colour": "place vehicle",
    "coloured squares": "place sky animal person fruit food vehicle thing",
    "linocut": "animal plant place food vehicle sky thing sign",
    "op art lines": "round animal plant vehicle",
    "op art dots": "round sign",
    "scratchboard": "animal plant sky person thing",
    "etching": "place vehicle person animal plant sky",
    "printed textile": "plant animal fruit food",
    "batik": "plant animal sky",
    "tapestry": "plant animal person place",
    "cyanotype": "plant thing fruit sky animal",
    "layered paper": "place sky plant animal vehicle person food fruit thing",
    "oil painting": "food fruit person place animal vehicle plant sky",
    "swirling brushstrokes": "sky place plant vehicle",
    "chalk pastel": "person animal plant fruit food",
    "charcoal": "person animal place vehicle",
    "watercolour": "plant place animal sky vehicle fruit",
    "gouache": "food fruit place plant person vehicle animal",
    "ink wash": "plant animal place sky person",
}
"""The groups that suit a style, by its words: signs are for graphic styles alone."""

MEDIUMS = (
    (("painting", "gemaelde", "malerei"), ("oil painting", "swirling brushstrokes", "watercolour")),
    (("drawing", "sketch", "zeichnung", "skizze"), ("charcoal", "chalk pastel", "ink wash", "etching", "scratchboard")),
    (("print", "druck"), ("linocut", "woodcut", "etching", "pop art", "risograph")),
)
"""What a medium that is no style by itself may be painted in, by words that end with one of these."""


def of_medium(said: Sequence[str], able: Sequence[str]) -> Sequence[str]:
    """Filter styles by a medium that is named; return all where none is, or the model has none of it."""
    words = [word for each in said for word in each.split()]
    for names, wanted in MEDIUMS:
        if any(word.endswith(names) for word in words):
            return [each for each in able if each in wanted] or able
    return able


def is_suited(words: str, kinds: Collection[str]) -> bool:
    """Return whether a style suits all drawings of these kinds."""
    groups = SUITS.get(words)
    if groups is None:
        return True
    able = tuple(start for group in groups.split() for start in _GROUPS[group])
    return all(kind.startswith(able) for kind in kinds)


def choose(stops: Sequence[Collection[str]], able: Sequence[str], *, seed: int) -> str:
    """Choose a style for what several stops show, by its words: one that suits as many of them as one can.

    ``stops`` are the kinds of what each shows. Which of those that suit it is follows from ``seed``, and stays the same
    where another stop changes and it suits that too.
    """
    order = {words: Random(f"style:{seed}:{words}").random() for words in able}  # noqa: S311 - drawn to be drawn again
    suited = {words: sum(is_suited(words, kinds) for kinds in stops) for words in able}
    return max(able, key=lambda words: (suited[words], order[words]), default="")
