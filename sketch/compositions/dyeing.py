"""Dye the inks of a composition: what was asked for in a colour is shown in it, and the rest of the palette stays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sketch import colour
from sketch.colour import Array

ALIKE = 0.05
"""How far in Oklab an ink may lie from the colour that was asked for, and do for it."""

QUIETEST = 0.11
"""The chroma that a dyed ink has at least where its colour has as much: quiet palettes dye quietly, but are seen to."""

LIGHTENED, ALONE = 0.6, 0.85
"""How far inks that all take one colour go to its lightness too; and one that is alone."""

KEY = 0.36
"""Below which lightness an ink is a key, which draws lines and darks, and takes no lighter colour."""


def dyed(inks: Sequence[str], colours: Sequence[str], *, own: Sequence[int] = ()) -> tuple[str, ...]:
    """Return inks, as many, in which each of some named colours is found.

    ``own`` are the numbers of the inks that a style shows things in: all of them are dyed, each kept light or dark.
    Where a style shows things in whatever ink is nearest, there are none: the nearest ink but the ground's is dyed.
    """
    wanted = list(dict.fromkeys(colours))
    strength = max(QUIETEST, *(float(np.hypot(*_lab(ink)[1:])) for ink in inks))
    held = list(inks)
    if own:
        for turn, number in enumerate(own):
            if wanted and number < len(held):
                name, share = wanted[turn % len(wanted)], LIGHTENED if len(own) > 1 else ALONE
                held[number] = _taken(held[number], name, strength, share)
        return tuple(held)
    free = list(range(1, len(held)))
    for name in wanted[: len(free)]:
        tone = _toned(name, strength)
        at = min(free, key=lambda number: _apart(held[number], tone))
        free.remove(at)
        if _apart(held[at], tone) > ALIKE:
            held[at] = colour.hexed(colour.rgb(tone))
    return tuple(held)


def _toned(name: str, strength: float) -> Array:
    """Return a named colour in Oklab, no stronger than a palette's strongest ink."""
    light, chroma, degrees = colour.NAMED[name]
    return colour.of_polar(light, min(chroma, strength), degrees)


def _taken(ink: str, name: str, strength: float, share: float) -> str:
    """Return an ink in a named colour, of whose lightness it takes a share; what is very light or dark is weak."""
    own, tone = _lab(ink), _toned(name, strength)
    light = own[0] + share * (tone[0] - own[0])
    tone[1:] *= np.clip(1.3 - 2.2 * abs(light - tone[0]), 0.35, 1)
    return colour.hexed(colour.rgb(np.array([light, *tone[1:]], np.float32)))


def _apart(ink: str, tone: Array) -> float:
    """Return how far an ink lies from a colour in Oklab, farther where it is a key and the colour is none."""
    own = _lab(ink)
    key = 1.0 if own[0] < KEY < tone[0] else 0.0
    return float(np.sqrt(((own - tone) ** 2 * (0.5, 1, 1)).sum())) + key


def _lab(ink: str) -> Array:
    return colour.lab(colour.parsed(ink))
