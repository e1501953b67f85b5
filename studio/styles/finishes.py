"""Surfaces of the graphic styles: the ink, paper, cloth, glass or stone of a composed picture.

A scene in such a style already has all its marks drawn. A finish returns its picture (n, 3, h, w) with the texture of a
surface, which the model learns to add. It moves no mark: the decoder sees the drawn marks and could not know where they
went.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from studio.styles import brush, colour
from studio.styles.brush import over, step
from studio.styles.dice import HashRng
from studio.styles.drawing import Drawing


def relief_print(drawing: Drawing, rng: HashRng) -> Tensor:
    """Return the picture as a relief print: mottled ink with specks of paper, on soft paper."""
    unit, picture = drawing.unit, _given(drawing)
    dark = (1 - _lightness(picture)).clamp(0, 1)
    mottle = brush.cloud(rng, drawing.alpha, 2.6 * unit, 2)
    broad = brush.cloud(rng, drawing.alpha, 36 * unit, 2)
    picture = picture + dark * (0.028 * mottle + 0.022 * broad)
    specks = step(mottle + 0.4 * broad, 1.7, 2.4) * step(dark, 0.45, 0.8)
    picture = over(_paper_tone(picture), 0.3 * specks, picture)
    return picture * brush.paper(rng, drawing.alpha, 0.022)


def screen_print(drawing: Drawing, rng: HashRng) -> Tensor:
    """Return the picture as a screen print: flat, slightly uneven ink on smooth paper."""
    unit, picture = drawing.unit, _given(drawing)
    uneven = 0.014 * brush.cloud(rng, drawing.alpha, 60 * unit, 3) + 0.012 * brush.cloud(rng, drawing.alpha, 3 * unit)
    return (picture + uneven) * brush.paper(rng, drawing.alpha, 0.016)


def cloth(drawing: Drawing, rng: HashRng) -> Tensor:
    """Return the picture as woven cloth: threads in both directions, uneven in thickness and dye."""
    unit, picture = drawing.unit, _given(drawing)
    x, y = brush.places(drawing.alpha)
    sway = 0.5 * brush.cloud(rng, drawing.alpha, 40 * unit, 1)
    wave = 2 * math.pi / (3.6 * unit)
    threads = torch.sin(x * wave + sway) * torch.sin(y * wave + sway)
    ones, zeros = torch.ones_like(drawing.alpha), torch.zeros_like(drawing.alpha)
    weft = brush.along(brush.cloud(rng, drawing.alpha, 3 * unit, 1), ones, zeros, 40 * unit, 8)
    warp = brush.along(brush.cloud(rng, drawing.alpha, 3 * unit, 1), zeros, ones, 40 * unit, 8)
    return picture * (1 + 0.022 * threads + 0.06 * weft + 0.04 * warp)


def gouache(drawing: Drawing, rng: HashRng) -> Tensor:
    """Return the picture in opaque paint: visible brush strokes in one direction, and slightly drifting colours."""
    unit, picture = drawing.unit, _given(drawing)
    lean = rng.uniform(1, 1, 1, low=0.0, high=math.pi).expand_as(drawing.alpha)
    strokes = brush.along(brush.cloud(rng, drawing.alpha, 5 * unit, 2), torch.cos(lean), torch.sin(lean), 18 * unit, 8)
    drift = brush.cloud(rng, drawing.alpha, 34 * unit, 2)
    picture = colour.tuned(picture, lift=0.03 * strokes + 0.014 * drift, turn=0.05 * drift)
    return picture * brush.paper(rng, drawing.alpha, 0.02)


def glass(drawing: Drawing, rng: HashRng) -> Tensor:
    """Return the picture as glass lit from behind: light pieces glow over the dark lead, and the glass has streaks."""
    unit, picture = drawing.unit, _given(drawing)
    light = _lightness(picture)
    streaks = brush.cloud(rng, drawing.alpha, 16 * unit, 2) + 0.5 * brush.cloud(rng, drawing.alpha, 4 * unit, 1)
    picture = picture + 0.035 * streaks * step(light, 0.2, 0.5)
    bloom = brush.blur(picture * step(light, 0.45, 0.9), 7 * unit)
    return 1 - (1 - picture.clamp(0, 1)) * (1 - 0.14 * bloom)


def stone(drawing: Drawing, rng: HashRng) -> Tensor:
    """Return the picture in stone: grain on each face, and light on the edges."""
    unit, picture = drawing.unit, _given(drawing)
    grain = 0.6 * brush.cloud(rng, drawing.alpha, 4 * unit, 2) + 0.4 * brush.grain(rng, drawing.alpha)
    light = _lightness(picture)
    dx, dy = brush.slopes(brush.blur(light, 0.9 * unit))
    rim = (dx + dy).clamp(-0.3 / unit, 0.3 / unit) * unit
    return picture + 0.03 * grain + 0.25 * rim


def paper(drawing: Drawing, rng: HashRng) -> Tensor:
    """Return the picture in coloured paper, with its fibres."""
    unit, picture = drawing.unit, _given(drawing)
    fibres = 0.5 * brush.cloud(rng, drawing.alpha, 5 * unit, 3) + 0.4 * brush.grain(rng, drawing.alpha)
    return picture * (1 + 0.026 * fibres) + 0.012 * brush.cloud(rng, drawing.alpha, 50 * unit, 2)


def _given(drawing: Drawing) -> Tensor:
    """Return the composed picture (n, 3, h, w), which is the drawing's background."""
    assert drawing.given is not None  # noqa: S101 - the registry gives it to settings' programs only
    return drawing.given


def _paper_tone(picture: Tensor) -> Tensor:
    """Return the lightest colour of each picture (n, 3, 1, 1), which is that of its paper."""
    light = _lightness(picture).flatten(2)
    share = torch.softmax(40 * light, 2)
    return (picture.flatten(2) * share).sum(2)[..., None, None]


def _lightness(picture: Tensor) -> Tensor:
    return colour.lab(picture)[:, :1]
