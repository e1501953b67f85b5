"""Where a painter looks and how the brush goes: along the form, broad in the ground, fine where meaning lies."""

from __future__ import annotations

import torch
from torch import Tensor

from studio.hands import brush, colour
from studio.hands.brush import over, step
from studio.hands.dice import Dice
from studio.hands.drawing import Drawing
from studio.hands.techniques import Strokes, varied


def sweeps(dice: Dice, like: Tensor, unit: float, lean: tuple[float, float] = (-1.1, 0.5)) -> Tensor:
    """Return an angle (n, 1, h, w) for where nothing leads the brush: the arm's own, which turns slowly."""
    own = dice.uniform(1, 1, 1, low=lean[0], high=lean[1])
    return own + 0.45 * brush.cloud(dice, like, 90 * unit, 1)


def ways(picture: Tensor, unit: float, reach: float, fallback: Tensor) -> tuple[Tensor, Tensor]:
    """Return the unit field along the forms of a picture: along its lights and shades, seen at ``reach`` pixels."""
    smooth = brush.blur(picture, 0.35 * reach * unit)
    weight = torch.tensor([1.0, 0.8, 0.8], device=picture.device)[:, None, None]
    # A slope is as steep at any size of the picture when it is counted per unit.
    return brush.directions(colour.lab(smooth) * weight * unit, reach * unit, fallback)


def detail(drawing: Drawing) -> Tensor:
    """Return where small things carry the meaning (n, 1, h, w), 0…1: eyes, small parts, edges that are found."""
    unit = drawing.unit
    seen = colour.lab(drawing.whole)
    fine = (brush.blur(seen, 0.8 * unit) - brush.blur(seen, 4 * unit)).square().sum(1, keepdim=True).sqrt()
    near = step(brush.blur(drawing.alpha, 2.5 * unit), 0.03, 0.4)
    return step(brush.blur(fine, 1.6 * unit), 0.022, 0.075) * near


def changes(drawing: Drawing) -> Tensor:
    """Return where the picture changes at all (n, 1, h, w), 0…1: outlines, folds, a horizon, the edge of a shadow."""
    unit = drawing.unit
    seen = colour.lab(drawing.whole)
    turn = (brush.blur(seen, 2 * unit) - brush.blur(seen, 7 * unit)).square().sum(1, keepdim=True).sqrt()
    return step(brush.blur(turn, 2 * unit), 0.008, 0.035)


def minute(drawing: Drawing) -> Tensor:
    """Return where something is so small (n, 1, h, w), 0…1, that no stroke holds it: eyes, spokes, lettering."""
    unit = drawing.unit
    seen = colour.lab(drawing.whole)
    fine = (seen - brush.blur(seen, 2.2 * unit)).square().sum(1, keepdim=True).sqrt()
    inside = step(brush.blur(drawing.alpha, 3 * unit), 0.45, 0.9)
    crowd = step(brush.blur(fine, 5 * unit), 0.012, 0.04)
    return step(brush.blur(fine, 1.2 * unit), 0.018, 0.055) * torch.maximum(inside, crowd)


def broken(
    marks: brush.Marks, picture: Tensor, *, light: float, turn: float, reach: float, astray: float = 0.35
) -> Tensor:
    """Return the tone of each mark (n, 3, rows, columns): what is there, shaken, and partly what is ``reach`` away."""
    own = marks.own
    away_x, away_y = reach * (own[:, 1:2] - 0.5) * 2, reach * (own[:, 2:3] - 0.5) * 2
    beside = brush.sample(picture, marks.x + away_x, marks.y + away_y)
    tones = over(beside, astray * own[:, 3:], marks.seen(picture))
    return varied(tones, own[:, [0, 2]], light, turn)


def painted(
    coat: Strokes,
    marks: brush.Marks,
    tones: Tensor,
    under: tuple[Tensor, Tensor],
    *,
    thick: float = 1.0,
    dry: float = 0.2,
    wet: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Lay a coat in its tones over (colours, relief): paint gathers at a stroke's sides, bristles part where it ends.

    The ``dry``er the brush, the further some bristles reach than others; a ``wet`` picture (n, 3, h, w) runs into it.
    """
    phase = coat.coloured(marks.own[:, 3:].expand(len(tones), -1, -1, -1))
    streak = torch.sin(6.5 * coat.across + 21 * phase) + 0.5 * torch.sin(13 * coat.across + 47 * phase)
    furrow = torch.sin(4.2 * coat.across + 9 * phase) * (1 - coat.across.abs())
    ridge = (1 - coat.across**4).clamp(0, 1) * (0.75 + 0.25 * coat.along)
    ends = step(1.02 - coat.along.abs() + dry * streak, 0.0, 0.3)
    cover = coat.cover * ends * step(1.04 - coat.across.abs() + 0.3 * dry * streak, 0.0, 0.22)
    laid = coat.coloured(tones) if wet is None else 0.6 * coat.coloured(tones) + 0.4 * wet
    colours = over(laid + 0.016 * furrow, cover, under[0])
    return colours, over(under[1] * 0.35 + thick * (0.6 * ridge + 0.13 * furrow), cover, under[1])


def relit(colours: Tensor, relief: Tensor, strength: float, side: Tensor, unit: float) -> Tensor:
    """Let light fall along thick paint, from ``side`` (n, 1, 1, 1), −1…1, and from above."""
    dx, dy = brush.slopes(brush.blur(relief, 0.9 * unit))
    slope = ((side.neg() * dx + dy) * unit).clamp(-0.35, 0.35)
    gloss = slope.clamp(min=0) ** 2 * 1.2
    return colours * (1 + 1.5 * strength * slope) + strength * (0.55 * slope + gloss)
