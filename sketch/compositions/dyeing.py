"""Dye the inks of a composition in the requested colours, leaving the rest of its palette."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sketch import colour
from sketch.colour import Array

ALIKE = 0.05
"""The distance in Oklab up to which an ink passes as the requested colour."""

QUIETEST = 0.11
"""The least chroma of a dyed ink, if its colour has as much. Quiet palettes dye quietly, but visibly."""

LIGHTENED, ALONE = 0.6, 0.85
"""How far inks move to their colour's lightness: when several take one colour, and when it is only one."""

KEY = 0.36
"""The lightness below which an ink is a key: it draws lines and shadows, and takes no lighter colour."""


def dye(inks: Sequence[str], colours: Sequence[str], *, own: Sequence[int] = ()) -> tuple[str, ...]:
    """Return the inks, as many as given, with each of the named colours among them.

    ``own`` are the numbers of the inks that a style shows things in: all of them are dyed, and light ones stay light.
    If it is empty, the style uses the nearest ink, and the ink nearest to each colour, except the ground's, is dyed.
    """
    wanted = list(dict.fromkeys(colours))
    strength = max(QUIETEST, *(float(np.hypot(*_lab(ink)[1:])) for ink in inks))
    result = list(inks)
    if own:
        for turn, number in enumerate(own):
            if wanted and number < len(result):
                name, share = wanted[turn % len(wanted)], LIGHTENED if len(own) > 1 else ALONE
                result[number] = _take_colour(result[number], name, strength, share)
        return tuple(result)
    free = list(range(1, len(result)))
    for name in wanted[: len(free)]:
        tone = _named_tone(name, strength)
        at = min(free, key=lambda number: _apart(result[number], tone))
        free.remove(at)
        if _apart(result[at], tone) > ALIKE:
            result[at] = colour.to_hex(colour.rgb(tone))
    return tuple(result)


def _named_tone(name: str, strength: float) -> Array:
    """Return a named colour in Oklab, no more saturated than ``strength``."""
    light, chroma, degrees = colour.NAMED[name]
    return colour.polar_lab(light, min(chroma, strength), degrees)


def _take_colour(ink: str, name: str, strength: float, share: float) -> str:
    """Return an ink in a named colour, moved by a share to its lightness; light and dark inks get less chroma."""
    own, tone = _lab(ink), _named_tone(name, strength)
    light = own[0] + share * (tone[0] - own[0])
    tone[1:] *= np.clip(1.3 - 2.2 * abs(light - tone[0]), 0.35, 1)
    return colour.to_hex(colour.rgb(np.array([light, *tone[1:]], np.float32)))


def _apart(ink: str, tone: Array) -> float:
    """Return the distance in Oklab between an ink and a colour; 1 more if the ink is a key and the colour is not."""
    own = _lab(ink)
    key = 1.0 if own[0] < KEY < tone[0] else 0.0
    return float(np.sqrt(((own - tone) ** 2 * (0.5, 1, 1)).sum())) + key


def _lab(ink: str) -> Array:
    return colour.lab(colour.parse_hex(ink))
