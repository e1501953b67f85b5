"""Styles in lines: woodcut, charcoal, neon, op art."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from studio.styles import brush, colour
from studio.styles.brush import over, step
from studio.styles.dice import HashRng
from studio.styles.drawing import Drawing, ground_hue, soft


def woodcut(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render black lines that are wider in darker places, gouged rays in the sky, one block of colour on warm paper."""
    unit, like = drawing.unit, drawing.alpha
    h, w = like.shape[2:]
    x, y = brush.places(like)
    labels, palette = drawing.regions(5, smooth=1.2)
    tone = 1 - colour.lab(soft(labels, palette))[:, :1]
    low, high = (
        tone.where(like > 0.5, torch.full_like(tone, 1.0)).amin((2, 3), keepdim=True),
        (tone * like).amax((2, 3), keepdim=True),
    )
    tone = ((tone - low) / (high - low).clamp(min=0.25)).clamp(0, 1) * 0.85
    wave = brush.cloud(rng, like, 60 * unit, 1) * 2.6 * unit + 9 * unit * (brush.blur(tone, 6 * unit) - 0.4)
    lean = rng.uniform(1, 1, 1, low=-0.6, high=0.6)
    across = y * torch.cos(lean) + x * torch.sin(lean) + wave
    ridge = 0.5 + 0.5 * torch.cos(across * (2 * math.pi / (8.2 * unit)))
    rough = 0.07 * brush.cloud(rng, like, 4 * unit, 2)
    cut = step(ridge + rough, 1.04 - 1.15 * tone, 1.22 - 1.15 * tone)
    cut = torch.where(tone > 0.8, torch.ones_like(cut), torch.where(tone < 0.1, torch.zeros_like(cut), cut))
    contour = step(brush.blur(drawing.edges, 1.5 * unit) + 0.3 * rough, 0.15, 0.3)

    cx, cy = rng.uniform(1, 1, 1, low=0.3, high=0.7) * w, rng.uniform(1, 1, 1, low=0.95, high=1.3) * h
    angle, away = torch.atan2(y - cy, x - cx), torch.hypot(x - cx, y - cy)
    count = torch.floor(rng.uniform(1, 1, 1, low=40, high=58))
    rays = 0.5 + 0.5 * torch.cos(angle * count + 0.8 * brush.cloud(rng, like, 50 * unit, 1))
    thin = 0.30 + 0.45 * (away / (1.35 * h)).clamp(0, 1) + 0.12 * brush.cloud(rng, like, 26 * unit, 2)
    sky = step(rays + rough, 1.0 - thin - 0.09, 1.0 - thin + 0.09)
    rim = step(brush.blur(like, 4.5 * unit), 0.03, 0.07)
    body = step(brush.blur(like, 0.9 * unit), 0.35, 0.65)
    dark_sky = rng.uniform(1, 1, 1) < 0.5
    back = torch.where(dark_sky, sky, 1 - step(rays + rough, thin * 0.55 - 0.08, thin * 0.55 + 0.08)) * (1 - rim)
    black = over(torch.maximum(cut, contour), body, torch.maximum(back, contour * (1 - 0 * rim)))

    sheet = colour.table("f1e4c8", like=like)[0][:, None, None].expand(len(like), -1, -1, -1)
    blocks = colour.table("c8452f", "d9912b", "3f7d78", "7a8f3c", "f1e4c8", "b8502f", "4d6fa0", like=like)
    block = rng.choice(blocks)[:, :, None, None]
    moved = brush.shifted(body, 1.6 * unit * torch.ones_like(like[:1]), -1.2 * unit * torch.ones_like(like[:1]))
    on_subject = rng.uniform(1, 1, 1) < 0.5
    coloured = torch.where(on_subject, moved, 1 - rim)
    worn = (0.86 + 0.1 * brush.cloud(rng, like, 9 * unit, 3)).clamp(0, 1)
    sheet = over(block, coloured * 0.85 * worn, sheet)
    wood = brush.along(brush.grain(rng, like), torch.ones_like(like), torch.zeros_like(like), 60 * unit, 8)
    pressed = (0.97 + 0.28 * wood).clamp(0.6, 1)
    return over(torch.full_like(sheet, 0.09), black * pressed, sheet) * brush.paper(rng, like, 0.015)


def charcoal(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render hatching and smudges on grey paper, a drawn contour, and white chalk on the light parts."""
    unit, like = drawing.unit, drawing.alpha
    h, w = like.shape[2:]
    tooth = 0.55 * brush.grain(rng, like) + 0.9 * brush.cloud(rng, like, 2.6 * unit, 1)
    lean = rng.uniform(1, 1, 1, low=0.6, high=1.0)
    vx, vy = torch.cos(lean).expand_as(like), -torch.sin(lean).expand_as(like)
    hatch = brush.along(brush.grain(rng, like), vx, vy, 34 * unit, 8) * 3.4
    shaken = [1.0 * unit * brush.cloud(rng, like, 14 * unit, 2) for _ in range(2)]
    body = brush.shifted(step(brush.blur(like, 0.8 * unit), 0.3, 0.7), *shaken)
    luma = brush.shifted(drawing.luma, *shaken)
    x, y = brush.places(like)
    form = brush.blur(like, 20 * unit)
    gx, gy = brush.slopes(form)
    light = ((gx + gy) * 60 * unit).clamp(-1, 1)
    tone = (0.98 - luma) * 0.85 - 0.16 * light
    drawn = step(tone * 1.3 + 0.17 * hatch + 0.10 * tooth, 0.22, 0.95) * body
    smudge = brush.blur(drawn, 4 * unit) * 0.45
    lines = []
    for width, loose in ((1.0, 0.9), (0.9, 2.2)):
        off = [loose * unit * brush.cloud(rng, like, 20 * unit, 2) for _ in range(2)]
        lines.append(brush.shifted(brush.blur(drawing.edges, width * unit), *off))
    press = (0.8 + 0.35 * brush.cloud(rng, like, 30 * unit, 1)).clamp(0.3, 1.2)
    contour = step(lines[0] * press + 0.05 * tooth, 0.13, 0.42) + 0.45 * step(lines[1] + 0.05 * tooth, 0.18, 0.5)
    heading = rng.uniform(1, 1, 1, high=colour.TURN)
    side = ((x / w - 0.5) * torch.cos(heading) + (y / h - 0.5) * torch.sin(heading)) * 1.3
    back = (
        brush.blur(like, 16 * unit) * 1.1
        + side
        + 0.18 * hatch
        + 0.10 * tooth
        + 0.15 * brush.cloud(rng, like, 60 * unit, 2)
    ) * (1 - body)
    back = step(back, 0.25, 1.15) * 0.8
    greys = colour.table("cfc8bc", "bfbab2", "d8cfbd", "b9b4a6", "c9c2b8", like=like)
    sheet = rng.choice(greys)[:, :, None, None] * (1 + 0.02 * tooth)
    dark = (drawn * 0.86 + smudge * body + back * (1 - 0.7 * body)).clamp(0, 0.93)
    dark = torch.maximum(dark, contour.clamp(0, 1) * 0.94)
    chalk = (
        step(luma + 0.12 * light + 0.06 * tooth + 0.06 * hatch, 0.84, 1.05) * body * 0.85 * (1 - contour.clamp(0, 1))
    )
    coal = colour.table("1b1a1c", like=like)[0][:, None, None]
    return over(torch.full_like(sheet, 0.97), chalk, over(coal, dark, sheet))


def neon(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render glass tubes along the contours, in the colours there, that glow on a dark wall."""
    unit, like = drawing.unit, drawing.alpha
    h, w = like.shape[2:]
    x, y = brush.places(like)
    light, chroma, hue = colour.polar(colour.lab(brush.blur(drawing.rgb, 1.6 * unit)))
    own = rng.uniform(1, 1, 1, high=colour.TURN)
    hue = torch.where(chroma > 0.035, hue, own)
    tube = colour.colour(torch.full_like(light, 0.76), torch.full_like(light, 0.23), hue)
    outline = step(brush.blur(drawing.outline, 1.3 * unit), 0.16, 0.42)
    inner = step(brush.blur(drawing.inner * step(brush.blur(like, 2.5 * unit), 0.75, 0.98), 1.1 * unit), 0.16, 0.40)
    marks = torch.maximum(outline, 0.85 * inner)
    glow = tube * marks
    near, middle, far = brush.blur(glow, 2.6 * unit), brush.blur(glow, 8 * unit), brush.blur(glow, 26 * unit)

    turn = ground_hue(drawing, rng, 1.3)
    brick_y = y / (17 * unit)
    row = torch.floor(brick_y)
    brick_x = x / (38 * unit) + 0.5 * (row % 2)
    joint = torch.minimum((brick_y - row).clamp(max=1), 1 - (brick_y - row)) * 17
    joint = torch.minimum(
        joint, torch.minimum(brick_x - torch.floor(brick_x), 1 - (brick_x - torch.floor(brick_x))) * 38
    )
    bricks = step(joint, 0.5, 2.4) * (0.85 + 0.15 * brush.cloud(rng, like, 6 * unit, 2))
    is_brick = rng.uniform(1, 1, 1) < 0.5
    texture = torch.where(is_brick, bricks, 0.9 + 0.08 * brush.cloud(rng, like, 40 * unit, 3))
    fade = 1.1 - 0.9 * torch.hypot(x / w - 0.5, y / h - 0.45)
    wall = colour.colour(0.16 * fade + 0 * turn, 0.05 * fade, turn) * texture
    lamp = colour.colour(torch.full_like(turn, 0.55), torch.full_like(turn, 0.2), turn + 0.7)
    wall = wall + 0.16 * lamp * brush.blur(like, 34 * unit) * texture
    body = colour.tuned(drawing.rgb, lightness=0.34, chroma=0.9) * 0.5
    picture = over(body + wall * 0.3, 0.75 * like, wall)
    picture = picture + 0.75 * near + 0.75 * middle + 0.9 * far * (0.5 + 0.6 * texture)
    core = step(brush.blur(marks, 0.9 * unit), 0.45, 0.95)
    return over(0.35 * tube + 0.68, core, over(tube, marks, picture))


def op_art(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render even stripes in two tones that bend over the motif as over a relief, and have its colours there."""
    unit, like = drawing.unit, drawing.alpha
    h, w = like.shape[2:]
    x, y = brush.places(like)
    form = brush.blur(like, 9 * unit) * 15 * unit + brush.blur(drawing.luma * like, 4 * unit) * 7 * unit
    kind = rng.uniform(1, 1, 1)
    lean = rng.uniform(1, 1, 1, high=math.pi)
    straight = x * torch.cos(lean) + y * torch.sin(lean)
    straight = straight + 6 * unit * torch.sin((y * torch.cos(lean) - x * torch.sin(lean)) / (26 * unit))
    cx, cy = rng.uniform(1, 1, 1, low=0.2, high=0.8) * w, rng.uniform(1, 1, 1, low=0.2, high=0.8) * h
    rings = torch.hypot(x - cx, y - cy)
    across = torch.where(kind < 0.55, straight, rings) + form
    wave = torch.cos(across * (2 * math.pi / (13 * unit)))
    slope = brush.steepness(across).clamp(min=0.3)
    stripes = step(wave, -0.26 * slope, 0.26 * slope)
    turn = ground_hue(drawing, rng, 0.6)
    black_white = rng.uniform(1, 1, 1) < 0.6
    dark = torch.where(
        black_white,
        colour.colour(torch.full_like(turn, 0.14), torch.full_like(turn, 0.01), turn),
        colour.colour(torch.full_like(turn, 0.38), torch.full_like(turn, 0.15), turn),
    )
    pale = torch.where(
        black_white,
        colour.colour(torch.full_like(turn, 0.965), torch.full_like(turn, 0.012), turn),
        colour.colour(torch.full_like(turn, 0.88), torch.full_like(turn, 0.09), turn + 0.9),
    )
    labels, palette = drawing.regions(5, smooth=1.4)
    flat = colour.tuned(soft(labels, palette), chroma=1.35)
    deep, high = colour.tuned(flat, lightness=0.86, lift=-0.07), colour.tuned(flat, lightness=0.95, lift=0.12)
    body = step(brush.blur(like, 0.9 * unit), 0.35, 0.65)
    rim = step(brush.blur(like, 2.4 * unit), 0.04, 0.12) * (1 - body)
    inner = step(brush.blur(drawing.inner, 1.1 * unit), 0.2, 0.42)
    ground = over(dark, rim, over(pale, stripes, dark))
    return over(over(dark, 0.7 * inner, over(high, stripes, deep)), body, ground)
