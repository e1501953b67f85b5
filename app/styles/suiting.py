"""Which styles suit the drawings that are shown, by their kinds; for prompts that name no style.

A style that is not in the table suits everything. A style that redraws outlines needs things that are recognised by
them; one of many small marks needs space, as a landscape has; textile prints need plants or animals.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from random import Random

SIGNS = frozenset((
    "arrow", "transport-sign", "warning", "office", "computer", "phone", "mail", "money", "lock", "time", "writing",
    "book-paper", "light-video", "sound", "game", "alphanum", "other-symbol", "av-symbol", "heart",
))  # fmt: skip
"""Unicode subgroups whose drawings are signs or come from an office, and do not stand or lie in a landscape."""

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
"""The groups that suit a style, by its words; signs suit only graphic styles."""

MEDIUMS = (
    (("painting", "gemaelde", "malerei"), ("oil painting", "swirling brushstrokes", "watercolour")),
    (("drawing", "sketch", "zeichnung", "skizze"), ("charcoal", "chalk pastel", "ink wash", "etching", "scratchboard")),
    (("print", "druck"), ("linocut", "woodcut", "etching", "pop art", "risograph")),
)
"""Words that end with one of these name a medium without being a style, with the styles for each."""


def of_medium(texts: Sequence[str], options: Sequence[str]) -> Sequence[str]:
    """Return the styles of a medium that is named; all if none is named, or if the model has none of it."""
    words = [word for each in texts for word in each.split()]
    for names, wanted in MEDIUMS:
        if any(word.endswith(names) for word in words):
            return [each for each in options if each in wanted] or options
    return options


def is_suited(words: str, kinds: Collection[str]) -> bool:
    """Return whether a style suits all drawings of these kinds."""
    groups = SUITS.get(words)
    if groups is None:
        return True
    able = tuple(start for group in groups.split() for start in _GROUPS[group])
    return all(kind.startswith(able) for kind in kinds)


def choose(stops: Sequence[Collection[str]], options: Sequence[str], *, seed: int) -> str:
    """Return the words of the style that suits most of several stops; "" if there are no styles.

    ``stops`` are the kinds of drawings that each shows. ``seed`` chooses among equally suited styles, so that the
    choice stays when another stop changes and the style suits that too.
    """
    order = {words: Random(f"style:{seed}:{words}").random() for words in options}  # noqa: S311 - seeded on purpose
    suited = {words: sum(is_suited(words, kinds) for kinds in stops) for words in options}
    return max(options, key=lambda words: (suited[words], order[words]), default="")
