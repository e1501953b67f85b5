"""Which styles suit the drawings that are shown, by their kinds; for prompts that name no style.

A style that is not in the table suits everything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from random import Random

SIGNS = frozenset((
    "arrow", "transport-sign", "warning", "office", "computer", "phone", "mail", "money", "lock", "time", "writing",
    "book-paper", "light-video", "sound", "game", "alphanum", "other-symbol", "av-symbol", "heart",
    "emotion",
))  # fmt: skip
"""Unicode subgroups whose drawings are signs or come from an office, and do not stand or lie in a landscape."""

_GROUPS = {
    "animal": ("animal", "cat-face", "monkey-face"),
    "plant": ("plant",),
    "food": ("food-prepared", "food-asian", "food-sweet", "drink", "dishware"),
    "fruit": ("food-fruit", "food-vegetable"),
    "place": ("place", "hotel"),
    "person": ("person", "family", "face", "body", "hand"),
    "vehicle": ("transport-ground", "transport-water", "transport-air"),
    "sky": ("sky",),
    "play": ("sport", "music"),
    "clothing": ("clothing",),
    "thing": ("tool", "household", "arts-crafts", "science", "medical", "event", "award", "other-object"),
    "sign": tuple(sorted(SIGNS)),
}
"""The beginnings of the subgroups that a group takes in."""

LEGIBLE = ("mosaic", "layered paper", "risograph", "stained glass", "linocut", "gouache", "watercolour")
"""The words of styles in which several things are recognised most often (docs/research/looked-at.md)."""

SUITS = {
    "pop art": "person",
    "paper cut-out": "animal place plant play person",
    "risograph": "food place",
    "stained glass": "animal clothing food fruit place plant sky play vehicle person",
    "mosaic": "animal food fruit plant sky play thing vehicle person",
    "cubist": "",
    "pointillist": "animal clothing food fruit place plant sign sky play thing vehicle person",
    "woodcut": "place",
    "constructivist poster": "animal clothing food fruit place plant sky play thing vehicle person",
    "planes of primary colour": "",
    "coloured squares": "play",
    "linocut": "animal clothing play vehicle person",
    "op art lines": "play",
    "op art dots": "",
    "scratchboard": "animal food fruit sign sky thing person",
    "etching": "food place",
    "printed textile": "fruit plant vehicle",
    "batik": "animal clothing sign",
    "tapestry": "animal person",
    "cyanotype": "clothing fruit plant",
    "layered paper": "place",
    "oil painting": "fruit person",
    "swirling brushstrokes": "",
    "chalk pastel": "",
    "charcoal": "",
    "watercolour": "place plant",
    "gouache": "place",
    "ink wash": "",
}
"""The groups that suit a style, by its words: reviewers named such things in it, called them paintings, and wanted
them (decision 82). A style without a group is only used where it is requested."""

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
    return bool(able) and all(kind.startswith(able) for kind in kinds)


def choose(stops: Sequence[Collection[str]], options: Sequence[str], *, seed: int) -> str:
    """Return the words of the style that suits most of several stops; "" if there are no styles.

    ``stops`` are the kinds of drawings that each shows. ``seed`` chooses among equally suited styles, so that the
    choice stays when another stop changes and the style suits that too.
    """
    order = {words: Random(f"style:{seed}:{words}").random() for words in options}  # noqa: S311 - seeded on purpose
    suited = {words: sum(is_suited(words, kinds) for kinds in stops) for words in options}
    return max(options, key=lambda words: (suited[words], order[words]), default="")
