"""Pictures built of strokes, ground and things alike: oil painting, swirling brushstrokes, chalk pastel, gouache."""

from __future__ import annotations

import torch
from torch import Tensor

from studio.hands import brush, colour
from studio.hands import techniques as form
from studio.hands.brush import over, step
from studio.hands.dice import Dice
from studio.hands.drawing import Drawing
from studio.hands.techniques import stroked


def _side(drawing: Drawing) -> Tensor:
    """Return from which side the light comes (n, 1, 1, 1), −1…1, as the things themselves tell."""
    like = drawing.alpha
    x, _ = brush.places(like)
    light = colour.lab(drawing.rgb)[:, :1] * like
    weight, total = like.sum((2, 3), keepdim=True) + 1e-3, light.sum((2, 3), keepdim=True) + 1e-3
    middle, bright = (like * x).sum((2, 3), keepdim=True) / weight, (light * x).sum((2, 3), keepdim=True) / total
    return ((bright - middle) / (4 * drawing.unit)).tanh() * 0.8


def oil(drawing: Drawing, dice: Dice) -> Tensor:
    """Thick paint in coats from broad to fine, across edges and along the form, on a warm toned canvas."""
    unit, like, whole = drawing.unit, drawing.alpha, drawing.whole
    rich = colour.tuned(whole, chroma=1.12)
    lean = form.sweeps(dice, like, unit)
    broad_way, way = (form.ways(whole, unit, reach, lean) for reach in (11.0, 6.0))
    fine = form.detail(drawing)
    toned = over(_solid("6b4a34", like), torch.full_like(like, 0.15), brush.blur(rich, 6 * unit))
    canvas = (toned, 0.1 * brush.cloud(dice, like, 5 * unit, 1))

    soft, near = brush.blur(rich, 4.5 * unit), brush.blur(rich, 1.8 * unit)
    inside = step(brush.blur(like, 3 * unit), 0.25, 0.7)
    changes = form.changes(drawing)
    for pitch, length, width, wanted, source, reach, shake, turn, field, dry in (
        (15.0, 23.0, 11.0, torch.full_like(like, 1.1), soft, 18.0, 0.11, 0.55, broad_way, 0.0),
        (17.0, 23.0, 9.5, torch.full_like(like, 0.75), soft, 12.0, 0.10, 0.5, broad_way, 0.16),
        (12.0, 15.5, 7.0, (0.1 + 0.75 * inside + changes).clamp(max=1.1), near, 9.0, 0.085, 0.4, way, 0.16),
        (8.0, 10.0, 4.6, (0.9 * changes * inside + fine).clamp(max=1.1), near, 4.0, 0.06, 0.25, way, 0.16),
    ):
        marks = brush.Marks(dice, like, pitch * unit)
        coat = stroked(marks, field, length * unit, width * unit, wanted)
        tones = form.broken(marks, source, light=shake, turn=turn, reach=reach * unit, astray=0.35)
        canvas = form.painted(coat, marks, tones, canvas, dry=dry, wet=source)
    marks = brush.Marks(dice, like, 6.2 * unit)
    coat = stroked(marks, way, 7.6 * unit, 3.7 * unit, 1.2 * fine)
    tones = form.broken(marks, brush.blur(rich, 0.9 * unit), light=0.04, turn=0.12, reach=2 * unit, astray=0.15)
    canvas = form.painted(coat, marks, tones, canvas, thick=0.8)
    small = form.minute(drawing)
    colours = over(brush.blur(rich, 0.7 * unit), 0.72 * small, canvas[0])
    lit = form.relit(colours, canvas[1], 0.30, _side(drawing), unit)
    return lit * brush.paper(dice, like, 0.014)


def swirls(drawing: Drawing, dice: Dice) -> Tensor:
    """Ropes of thick paint that turn in eddies through the ground, ring about the things and bend with their form."""
    unit, like, whole = drawing.unit, drawing.alpha, drawing.whole
    h, w = like.shape[2:]
    x, y = brush.places(like)
    vx, vy = 0.8 * torch.ones_like(like), 0.4 * torch.sin(x / (30 * unit)) + 0 * like
    for at in range(5):
        place = dice.uniform(4, 1, 1)
        at_x, at_y = (at + place[:, :1]) / 5 * w, (0.05 + 0.6 * place[:, 1:2]) * h
        size, sign = (0.10 + 0.10 * place[:, 2:3]) * h, torch.where(place[:, 3:] < 0.5, -1.0, 1.0)
        dx, dy = x - at_x, y - at_y
        away = torch.hypot(dx, dy) + 1e-3
        pull = sign * 4 * torch.exp(-((away / size) ** 2))
        vx, vy = vx - pull * dy / away, vy + pull * dx / away
    right, down = brush.slopes(brush.blur(like, 13 * unit))
    length = torch.hypot(right, down)
    near = (150 * unit * length).clamp(max=3.5) / length.clamp(min=1e-6)
    near = near * torch.where(right * vy - down * vx < 0, -1.0, 1.0)
    flow = torch.atan2(vy + near * right, vx - near * down)
    way = form.ways(whole, unit, 6.0, flow)
    rich = colour.tuned(whole, chroma=1.3)
    fine = form.detail(drawing)
    canvas = (colour.tuned(brush.blur(rich, 4 * unit), lightness=0.82), torch.zeros_like(like))

    # Bands of light and dark run along the flow, as wide as a brush.
    field = torch.cos(flow), torch.sin(flow)
    band = brush.along(brush.cloud(dice, like, 11 * unit, 1), *field, 70 * unit, 8) * 1.5
    inside = step(brush.blur(like, 3 * unit), 0.25, 0.7)
    lively = colour.tuned(brush.blur(rich, 2 * unit), lift=0.10 * band * (1 - 0.5 * inside), turn=0.3 * band)
    marks = brush.Marks(dice, like, 11 * unit, reach=2)
    coat = stroked(marks, way, 25 * unit, 5.8 * unit)
    tones = form.broken(marks, lively, light=0.09, turn=0.5, reach=9 * unit, astray=0.3)
    canvas = form.painted(coat, marks, tones, canvas, thick=1.2)

    marks = brush.Marks(dice, like, 9 * unit)
    coat = stroked(marks, way, 11.5 * unit, 4.8 * unit, 0.7 * inside + fine)
    tones = form.broken(marks, brush.blur(rich, 1.2 * unit), light=0.09, turn=0.35, reach=3 * unit, astray=0.25)
    canvas = form.painted(coat, marks, tones, canvas, thick=1.1)
    marks = brush.Marks(dice, like, 6.4 * unit)
    coat = stroked(marks, way, 8 * unit, 3.9 * unit, 1.15 * fine * inside)
    tones = form.broken(marks, rich, light=0.05, turn=0.15, reach=1.5 * unit, astray=0.1)
    canvas = form.painted(coat, marks, tones, canvas, thick=0.9)
    small = form.minute(drawing)
    colours = over(brush.blur(rich, 0.7 * unit), 0.8 * small, canvas[0])
    return form.relit(brush.blur(colours, 0.6 * unit), brush.blur(canvas[1], 1.0 * unit), 0.42, _side(drawing), unit)


def pastel(drawing: Drawing, dice: Dice) -> Tensor:
    """Chalk in layers on toned paper, whose tooth stays open: rubbed in, then hatched along the form, then accents."""
    unit, like, whole = drawing.unit, drawing.alpha, drawing.whole
    tooth = 0.35 * brush.grain(dice, like) + 0.95 * brush.cloud(dice, like, 4.2 * unit, 1)
    mean = colour.lab(drawing.ground).mean((2, 3), keepdim=True)
    light, chroma, hue = colour.polar(mean)
    # The paper is a middle tone, somewhat darker than what is drawn on it.
    sheet = colour.colour(0.30 + 0.30 * light, (0.4 * chroma + 0.025).clamp(max=0.055), hue + 0.5)
    sheet = sheet * (1 + 0.025 * tooth)
    rich = colour.tuned(whole, chroma=1.28, lift=0.025)
    fine = form.detail(drawing)
    inside = step(brush.blur(like, 3 * unit), 0.25, 0.7)
    lean = -0.85 + 0.4 * form.sweeps(dice, like, unit, (-0.5, 0.5))
    way = form.ways(whole, unit, 9.0, lean)
    # The side of the stick first, all over: streaks between which the paper stays open, more so in the ground.
    streaks = brush.along(brush.cloud(dice, like, 8 * unit, 2), torch.cos(lean), torch.sin(lean), 80 * unit, 10) * 2.5
    bent = brush.along(brush.cloud(dice, like, 6 * unit, 2), *way, 40 * unit, 8) * 2.1
    hatch = over(bent, inside, streaks)
    warm = over(bent.roll(int(9 * unit), 2), inside, streaks.roll(int(13 * unit), 2))
    lively = colour.tuned(brush.blur(rich, 2.2 * unit), lift=0.05 * hatch, turn=0.22 * warm)
    cover = step(0.64 + 0.24 * inside + (0.26 - 0.08 * inside) * hatch + 0.10 * tooth, 0.0, 0.85)
    picture = over(
        lively, 0.94 * cover, over(sheet, torch.full_like(like, 0.6) - 0.2 * inside, brush.blur(rich, 5 * unit))
    )
    # Then strokes with its end: along the form, lighter in the lights and cooler in the shades.
    shade = colour.lab(brush.blur(rich, 3 * unit))[:, :1]
    for pitch, length, width, wanted, source, shake, turn in (
        (12.0, 15.0, 4.6, 0.22 + 0.5 * inside, brush.blur(rich, 1.8 * unit), 0.10, 0.55),
        (7.0, 8.6, 3.7, 1.15 * fine, brush.blur(rich, 0.9 * unit), 0.05, 0.15),
    ):
        marks = brush.Marks(dice, like, pitch * unit)
        coat = stroked(marks, way, length * unit, width * unit, wanted.clamp(max=1.1))
        tones = form.broken(marks, source, light=shake, turn=turn, reach=0.7 * pitch * unit, astray=0.25)
        tones = colour.tuned(tones, lift=0.10 * (marks.seen(shade) - 0.5))
        edge = (1 - coat.across.abs()) * 0.9 + 0.6 * (1 - coat.along.abs())
        laid = coat.cover * step(edge + 0.22 * tooth, 0.02, 0.7)
        picture = over(coat.coloured(tones), 0.8 * laid, picture)
    small = form.minute(drawing)
    picture = over(brush.blur(rich, 0.7 * unit), 0.8 * small * step(tooth, -2.6, -0.6), picture)
    return picture + 0.014 * tooth


def _solid(hexed: str, like: Tensor) -> Tensor:
    return colour.table(hexed, like=like)[0][:, None, None].expand(len(like), -1, *like.shape[2:])
