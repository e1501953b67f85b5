"""Brush and chalk before a given ground: pointillist, oil painting, swirling brushwork, chalk pastel, colour field."""

from __future__ import annotations

import torch
from torch import Tensor

from studio.hands import brush, colour
from studio.hands.brush import over, step
from studio.hands.dice import Dice
from studio.hands.drawing import Drawing, soft
from studio.hands.techniques import Strokes, body, contour, gathered, lit, solid, stroked, varied


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


def _painted(coat: Strokes, marks: brush.Marks, tones: Tensor, under: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Lay a coat in its tones over (colours, relief)."""
    ridge = (1 - coat.across**2).clamp(0, 1) * (1 - coat.along.abs() ** 3).clamp(0, 1)
    # Bristles leave a few broad furrows along a stroke.
    phase = coat.coloured(marks.own[:, 3:].expand(len(tones), -1, -1, -1))
    furrow = torch.sin(5 * coat.across + 9 * phase)
    colours = over(coat.coloured(tones) + 0.012 * furrow, coat.cover, under[0])
    return colours, over(ridge.sqrt() + 0.10 * furrow, coat.cover, under[1])


def oil(drawing: Drawing, dice: Dice) -> Tensor:
    """Thick strokes that build the form: broad slanting ones in the ground, shorter ones along the things' shapes."""
    unit, like = drawing.unit, drawing.alpha
    zero = torch.zeros_like(like)
    ground = colour.tuned(brush.blur(drawing.ground, 1.5 * unit), chroma=1.15)
    field = brush.directions(colour.lab(ground), 9 * unit, torch.full_like(like, -0.75))
    marks = brush.Marks(dice, like, 15 * unit)
    back = stroked(marks, field, 17 * unit, 8.5 * unit)
    tones = varied(marks.seen(ground), marks.own, 0.055, 0.4)
    canvas = _painted(back, marks, tones, (colour.tuned(brush.blur(ground, 4 * unit), lightness=0.9), zero))

    rich = colour.tuned(drawing.rgb, chroma=1.18, lightness=0.98)
    form = torch.cat([colour.lab(brush.blur(drawing.rgb, 1.5 * unit)), brush.blur(like, 5 * unit)], 1)
    field = brush.directions(form, 5 * unit, torch.full_like(like, -1.1))
    marks = brush.Marks(dice, like, 8.5 * unit)
    coat = stroked(marks, field, 9.5 * unit, 4.2 * unit)
    own = _painted(coat, marks, varied(marks.seen(brush.blur(rich, 1.0 * unit)), marks.own, 0.07, 0.3), (rich, zero))
    detail = step(brush.blur(drawing.lines, 2.0 * unit), 0.1, 0.3)
    marks = brush.Marks(dice, like, 4.5 * unit)
    coat = stroked(marks, field, 5 * unit, 2.3 * unit, 1.2 * detail)
    own = _painted(coat, marks, varied(marks.seen(rich), marks.own, 0.04, 0.1), own)
    wander = [0.9 * unit * brush.cloud(dice, like, 9 * unit, 1) for _ in range(2)]
    cover = step(brush.blur(brush.shifted(like, *wander), 0.9 * unit), 0.3, 0.7)
    colours, relief = over(own[0], cover, canvas[0]), over(own[1], cover, 0.6 * canvas[1])
    # A loose dark line of the thing's own colour, as from the first drawing with the brush.
    edge = step(brush.blur(like, 2.2 * unit), 0.12, 0.35) * (1 - cover)
    colours = over(colour.tuned(brush.blur(rich, 2 * unit), lightness=0.5), 0.4 * edge, colours)
    return lit(colours, relief, 0.15, unit) * brush.paper(dice, like, 0.012)


# Where the ground's eddies turn: x, y and size in shares of the picture's side, and which way round.
EDDIES = ((0.25, 0.22, 0.20, 1.0), (0.72, 0.16, 0.17, -1.0), (0.98, 0.50, 0.15, 1.0), (0.02, 0.60, 0.15, -1.0))


def swirls(drawing: Drawing, dice: Dice) -> Tensor:
    """Long ropes of thick paint: around eddies and the things in the ground, along the forms within them."""
    unit, like = drawing.unit, drawing.alpha
    h, w = like.shape[2:]
    x, y = brush.places(like)
    vx, vy = 0.7 * torch.ones_like(x), 0.35 * torch.sin(x / (26 * unit)) + 0 * y
    for at_x, at_y, size, sign in EDDIES:
        dx, dy = x - at_x * w, y - at_y * h
        away = torch.hypot(dx, dy) + 1e-3
        pull = sign * 4.5 * torch.exp(-((away / (size * h)) ** 2))
        vx, vy = vx - pull * dy / away, vy + pull * dx / away
    # Near a thing the ground runs along its edge, like rings around a light.
    right, down = brush.slopes(brush.blur(like, 12 * unit))
    length = torch.hypot(right, down)
    near = (120 * unit * length).clamp(max=3) / length.clamp(min=1e-6)
    # Whichever way round, it does not run against the flow.
    near = near * torch.where(right * vy - down * vx < 0, -1.0, 1.0)
    flow = torch.atan2(vy + near * right, vx - near * down)
    seams = brush.directions(colour.lab(brush.blur(drawing.ground, 1.5 * unit)), 6 * unit, flow)
    ground = colour.tuned(brush.blur(drawing.ground, 1.2 * unit), chroma=1.3)
    marks = brush.Marks(dice, like, 8.5 * unit, reach=2)
    back = stroked(marks, seams, 18 * unit, 3.4 * unit)
    tones = varied(marks.seen(ground), marks.own, 0.22, 0.7)
    zero = torch.zeros_like(like)
    canvas = _painted(back, marks, tones, (colour.tuned(ground, lightness=0.8), zero))

    rich = colour.tuned(drawing.rgb, chroma=1.3)
    form = torch.cat([colour.lab(brush.blur(drawing.rgb, 1.5 * unit)), 0.6 * brush.blur(like, 6 * unit)], 1)
    field = brush.directions(form, 5 * unit, 1.2 + 0.8 * torch.sin(y / (22 * unit)) + 0 * like)
    marks = brush.Marks(dice, like, 6 * unit, reach=1)
    coat = stroked(marks, field, 7.5 * unit, 2.5 * unit)
    detail = step(brush.blur(drawing.lines, 1.5 * unit), 0.1, 0.3)
    tones = varied(marks.seen(rich), marks.own, 0.16, 0.35)
    own = _painted(coat, marks, tones, (rich, zero))
    own = (over(rich, 0.5 * detail, own[0]), own[1])
    cover = body(like, unit)
    drawn = contour(drawing.lines, 1.5, 0.2, 0.42, unit)
    colours = over(own[0], cover, canvas[0])
    dark = colour.tuned(brush.blur(drawing.whole, 2 * unit), lightness=0.35)
    colours = over(dark, 0.2 * drawn, colours)
    return lit(colours, over(own[1], cover, canvas[1]), 0.24, unit)


def pastel(drawing: Drawing, dice: Dice) -> Tensor:
    """Chalk on dark toned paper: the ground in broad slanting strokes, the things rubbed and drawn over them."""
    unit, like = drawing.unit, drawing.alpha
    tooth = 0.2 * brush.grain(dice, like) + 0.95 * brush.cloud(dice, like, 4.5 * unit, 1)
    # The paper is a deep tone of the ground's own mean hue.
    _, chroma, hue = colour.polar(colour.lab(drawing.ground).mean((2, 3), keepdim=True))
    sheet = colour.colour(torch.full_like(hue, 0.30), (0.5 * chroma + 0.02).clamp(max=0.05), hue)
    ground = colour.tuned(brush.blur(drawing.ground, 1.6 * unit), chroma=1.35, lightness=0.96, lift=0.05)
    picture = _chalked(ground, sheet, tooth, dice, 13 * unit, 0.76)

    off = [0.9 * unit * brush.cloud(dice, like, 10 * unit, 1) for _ in range(2)]
    cover = step(brush.blur(brush.shifted(like, *off), 0.9 * unit), 0.3, 0.7)
    bright = colour.tuned(drawing.rgb, chroma=1.3, lift=0.03)
    detail = step(brush.blur(drawing.lines, 1.6 * unit), 0.1, 0.3)
    things = over(bright, 0.75 * detail, _chalked(bright, sheet, tooth, dice, 8 * unit, 0.86))
    picture = over(things, cover, picture)
    line = contour(brush.shifted(drawing.lines, *off), 1.2, 0.15, 0.36, unit)
    dark = colour.tuned(brush.blur(drawing.whole, 2 * unit), lightness=0.5, chroma=0.9)
    return over(dark, 0.28 * line * step(tooth, -3.0, -0.8), picture)


def _chalked(picture: Tensor, sheet: Tensor, tooth: Tensor, dice: Dice, pitch: float, rubbed: float) -> Tensor:
    """Rub a picture into the paper, then go over it in slanting strokes that the paper's tooth breaks up."""
    like = tooth
    slant = torch.full_like(like, 0.62), torch.full_like(like, -0.78)
    marks = brush.Marks(dice, like, pitch)
    coat = stroked(marks, slant, 1.25 * pitch, 0.42 * pitch)
    tones = varied(marks.seen(picture), marks.own, 0.11, 0.5)
    edge = (1 - coat.across.abs()) + 0.5 * (1 - coat.along.abs())
    laid = coat.cover * step(edge + 0.40 * tooth, 0.1, 0.7)
    return over(coat.coloured(tones), 0.92 * laid, over(picture, (rubbed + 0.06 * tooth).clamp(0, 1), sheet))


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
