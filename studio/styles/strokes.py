"""Styles in single strokes and dots, for motifs without a setting: pointillist, oil, swirls, chalk pastel."""

from __future__ import annotations

import torch
from torch import Tensor

from studio.styles import brush, colour
from studio.styles.brush import over, step
from studio.styles.dice import HashRng
from studio.styles.drawing import Drawing, ground_hue


def _ground(drawing: Drawing, rng: HashRng, chroma: float, second: float = 0.9) -> Tensor:
    """Return a background (n, 3, h, w) in two blended hues, unlike the motif in hue and lightness.

    ``second`` is how far the hues lie apart.
    """
    like = drawing.alpha
    turn = ground_hue(drawing, rng)
    light = torch.where(drawing.mean[:, :1] > 0.70, 0.45, 0.8) + rng.uniform(1, 1, 1, low=-0.05, high=0.05)
    drift = brush.cloud(rng, like, 110 * drawing.unit, 2)
    _, y = brush.places(like)
    slope = y / like.shape[2] - 0.5
    return colour.colour(
        light + 0.05 * drift - 0.1 * slope, chroma + 0 * drift, turn + second * 0.5 * drift + 0.6 * slope
    )


def pointillist(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render round dots of pure colour, mixed with neighbouring and complementary hues, in layers on a toned canvas."""
    unit, like = drawing.unit, drawing.alpha
    ground = _ground(drawing, rng, 0.1)
    vivid = colour.tuned(drawing.rgb, chroma=1.2)
    shade = step(brush.blur(like, 5 * unit), 0.02, 0.35) * (1 - like)
    picture = over(vivid, like, colour.tuned(ground, lightness=1 - 0.22 * shade))
    canvas = over(
        colour.tuned(picture, chroma=0.7, lightness=0.93), torch.full_like(like, 0.55), torch.full_like(picture, 0.93)
    )
    for pitch, size in ((8.4, 4.5), (6.2, 3.3), (5.4, 2.6)):
        top, cover = torch.zeros_like(canvas), torch.zeros_like(like)
        best = torch.full_like(like, -1.0)
        dots = brush.Marks(rng, like, pitch * unit)
        own = dots.own
        hue = (own[:, :1] - 0.5) * 0.9 + torch.where(own[:, 1:2] > 0.93, 2.6, 0.0)
        tones = colour.tuned(dots.seen(picture), chroma=1.25, turn=hue, lift=(own[:, 2:3] - 0.5) * 0.2)
        radii = size * unit * (0.72 + 0.36 * own[:, 3:])
        for dx, dy, each in dots.around(torch.cat([tones, radii, own[:, 3:]], 1)):
            tone, radius, level = each[:, :3], each[:, 3:4], each[:, 4:]
            dot = step(torch.hypot(dx, dy), radius + 0.7, radius - 0.7)
            first = (dot > 0.02) & (level > best)
            top, cover = torch.where(first, tone, top), torch.where(first, dot, cover)
            best = torch.where(first, level, best)
        canvas = over(top, cover, canvas)
    return canvas


def _coat(
    canvas: tuple[Tensor, Tensor],
    picture: Tensor,
    field: tuple[Tensor, Tensor],
    rng: HashRng,
    *,
    pitch: float,
    length: float,
    width: float,
    where: Tensor | None = None,
    shake: float = 0.05,
) -> tuple[Tensor, Tensor]:
    """Return (colours, relief) with a coat of strokes along ``field`` that show ``picture``.

    ``pitch``, ``length`` and ``width`` are in pixels; ``where`` (n, 1, h, w), 0…1, is the probability of a stroke;
    ``shake`` is how far its lightness varies.
    """
    colours, relief = canvas
    top, best = colours, torch.full_like(relief, -1.0)
    height = torch.zeros_like(relief)
    strokes = brush.Marks(rng, relief, pitch, reach=2)
    own = strokes.own
    seen = strokes.seen(torch.cat([picture, *field, relief if where is None else where], 1))
    course = seen[:, 3:5] / seen[:, 3:5].norm(dim=1, keepdim=True).clamp(min=1e-3)
    tones = seen[:, :3] * (1 + shake * 2 * (own[:, 1:2] - 0.5)) + shake * 0.5 * (own[:, 3:] - 0.5)
    laid = torch.ones_like(own[:, :1]) if where is None else (seen[:, 5:] > own[:, 3:]).float()
    widths = width * (0.8 + 0.4 * own[:, 2:3])
    # Level, bend, width, and phase of the bristles; a level below the canvas omits a stroke.
    rest = torch.cat([own[:, :1] - 9 * (1 - laid), (own[:, 1:2] - 0.5) * 0.5, widths, own[:, 3:] * 40], 1)
    for dx, dy, each in strokes.around(torch.cat([tones, course, rest], 1)):
        tone = each[:, :3]
        vx, vy, own_level, bend, wide, phase = each[:, 3:, None].unbind(1)
        u = dx * vx + dy * vy
        v = dy * vx - dx * vy + bend * u.abs()
        body = 1 - (u.abs() / length) ** 3 - (v / wide) ** 2
        level = own_level + 0.15 * body
        is_top = (body > 0) & (level > best)
        bristles = torch.sin(v * (7 / width) + phase) * 0.5
        top, best = torch.where(is_top, tone + 0.012 * bristles, top), torch.where(is_top, level, best)
        height = torch.where(is_top, body.clamp(0, 1).sqrt() + 0.22 * bristles, height)
    return top, torch.where(best >= 0, height, relief)


def _lit(colours: Tensor, relief: Tensor, strength: float, unit: float) -> Tensor:
    """Return colours (n, 3, h, w) with their relief (n, 1, h, w) lit from the upper left, 0…1."""
    dx, dy = brush.slopes(brush.blur(relief, 0.7 * unit))
    return (colours + strength * (dx + dy).clamp(-0.5, 0.5)).clamp(0, 1)


def oil(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render strokes of three widths along the forms, with lit relief, on a background of broad strokes."""
    unit, like = drawing.unit, drawing.alpha
    ground = _ground(drawing, rng, 0.075)
    ground = over(
        colour.tuned(ground, lightness=0.66),
        step(
            brush.blur(
                brush.shifted(like, -7 * unit * torch.ones_like(like[:1]), -8 * unit * torch.ones_like(like[:1])),
                7 * unit,
            ),
            0.1,
            0.9,
        )
        * 0.8,
        ground,
    )
    rich = colour.tuned(drawing.rgb, chroma=1.1, lightness=0.97)
    picture = over(rich, like, ground)
    wander = 1.2 * brush.cloud(rng, like, 80 * unit, 1) + rng.uniform(1, 1, 1, high=3.1)
    field = brush.directions(colour.lab(brush.blur(picture, 1.5 * unit)), 5 * unit, wander)
    fine = step(brush.blur(drawing.edges, 2.5 * unit), 0.05, 0.25)
    inside = step(brush.blur(like, 3 * unit), 0.3, 0.8)
    canvas = (brush.blur(picture, 3 * unit), torch.zeros_like(like))
    canvas = _coat(
        canvas,
        brush.blur(picture, 4 * unit),
        field,
        rng,
        pitch=13 * unit,
        length=21 * unit,
        width=7.5 * unit,
        shake=0.12,
    )
    canvas = _coat(
        canvas,
        brush.blur(picture, 1.2 * unit),
        field,
        rng,
        pitch=7 * unit,
        length=11 * unit,
        width=4 * unit,
        where=torch.maximum(inside, fine) * 1.1,
        shake=0.09,
    )
    canvas = _coat(
        canvas, picture, field, rng, pitch=4 * unit, length=6.5 * unit, width=2.1 * unit, where=fine * 1.2, shake=0.05
    )
    weave = brush.paper(rng, like, 0.02)
    return _lit(canvas[0], canvas[1], 0.23, unit) * weave


def swirls(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render long swirling strokes of thick paint: eddies in the background, along the forms in the motif."""
    unit, like = drawing.unit, drawing.alpha
    h, w = like.shape[2:]
    x, y = brush.places(like)
    vx, vy = torch.ones_like(like) * 0.5, 0.3 * torch.sin(x / (30 * unit) + rng.uniform(1, 1, 1, high=6.3))
    rings = torch.zeros_like(like)
    for _ in range(5):
        cx, cy = rng.uniform(1, 1, 1) * w, rng.uniform(1, 1, 1) * h
        size = rng.uniform(1, 1, 1, low=24, high=48) * unit
        sign = torch.where(rng.uniform(1, 1, 1) < 0.5, -1.0, 1.0)
        dx, dy = x - cx, y - cy
        away = torch.hypot(dx, dy) + 1e-3
        pull = torch.exp(-((away / size) ** 2) * 0.8) * 3.2
        vx, vy = vx - sign * pull * dy / away, vy + sign * pull * dx / away
        rings = rings + torch.exp(-((away / (size * 1.1)) ** 2)) * (0.6 + 0.4 * torch.cos(away / (4.6 * unit)))
    ground = _ground(drawing, rng, 0.1, 0.5)
    warm = torch.where(drawing.mean[:, :1] > 0.70, 0.2, -0.06)
    ground = colour.tuned(ground, lift=0.75 * warm * rings.clamp(0, 1) + 0.03, turn=0.7 * rings.clamp(0, 1))
    ground = colour.tuned(ground, lightness=torch.where(drawing.mean[:, :1] > 0.70, 1.0, 0.97))
    rich = colour.tuned(drawing.rgb, chroma=1.22)
    picture = over(rich, like, ground)
    wander = torch.atan2(vy, vx)
    ax, ay = brush.directions(colour.lab(brush.blur(drawing.rgb * like, 1.5 * unit)), 4 * unit, wander)
    inside = step(brush.blur(like, 3.5 * unit), 0.12, 0.4)
    angle_x, angle_y = over(ax, inside, torch.cos(wander)), over(ay, inside, torch.sin(wander))
    fine = step(brush.blur(drawing.edges, 2.2 * unit), 0.06, 0.25)
    canvas = (brush.blur(picture, 3 * unit), torch.zeros_like(like))
    field = (angle_x, angle_y)
    canvas = _coat(
        canvas,
        brush.blur(picture, 2 * unit),
        field,
        rng,
        pitch=8 * unit,
        length=15 * unit,
        width=3.2 * unit,
        shake=0.3,
    )
    canvas = _coat(
        canvas,
        picture,
        field,
        rng,
        pitch=5.4 * unit,
        length=9 * unit,
        width=2.3 * unit,
        where=0.25 + fine + 0.4 * inside,
        shake=0.16,
    )
    contour = step(brush.blur(drawing.outline, 1.6 * unit), 0.16, 0.4)
    dark = colour.tuned(ground, lightness=0.32)
    painted = over(dark, contour * 0.8, canvas[0])
    return _lit(painted, canvas[1], 0.26, unit)


def pastel(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render chalk on dark toned paper: strokes in one direction, on a scribbled background."""
    unit, like = drawing.unit, drawing.alpha
    turn = ground_hue(drawing, rng, 1.3)
    dark_subject = drawing.mean[:, :1] < 0.45
    light = torch.where(dark_subject, 0.42, 0.27)
    sheet = colour.colour(light + 0 * turn, torch.full_like(turn, 0.035), turn)
    tooth = 0.55 * brush.grain(rng, like) + 0.8 * brush.cloud(rng, like, 2.6 * unit, 1)
    lean = rng.uniform(1, 1, 1, low=0.5, high=1.1)
    vx, vy = torch.cos(lean).expand_as(like), -torch.sin(lean).expand_as(like)
    hatch = brush.along(brush.cloud(rng, like, 3.4 * unit, 2), vx, vy, 44 * unit, 10) * 2.6
    wide = brush.along(brush.cloud(rng, like, 6 * unit, 2), vx, vy, 80 * unit, 12) * 2.8
    off = [1.1 * unit * brush.cloud(rng, like, 9 * unit, 2) for _ in range(2)]
    body = step(brush.blur(brush.shifted(like, *off), 0.9 * unit), 0.3, 0.7)

    first = colour.colour(light + 0.30 + 0 * turn, torch.full_like(turn, 0.11), turn)
    second = colour.colour(light + 0.18 + 0 * turn, torch.full_like(turn, 0.12), turn + 0.9)
    _, y = brush.places(like)
    high = step(y / like.shape[2] + 0.12 * brush.cloud(rng, like, 60 * unit, 2), 0.4, 0.8)
    rub = step(0.42 * wide + 0.28 * hatch + 0.3 * tooth, -0.15, 0.75) * 0.85
    picture = over(over(first, high, second.expand(-1, -1, *like.shape[2:])), rub, sheet)

    bright = colour.tuned(drawing.rgb, chroma=1.2, lift=0.03)
    tones = colour.tuned(bright, lightness=1 + 0.085 * hatch, turn=0.10 * wide)
    rubbed = colour.tuned(bright, lightness=0.66, chroma=0.9)
    picture = over(rubbed, body, picture)
    cover = step(0.62 + 0.34 * hatch + 0.26 * tooth, 0.2, 0.75) * body
    picture = over(tones, cover, picture)
    contour = step(brush.blur(brush.shifted(drawing.edges, *off), 1.0 * unit) + 0.04 * tooth, 0.17, 0.42)
    line = colour.tuned(drawing.rgb, lightness=0.36, chroma=0.8)
    return over(line, 0.8 * contour * step(tooth, -1.9, 0.3), picture)
