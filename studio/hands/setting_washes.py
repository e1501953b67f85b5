"""Light before a given ground: neon."""

from __future__ import annotations

import torch
from torch import Tensor

from studio.hands import brush, colour
from studio.hands.brush import over, step
from studio.hands.dice import Dice
from studio.hands.drawing import Drawing
from studio.hands.techniques import body


def neon(drawing: Drawing, dice: Dice) -> Tensor:
    """Tubes of light along the things' contours and, fainter, along the ground's, in the colours that are there."""
    unit, like = drawing.unit, drawing.alpha
    cover = body(like, unit)
    tube = _light(brush.blur(drawing.rgb, 1.4 * unit), 0.78, 0.21)
    outline = step(brush.blur(brush.steepness(brush.blur(like, 0.8 * unit)) * (3 * unit), 1.3 * unit), 0.16, 0.42)
    inside = drawing.lines * step(brush.blur(like, 2.5 * unit), 0.75, 0.98)
    inner = step(brush.blur(inside, 1.1 * unit), 0.16, 0.40)
    marks = torch.maximum(outline, 0.9 * inner)
    far_tube = _light(brush.blur(drawing.ground, 2 * unit), 0.68, 0.17)
    away = 1 - step(brush.blur(like, 3 * unit), 0.02, 0.15)
    horizon = step(brush.blur(drawing.seams, 1.1 * unit), 0.22, 0.5) * away

    light, chroma, hue = colour.polar(colour.lab(brush.blur(drawing.ground, 3 * unit)))
    wall = colour.colour(0.07 + 0.24 * light, (0.75 * chroma + 0.02).clamp(max=0.10), hue)
    wall = wall * (1 + 0.06 * brush.cloud(dice, like, 44 * unit, 3))
    picture = over(colour.tuned(drawing.rgb, lightness=0.36, chroma=0.8), cover, wall)
    glow = tube * marks + 0.55 * far_tube * horizon
    # Where many tubes run close together each glows less, or there would be one white spot.
    glow = glow / (1 + 3 * (brush.blur(marks, 7 * unit) - 0.25).clamp(min=0))
    near, middle, far = brush.blur(glow, 2.6 * unit), brush.blur(glow, 8 * unit), brush.blur(glow, 26 * unit)
    picture = picture + 0.75 * near + 0.65 * middle + 0.75 * far
    picture = over(far_tube, 0.8 * horizon, picture)
    core = step(brush.blur(marks, 0.9 * unit), 0.45, 0.95)
    return over(0.38 * tube + 0.64, core, over(tube, marks, picture))


def _light(picture: Tensor, lightness: float, chroma: float) -> Tensor:
    """Turn colours into light of their hue; greys stay nearly white."""
    _, strength, hue = colour.polar(colour.lab(picture))
    return colour.colour(torch.full_like(hue, lightness), chroma * step(strength, 0.008, 0.045) + 0.012, hue)
