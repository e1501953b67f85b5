"""Pictures built of strokes, ground and things alike: oil painting, swirling brushstrokes, chalk pastel, gouache."""

from __future__ import annotations

import torch
from torch import Tensor

from studio.hands import brush, colour, form
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
    rich = colour.tuned(whole, chroma=1.16)
    lean = form.sweeps(dice, like, unit)
    broad_way, way = (form.ways(whole, unit, reach, lean) for reach in (11.0, 6.0))
    fine = form.detail(drawing)
    toned = over(_solid("6b4a34", like), torch.full_like(like, 0.35), brush.blur(rich, 6 * unit))
    canvas = (toned, 0.1 * brush.cloud(dice, like, 5 * unit, 1))

    soft = brush.blur(rich, 4.5 * unit)
    marks = brush.Marks(dice, like, 15 * unit)
    coat = stroked(marks, broad_way, 19 * unit, 8.5 * unit)
    tones = form.broken(marks, soft, light=0.11, turn=0.55, reach=16 * unit, astray=0.4)
    canvas = form.painted(coat, marks, tones, canvas)

    marks = brush.Marks(dice, like, 10 * unit)
    inside = step(brush.blur(like, 3 * unit), 0.25, 0.7)
    coat = stroked(marks, way, 12.5 * unit, 5.6 * unit, (0.42 + 0.7 * inside + fine).clamp(max=1.1))
    tones = form.broken(marks, brush.blur(rich, 2.2 * unit), light=0.10, turn=0.4, reach=8 * unit, astray=0.3)
    canvas = form.painted(coat, marks, tones, canvas, thick=1.1)

    marks = brush.Marks(dice, like, 6.2 * unit)
    coat = stroked(marks, way, 7.6 * unit, 3.7 * unit, 1.25 * fine)
    tones = form.broken(marks, brush.blur(rich, 0.9 * unit), light=0.05, turn=0.15, reach=2 * unit, astray=0.2)
    canvas = form.painted(coat, marks, tones, canvas, thick=0.9)
    small = form.minute(drawing)
    colours = over(brush.blur(rich, 0.7 * unit), 0.72 * small, canvas[0])
    lit = form.relit(colours, canvas[1], 0.42, _side(drawing), unit)
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
    canvas = (colour.tuned(brush.blur(rich, 4 * unit), lightness=0.72), torch.zeros_like(like))

    # Bands of light and dark run along the flow, as wide as a brush.
    field = torch.cos(flow), torch.sin(flow)
    band = brush.along(brush.cloud(dice, like, 9 * unit, 1), *field, 60 * unit, 8)
    inside = step(brush.blur(like, 3 * unit), 0.25, 0.7)
    lively = colour.tuned(brush.blur(rich, 2 * unit), lift=0.10 * band * (1 - 0.6 * inside), turn=0.3 * band)
    marks = brush.Marks(dice, like, 9.5 * unit, reach=2)
    coat = stroked(marks, way, 21 * unit, 4.4 * unit)
    tones = form.broken(marks, lively, light=0.17, turn=0.6, reach=7 * unit, astray=0.3)
    canvas = form.painted(coat, marks, tones, canvas, thick=1.2)

    marks = brush.Marks(dice, like, 7 * unit)
    coat = stroked(marks, way, 9 * unit, 3.8 * unit, 0.75 * inside + fine)
    tones = form.broken(marks, brush.blur(rich, 1.2 * unit), light=0.13, turn=0.35, reach=3 * unit, astray=0.25)
    canvas = form.painted(coat, marks, tones, canvas, thick=1.1)
    small = form.minute(drawing)
    colours = over(brush.blur(rich, 0.7 * unit), 0.75 * small, canvas[0])
    return form.relit(colours, canvas[1], 0.5, _side(drawing), unit)


def pastel(drawing: Drawing, dice: Dice) -> Tensor:
    """Chalk in layers on toned paper, whose tooth stays open: rubbed in, then hatched along the form, then accents."""
    unit, like, whole = drawing.unit, drawing.alpha, drawing.whole
    tooth = 0.35 * brush.grain(dice, like) + 0.95 * brush.cloud(dice, like, 4.2 * unit, 1)
    mean = colour.lab(drawing.ground).mean((2, 3), keepdim=True)
    light, chroma, hue = colour.polar(mean)
    # The paper is the middle tone that the picture lacks.
    sheet = colour.colour(0.62 - 0.36 * light, (0.4 * chroma + 0.025).clamp(max=0.055), hue + 0.5)
    sheet = sheet * (1 + 0.025 * tooth)
    rich = colour.tuned(whole, chroma=1.28, lift=0.025)
    fine = form.detail(drawing)
    inside = step(brush.blur(like, 3 * unit), 0.25, 0.7)
    open_ = step(brush.cloud(dice, like, 60 * unit, 2), 0.3, 1.6) * (1 - inside)
    rubbed = over(brush.blur(rich, 5 * unit), (0.62 + 0.16 * inside - 0.35 * open_ + 0.08 * tooth).clamp(0, 1), sheet)
    picture = rubbed
    lean = form.sweeps(dice, like, unit, (-1.3, -0.5))
    way = form.ways(whole, unit, 9.0, lean)
    hatch = torch.cos(lean), torch.sin(lean)
    layers = (
        (15.0, hatch, 20.0, 6.0, 0.85 - 0.5 * open_, brush.blur(rich, 3 * unit), 0.10, 0.6, 0.55),
        (10.0, way, 13.0, 4.6, 0.45 + 0.45 * inside + fine, brush.blur(rich, 1.6 * unit), 0.11, 0.5, 0.35),
        (6.2, way, 7.6, 3.6, 1.25 * fine, brush.blur(rich, 0.8 * unit), 0.05, 0.15, 0.1),
    )
    for pitch, field, length, width, wanted, source, shake, turn, bare in layers:
        marks = brush.Marks(dice, like, pitch * unit)
        coat = stroked(marks, field, length * unit, width * unit, wanted.clamp(max=1.1))
        tones = form.broken(marks, source, light=shake, turn=turn, reach=0.8 * pitch * unit, astray=0.3)
        # A stick leaves streaks along its way where the paper is rough.
        phase = coat.coloured(marks.own[:, 3:].expand(len(tones), -1, -1, -1))
        streak = torch.sin(5 * coat.across + 20 * phase)
        edge = (1 - coat.across.abs()) * 0.9 + 0.6 * (1 - coat.along.abs())
        laid = coat.cover * step(edge + bare * (0.5 * tooth + 0.45 * streak), -0.05, 0.75)
        picture = over(coat.coloured(tones), 0.86 * laid, picture)
    small = form.minute(drawing)
    picture = over(brush.blur(rich, 0.7 * unit), 0.75 * small * step(tooth, -2.6, -0.6), picture)
    return picture + 0.012 * tooth


def _solid(hexed: str, like: Tensor) -> Tensor:
    return colour.table(hexed, like=like)[0][:, None, None].expand(len(like), -1, *like.shape[2:])
