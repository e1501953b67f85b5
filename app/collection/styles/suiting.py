"""Which styles suit the drawings that are shown, by their kinds; for prompts that name no style.

A style that is not in the table suits everything.
"""

import tomllib
from collections.abc import Collection, Sequence
from pathlib import Path
from random import Random

SIGNS = frozenset((
    "arrow", "transport-sign", "warning", "office", "computer", "phone", "mail", "money", "lock", "time", "writing",
    "book-paper", "light-video", "sound", "game", "alphanum", "other-symbol", "av-symbol", "heart",
    "emotion",
))  # fmt: skip
"""Unicode subgroups whose drawings are signs or come from an office, and do not stand or lie in a landscape."""

_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_GROUPS = {name: tuple(starts) for name, starts in _TABLES["groups"].items()} | {"sign": tuple(sorted(SIGNS))}
"""The beginnings of the subgroups that a group takes in."""

LEGIBLE = ("batik", "mosaic", "stained glass")
"""The words of styles in which several things are recognised most often (docs/research/looked-at.md)."""

PLACING = ("mosaic", "pointillist", "stained glass")
"""The words of styles in which the place and the weather around things are seen."""

SUITS: dict[str, str] = _TABLES["suits"]
"""The groups that suit a style, by its words. A style without a group is only used where it is requested."""

FAVOURED = ("linocut", "mosaic", "op art lines", "scratchboard")
"""The words of the styles that were wanted most often, which are chosen twice as often as others."""

RETIRED = frozenset(("chalk pastel", "gouache", "oil painting", "tapestry", "watercolour"))
"""The words of styles of built-in models that few wanted on a wall, and that pages no longer offer: prompts, requests
and recipes name them as before."""

HIDING = ("batik", "constructivist poster", "paper cut-out")
"""The words of styles whose dots, shapes or leaves hide some of several things, which are then not counted."""

COLOURLESS = ("charcoal", "cyanotype", "etching", "ink wash", "scratchboard")
"""The words of styles that have no colours of their things, and do not suit a prompt that names a colour."""

MEDIUMS = (
    (("painting", "gemaelde", "malerei"), ("pointillist", "swirling brushstrokes")),
    (("drawing", "sketch", "zeichnung", "skizze"), ("charcoal", "ink wash", "etching", "scratchboard")),
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
    choice stays when another stop changes and the style suits that too. A style that suits nothing is only chosen where
    there is no other.
    """
    able = [words for words in options if SUITS.get(words) != ""] or options
    order = {words: _drawn(words, seed) for words in able}
    suited = {words: sum(is_suited(words, kinds) for kinds in stops) for words in able}
    return max(able, key=lambda words: (suited[words], order[words]), default="")


def _drawn(words: str, seed: int) -> float:
    """Return a random number for a style; of two styles, a favoured one has the larger number twice as often."""
    drawn = Random(f"style:{seed}:{words}").random()  # noqa: S311 - seeded on purpose
    return drawn**0.5 if words in FAVOURED else drawn
