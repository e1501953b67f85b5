"""Styles in brush strokes over background and things: oil painting, swirling strokes, chalk pastel, gouache."""

from __future__ import annotations

import torch
from torch import Tensor

from studio.styles import brush, colour
from studio.styles import techniques as form
from studio.styles.brush import over, step
from studio.styles.dice import HashRng
from studio.styles.drawing import Drawing
from studio.styles.techniques import stroked


def _side(drawing: Drawing) -> Tensor:
    """Return the side from which the motif's shading shows it to be lit (n, 1, 1, 1), −0.8 (left)…0.8 (right)."""
    like = drawing.alpha
    x, _ = brush.places(like)
    light = colour.lab(drawing.rgb)[:, :1] * like
    weight, total = like.sum((2, 3), keepdim=True) + 1e-3, light.sum((2, 3), keepdim=True) + 1e-3
    middle, bright = (like * x).sum((2, 3), keepdim=True) / weight, (light * x).sum((2, 3), keepdim=True) / total
    return ((bright - middle) / (4 * drawing.unit)).tanh() * 0.8


def oil(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render thick paint in few bold strokes: broad ones crosswise behind, others along the form on things."""
    unit, like, whole = drawing.unit, drawing.alpha, drawing.whole
    lean = form.sweeps(rng, like, unit)
    fine, small = form.detail(drawing), form.minute(drawing)
    inside = step(brush.blur(like, 2.5 * unit), 0.3, 0.65)
    changes = form.changes(drawing)
    rich = colour.tuned(whole, chroma=1.08)
    planes = colour.tuned(form.planes(drawing, 10, 9), chroma=1.08)
    back = brush.blur(colour.tuned(drawing.ground, chroma=1.08), 1.6 * unit)
    canvas = (
        over(_solid("6b4a34", like), torch.full_like(like, 0.15), back),
        0.1 * brush.cloud(rng, like, 5 * unit, 1),
    )
    across = form.courses(drawing.ground, unit, 8.0, lean + 0.7 * brush.cloud(rng, like, 60 * unit, 1))
    course = form.courses(whole, unit, 7.0, lean)
    near = over(planes, torch.full_like(like, 0.75), rich)
    full = torch.full_like(like, 1.1)
    ground_coats = (
        (16.0, 25.0, 11.0, full, back, 6.0, 0.05, 0.35, across, 0.9),
        (14.0, 21.0, 8.0, full * 0.75, back, 4.0, 0.07, 0.4, across, 1.0),
    )
    canvas = _coated(canvas, ground_coats, rng, like, unit)
    # Fill the things before their strokes, so that no background shows between these.
    canvas = over(brush.blur(planes, unit), inside, canvas[0]), canvas[1] * (1 - 0.6 * inside)
    coats = (
        (12.0, 16.0, 6.6, (1.2 * inside).clamp(max=1.1), planes, 3.0, 0.05, 0.3, course, 1.1),
        (10.0, 13.0, 5.0, 0.85 * inside, planes, 2.5, 0.09, 0.35, course, 1.2),
        (8.0, 10.0, 4.0, (0.9 * changes * inside + fine).clamp(max=1.1), near, 1.0, 0.04, 0.15, course, 1.0),
    )
    canvas = _coated(canvas, coats, rng, like, unit)
    colours = over(colour.tuned(brush.blur(rich, 0.6 * unit), lightness=0.94), 0.92 * small, canvas[0])
    lit = form.relit(colours, brush.blur(canvas[1], 0.9 * unit), 0.44, _side(drawing), unit)
    return lit * brush.paper(rng, like, 0.014)


_Coat = tuple[float, float, float, Tensor, Tensor, float, float, float, tuple[Tensor, Tensor], float]
"""A coat of strokes. Its pitch, length and width in units; the probability of a stroke (n, 1, h, w); the picture that
it shows, and how far away in units; the variation of lightness and of hue; the field that it follows; its thickness."""


def _coated(
    canvas: tuple[Tensor, Tensor], coats: tuple[_Coat, ...], rng: HashRng, like: Tensor, unit: float
) -> tuple[Tensor, Tensor]:
    """Return (colours, relief), (n, 3, h, w) and (n, 1, h, w), with several coats of strokes on them."""
    for pitch, length, width, density, source, reach, shake, turn, field, thick in coats:
        marks = brush.Marks(rng, like, pitch * unit)
        coat = stroked(marks, field, length * unit, width * unit, density)
        tones = form.broken(marks, source, light=shake, turn=turn, reach=reach * unit, astray=0.3)
        canvas = form.painted(coat, marks, tones, canvas, thick=thick, dry=0.22)
    return canvas


def swirls(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render ropes of thick paint that swirl through the background, around the things and along their form."""
    unit, like, whole = drawing.unit, drawing.alpha, drawing.whole
    h, w = like.shape[2:]
    x, y = brush.places(like)
    vx, vy = 0.8 * torch.ones_like(like), 0.4 * torch.sin(x / (30 * unit)) + 0 * like
    for at in range(5):
        place = rng.uniform(4, 1, 1)
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
    course = form.courses(whole, unit, 6.0, flow)
    rich = colour.tuned(whole, chroma=1.14)
    fine = form.detail(drawing)
    canvas = (colour.tuned(brush.blur(rich, 4 * unit), lightness=0.82), torch.zeros_like(like))

    # Light and dark bands as wide as a brush run along the flow.
    field = torch.cos(flow), torch.sin(flow)
    band = brush.along(brush.cloud(rng, like, 11 * unit, 1), *field, 70 * unit, 8) * 1.5
    inside = step(brush.blur(like, 3 * unit), 0.25, 0.7)
    lively = colour.tuned(brush.blur(rich, 2 * unit), lift=0.10 * band * (1 - 0.5 * inside), turn=0.3 * band)
    marks = brush.Marks(rng, like, 11 * unit, reach=2)
    coat = stroked(marks, course, 25 * unit, 5.8 * unit)
    tones = form.broken(marks, lively, light=0.09, turn=0.5, reach=9 * unit, astray=0.3)
    canvas = form.painted(coat, marks, tones, canvas, thick=1.2)

    marks = brush.Marks(rng, like, 9 * unit)
    coat = stroked(marks, course, 11.5 * unit, 4.8 * unit, 0.7 * inside + fine)
    tones = form.broken(marks, brush.blur(rich, 1.2 * unit), light=0.09, turn=0.35, reach=3 * unit, astray=0.25)
    canvas = form.painted(coat, marks, tones, canvas, thick=1.1)
    marks = brush.Marks(rng, like, 6.4 * unit)
    coat = stroked(marks, course, 8 * unit, 3.9 * unit, 1.15 * fine * inside)
    tones = form.broken(marks, rich, light=0.05, turn=0.15, reach=1.5 * unit, astray=0.1)
    canvas = form.painted(coat, marks, tones, canvas, thick=0.9)
    small = form.minute(drawing)
    colours = over(brush.blur(rich, 0.7 * unit), 0.8 * small, canvas[0])
    return form.relit(brush.blur(colours, 0.6 * unit), brush.blur(canvas[1], 1.0 * unit), 0.42, _side(drawing), unit)


def pastel(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render chalk hatched in layers on toned paper: planes first, then darks, then strong lights."""
    unit, like, whole = drawing.unit, drawing.alpha, drawing.whole
    tooth = 0.5 * brush.grain(rng, like) + 0.6 * brush.cloud(rng, like, 3.0 * unit, 1)
    mean = colour.lab(drawing.ground).mean((2, 3), keepdim=True)
    light, chroma, hue = colour.polar(mean)
    # The paper is a middle tone, somewhat darker than the drawing.
    sheet = colour.colour(0.33 + 0.30 * light, (0.4 * chroma + 0.02).clamp(max=0.05), hue + 0.5)
    picture = (sheet * (1 + 0.03 * tooth)).expand(-1, -1, *like.shape[2:])
    inside = step(brush.blur(like, 2 * unit), 0.35, 0.65)
    fine = form.detail(drawing)
    planes = form.planes(drawing, 10, 8)
    tone = colour.lab(planes)[:, :1]
    lights, darks = step(tone, 0.52, 0.8), step(tone, 0.50, 0.28)
    chalks = colour.tuned(planes, chroma=0.95 + 0.15 * lights, lift=0.02 * lights - 0.06 * darks)
    ground = colour.tuned(brush.blur(drawing.ground, 1.8 * unit), chroma=1.1)
    exact = colour.tuned(over(whole, torch.full_like(like, 0.4), planes), chroma=1.1)
    # First strokes with the side of the stick, so light that the paper shows through.
    picture = over(over(ground, inside, chalks), 0.36 + 0.34 * inside, picture)
    lean = -0.85 + 0.4 * form.sweeps(rng, like, unit, (-0.5, 0.5))
    hatch, lie = (torch.cos(lean), torch.sin(lean)), form.courses(drawing.ground, unit, 8.0, lean)
    course = form.courses(whole, unit, 9.0, lean)
    full = torch.full_like(like, 1.1)
    for pitch, length, width, chance, source, shake, turn, field, press in (
        (14.0, 24.0, 6.4, full * (0.9 - 0.5 * inside), ground, 0.05, 0.35, hatch, 0.75),
        (13.0, 20.0, 4.6, full * 0.5 * (1 - inside), ground, 0.09, 0.45, lie, 0.8),
        (10.0, 15.0, 6.0, 1.2 * inside, chalks, 0.05, 0.3, course, 1.0),
        (10.0, 14.0, 4.4, 0.85 * inside, chalks, 0.13, 0.5, course, 0.9),
        (8.5, 11.0, 4.0, inside * (0.7 * lights + 0.8 * darks), chalks, 0.05, 0.2, course, 1.1),
        (7.5, 9.0, 3.7, 1.15 * fine, exact, 0.03, 0.1, course, 1.2),
    ):
        marks = brush.Marks(rng, like, pitch * unit)
        coat = stroked(marks, field, length * unit, width * unit, chance.clamp(max=1.1))
        tones = form.broken(marks, source, light=shake, turn=turn, reach=0.25 * pitch * unit, astray=0.25)
        body = (1 - coat.across.abs()) * 1.1 + 0.5 * (1 - coat.along.abs())
        laid = coat.cover * step(body + (0.24 / press) * tooth, -0.16, 0.44)
        picture = over(coat.coloured(tones), (0.9 * min(1.0, press)) * laid, picture)
    small = form.minute(drawing)
    # Details are drawn with a sharp edge of the stick.
    sharp = brush.blur(whole, 0.6 * unit)
    sharp = colour.tuned(sharp, lightness=0.84 + 0.16 * colour.lab(sharp)[:, :1])
    picture = over(sharp, 0.92 * small * step(tooth, -2.4, -0.8), picture)
    return picture + 0.016 * tooth


def _solid(hexed: str, like: Tensor) -> Tensor:
    """Return one colour, such as ``e4002b``, as pictures (n, 3, h, w), sRGB 0…1."""
    return colour.table(hexed, like=like)[0][:, None, None].expand(len(like), -1, *like.shape[2:])
