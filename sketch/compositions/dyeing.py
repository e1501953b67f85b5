"""Recolour some inks of a composition in the colours that a prompt requests; the other inks stay as they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sketch import colour
from sketch.colour import Array

ALIKE = 0.05
"""The distance in Oklab up to which an ink counts as the requested colour and is not recoloured."""

QUIETEST = 0.11
"""The smallest limit on the chroma of a recoloured ink; otherwise the limit is that of the most colourful ink."""

LIGHTENED, ALONE = 0.6, 0.85
"""How far the lightness of inks moves to the requested colour's, 0…1: if several inks show things, and if one does."""

KEY = 0.36
"""The lightness below which an ink is a key, for lines and shadows: it takes a lighter colour only as a last resort."""


def dye(inks: Sequence[str], colours: Sequence[str], *, own: Sequence[int] = ()) -> tuple[str, ...]:
    """Return the inks (``rrggbb``), some recoloured so that the named colours are among them; the order stays.

    ``colours`` are names in ``colour.NAMED``; others raise KeyError. ``own`` are the numbers of the inks in which a
    style shows things: all of these take the colours in turn. If it is empty, each colour takes the ink nearest to it,
    except the first, which is the ground's; surplus colours are ignored.
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
    """Return a named colour in Oklab (3,), with a chroma of at most ``strength``."""
    light, chroma, degrees = colour.NAMED[name]
    return colour.polar_lab(light, min(chroma, strength), degrees)


def _take_colour(ink: str, name: str, strength: float, share: float) -> str:
    """Return an ink (``rrggbb``) in a named colour, whose chroma is limited to ``strength``.

    The ink's lightness moves by ``share``, 0…1, to the colour's; the more it still differs, the less chroma it gets.
    """
    own, tone = _lab(ink), _named_tone(name, strength)
    light = own[0] + share * (tone[0] - own[0])
    tone[1:] *= np.clip(1.3 - 2.2 * abs(light - tone[0]), 0.35, 1)
    return colour.to_hex(colour.rgb(np.array([light, *tone[1:]], np.float32)))


def _apart(ink: str, tone: Array) -> float:
    """Return the distance in Oklab between an ink and a colour (3,), plus 1 if a key would take a lighter colour."""
    own = _lab(ink)
    key = 1.0 if own[0] < KEY < tone[0] else 0.0
    return float(np.sqrt(((own - tone) ** 2 * (0.5, 1, 1)).sum())) + key


def _lab(ink: str) -> Array:
    return colour.lab(colour.parse_hex(ink))
