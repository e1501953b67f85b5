"""Poster: halftone and solid ink, with large geometric forms behind the things; colours swap where they overlap."""

from __future__ import annotations

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks.field import Field, over, step
from sketch.prints.forms import form

PITCH = 6.4
"""The distance between dots of the halftone, in units."""

INKS = (
    ("efe4cb", "1a1817", "cf2e22"), ("ece3cf", "17212e", "d7402b", "e5b13a"), ("f0e6cf", "1b1b1b", "e2a72e"),
    ("e9dfc8", "1c2b4a", "d9592e"), ("f2e8d5", "141414", "d62828", "3c6e91"), ("e6ddc6", "20302a", "c9472f", "8a9a6a"),
    ("f3e7d0", "2a1a2e", "e4572e", "f0b63f"), ("ede6d6", "12263a", "3a86a8", "e0533a"),
)  # fmt: skip
LAYOUTS = (("tilted", 1, 1, 5), ("single", 1, 1, 2), ("panels", 2, 1, 1))
PAPER, DARK, COLOUR = range(3)

QUIET = ("bar", "bars", "wedge", "ring", "disc")
"""The kinds of form to choose from for the second one."""

GROUNDS = ((PAPER, COLOUR), (PAPER, COLOUR), (COLOUR, PAPER), (DARK, COLOUR))
"""Pairs of inks to choose from: that of the ground and that of the first form."""


def draw(field: Field) -> Array:
    """Return the field redrawn as a poster: (h, w, 3), sRGB, about 0…1.

    Things are a halftone of one ink on another, which swap along a slanting line. Ink 0 is paper, ink 1 dark, ink 2 the
    colour; ink 3, if there is one, is an accent.
    """
    rng = field.chance(1)
    ground, front = GROUNDS[int(rng.integers(len(GROUNDS)))]
    accent = field.inks[-1] if len(field.inks) > 3 else field.ink(PAPER if ground == DARK else DARK)
    first = form(field, 2)
    second = form(field, 3, QUIET) * float(rng.random() < 0.5) * (1 - field.is_place)
    behind = over(_form(field, ground, front), first, _ground(field, ground, front))
    behind = over(accent, second * (1 - first), behind)
    # Inside a thing, the colours change where a form passes behind it.
    paper = field.ink(PAPER if ground == DARK else ground)
    base = over(paper, _either(first, second), field.ink(front))
    # Things requested in a colour are entirely in it; the ground does without this colour.
    base, accent = (over(field.ink(COLOUR), field.request, each) for each in (base, accent))
    things = _print_things(field, base, accent, is_dark=ground == DARK)
    split = _half(field) if len(field.inks) > 3 else _either(_half(field), second)
    return over(over(things[1], split, things[0]), field.cut(field.away), behind)


def _quiet(field: Field, ink: int) -> Array:
    """Return the ink of the ground, sRGB (3,); if a colour was requested for things, paper replaces the colour."""
    own = field.ink(ink)
    return own + (field.ink(PAPER) - own) * np.float32(field.mean_request) if ink == COLOUR else own


def _form(field: Field, ground: int, front: int) -> Array:
    """Return the ink of the first form, sRGB (3,); if a colour was requested for things, an accent or shaded paper."""
    own, paper = field.ink(front), field.ink(PAPER)
    if ground == DARK:
        return _quiet(field, front)
    other = field.inks[-1] if len(field.inks) > 3 else paper + (field.ink(DARK) - paper) * np.float32(0.28)
    return own + (other - own) * np.float32(field.mean_request)


def _print_things(field: Field, base: Array, accent: Array, *, is_dark: bool) -> tuple[Array, Array]:
    """Return two prints of the things (h, w, 3), one for each side of the line that divides them.

    ``base`` and ``accent`` (h, w, 3) are the colours under the halftone; ``is_dark`` says whether the ground is dark.
    """
    share = _dark(field)
    if is_dark:
        share = share * step(field.away, 0.5, 3.5)
    positive = over(field.ink(DARK), _screen(field, share, 0.0), base)
    if is_dark:
        return positive, over(field.ink(COLOUR), _screen(field, share, 0.5), field.ink(PAPER))
    light = accent if len(field.inks) > 3 and field.seed % 2 else base
    return positive, over(light, _screen(field, 1 - share, 0.5), field.ink(DARK))


def _either(one: Array, other: Array) -> Array:
    """Return the coverage (h, w) of the area that exactly one of two coverages covers."""
    return np.asarray(one + other - 2 * one * other, np.float32)


def _half(field: Field) -> Array:
    """Return on which side of a slanting line through the middle of the things each pixel lies (h, w), 0 or 1."""
    rng = field.chance(4)
    x, y = field.places
    across, down = field.centre
    angle = rng.choice((-1, 1)) * rng.uniform(0.35, 1.1) + np.pi * int(rng.integers(2))
    return field.cut((x - across) * np.cos(angle) + (y - down) * np.sin(angle) + rng.uniform(-12, 12))


def _dark(field: Field) -> Array:
    """Return the darkness of the things (h, w), 0…1, with high contrast and few tones."""
    dark = 1 - field.blur(field.tone, 0.8) - 0.3 * field.shade
    edge = step(field.edges, 0.4, 0.9) * step(dark, 0.1, 0.4)
    return np.asarray(np.maximum(step(dark, 0.2, 0.86), 0.85 * edge), np.float32)


def _screen(field: Field, share: Array, turn: float) -> Array:
    """Return the coverage (h, w), 0…1, of a screen of dots or, seldom, of lines, for a ``share`` (h, w) of ink, 0…1.

    ``turn``, in radians, is added to its angle.
    """
    rng = field.chance(5)
    pitch, angle = PITCH * field.scale, float(rng.uniform(0.3, 1.2)) + turn
    if rng.random() < 0.93:
        return field.halftone(share, pitch, angle)
    x, y = field.places
    return field.stripes((x * np.cos(angle) + y * np.sin(angle)) / (0.8 * pitch), share)


def _ground(field: Field, ground: int, front: int) -> Array:
    """Return the ground, sRGB: one ink (3,), or a place (h, w, 3) in broad lines that are thick where it is dark."""
    flat = _quiet(field, ground)
    if field.is_place == 0:
        return flat
    light = field.blur(colour.lab(field.ground)[..., 0], 2)
    dark = step(light, 0.9, 0.35) if ground != DARK else step(light, 0.3, 0.9)
    x, y = field.places
    slant = float(field.chance(6).uniform(-0.6, 0.6))
    lines = field.stripes((y + x * slant) / (1.2 * PITCH * field.scale) + 0.8 * light, dark)
    ink = field.ink(DARK if ground != DARK else front)
    return over(ink, lines * field.is_place, flat)
