"""Dots, fields and light before a given ground: pointillist, colour field, neon."""

from __future__ import annotations

import torch
from torch import Tensor

from studio.hands import brush, colour
from studio.hands.brush import over, step
from studio.hands.dice import Dice
from studio.hands.drawing import Drawing, soft
from studio.hands.techniques import body, gathered, solid


def pointillist(drawing: Drawing, dice: Dice) -> Tensor:
    """Large round dots of pure colour, complements among them, finer where things have detail, on cream canvas."""
    unit, like = drawing.unit, drawing.alpha
    cover = body(like, unit)
    ground = colour.tuned(drawing.ground, chroma=1.15, lightness=0.97, lift=0.02)
    things = colour.tuned(drawing.rgb, chroma=1.2)
    # Eyes set the ground off lighter beside a dark thing and darker beside a light one, and so do painters.
    contrast = colour.lab(brush.blur(drawing.whole, 9 * unit))[:, :1] - colour.lab(drawing.ground)[:, :1]
    ground = colour.tuned(ground, lift=(-0.35 * contrast).clamp(-0.07, 0.07))
    picture = over(things, cover, ground)
    canvas = over(solid("f3e9d3", like), torch.full_like(like, 0.35), brush.blur(picture, 2.5 * unit))
    detail = torch.maximum(step(brush.blur(drawing.lines, 2.6 * unit), 0.06, 0.22), 0.4 * cover)
    for number, (pitch, size) in enumerate(((16.0, 9.0), (13.0, 6.2), (6.6, 3.8))):
        dots = brush.Marks(dice, like, pitch * unit)
        own = dots.own
        where = dots.seen(detail) > own[:, 3:] if number == 2 else torch.ones_like(own[:, :1]) > 0
        # Now and then the complement, quietly.
        other = (own[:, 1:2] > 0.95) & (dots.seen(detail) < 0.3)
        turn, lift = 0.75 * (own[:, :1] - 0.5) + torch.where(other, 2.6, 0.0), 0.15 * (own[:, 2:3] - 0.5)
        tones = colour.tuned(dots.seen(picture), chroma=torch.where(other, 0.6, 1.25), turn=turn, lift=lift)
        radius = torch.where(where, size * unit * (0.82 + 0.3 * own[:, 3:]), -1.0)
        rows, columns = own.shape[2:]
        index = torch.arange(rows * columns, device=own.device, dtype=own.dtype).view(1, 1, rows, columns)
        best, which = torch.full_like(like, -1.0), torch.zeros_like(like)
        shape = torch.zeros_like(like)
        for dx, dy, each in dots.around(torch.cat([radius, own[:, 3:], index.expand_as(radius)], 1)):
            reach, level, mark = each[:, :, None].unbind(1)
            dot = step(torch.hypot(dx, dy), reach + 0.6 * unit, reach - 0.6 * unit)
            seen = (dot > 0.02) & (level > best)
            which, best, shape = (
                torch.where(seen, new, old) for new, old in ((mark, which), (level, best), (dot, shape))
            )
        canvas = over(gathered(tones.flatten(2).transpose(1, 2), which[:, 0].long()), shape, canvas)
    return canvas


def colour_field(drawing: Drawing, dice: Dice) -> Tensor:
    """Two glowing soft-edged fields, where the ground itself is parted, on a deep stain; things float in them."""
    unit, like = drawing.unit, drawing.alpha
    h, w = like.shape[2:]
    x, y = brush.places(like)
    lab = colour.lab(drawing.ground)
    rows = lab.mean(3)
    parting, upper, lower = _parting(rows)
    light, chroma, hue = colour.polar(lab.mean((2, 3), keepdim=True))
    stain = colour.colour(0.82 * light, (0.9 * chroma + 0.02).clamp(max=0.12), hue)
    picture = stain * (1 + 0.04 * brush.cloud(dice, like, 50 * unit, 2))
    wobble = brush.cloud(dice, like, 26 * unit, 3) * 0.008
    hazy = brush.blur(drawing.ground, 9 * unit)
    bounds = ((0.025 + 0 * parting, parting - 0.014), (parting + 0.014, 0.975 + 0 * parting))
    for tone, (top, bottom) in zip((upper, lower), bounds, strict=True):
        light, chroma, hue = colour.polar(tone[..., None])
        glow = colour.colour((0.2 + 0.78 * light).clamp(0, 0.93), (1.4 * chroma + 0.03).clamp(max=0.19), hue)
        field = over(colour.tuned(hazy, chroma=1.4, lightness=0.8, lift=0.17), torch.full_like(like, 0.4), glow)
        inside = torch.minimum(torch.minimum(x / w - 0.025, 0.975 - x / w), torch.minimum(y / h - top, bottom - y / h))
        cover = step(inside + wobble, -0.022, 0.034) * 0.94
        picture = over(field, cover, picture)
    labels, palette = drawing.parted_motifs(8, 1.8)
    things = brush.blur(colour.tuned(soft(labels, palette), chroma=1.15), 1.4 * unit)
    cover = step(brush.blur(like, 2.6 * unit), 0.15, 0.85)
    halo = brush.blur(like, 11 * unit) * (1 - cover)
    picture = over(colour.tuned(picture, lightness=0.72), 0.55 * halo, picture)
    picture = over(things, 0.95 * cover, picture)
    thin = 1 + 0.025 * brush.cloud(dice, like, 36 * unit, 3) + 0.012 * brush.cloud(dice, like, 4 * unit, 1)
    return picture * thin


def _parting(rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Part rows of Oklab (n, 3, h) where above and below differ most: the share (n, 1, 1, 1), and both means."""
    h = rows.shape[2]
    number = torch.arange(1, h + 1, device=rows.device, dtype=rows.dtype)
    total = rows.cumsum(2)
    above = total / number
    below = (total[:, :, -1:] - total) / (h - number).clamp(min=1)
    weight = torch.tensor([1.0, 2.0, 2.0], device=rows.device)[:, None]
    score = ((above - below) * weight).square().sum(1) * number * (h - number)
    allowed = (number > 0.3 * h) & (number < 0.72 * h)
    at = torch.where(allowed, score, torch.zeros_like(score)).argmax(1)
    at = torch.where(score.amax(1) > 1e-4 * h * h, at, int(0.6 * h))
    upper, lower = (each.gather(2, at[:, None, None].expand(-1, 3, 1)) for each in (above, below))
    return (at.view(-1, 1, 1, 1) + 1) / h, upper, lower


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
