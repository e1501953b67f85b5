"""Water, dust and light before a given ground: watercolour, ink wash, charcoal, neon."""

from __future__ import annotations

import torch
from torch import Tensor

from studio.hands import brush, colour
from studio.hands.brush import over, step
from studio.hands.dice import Dice
from studio.hands.drawing import Drawing, soft
from studio.hands.techniques import body, contour, contrasted, fixed, inset, solid


def _margin(drawing: Drawing, inner: float, ragged: float) -> Tensor:
    """Return how far within the paint's ragged border a place lies, in pixels of 256; the same for every picture."""
    like, unit = drawing.alpha[:1], drawing.unit
    return inset(like) - inner + ragged * brush.cloud(fixed(like), like, 34 * unit, 3)


def watercolour(drawing: Drawing, dice: Dice) -> Tensor:
    """Transparent washes on white paper: the ground wet in wet, things over it with edges that dry darker."""
    unit, like = drawing.unit, drawing.alpha
    off = [1.7 * unit * brush.cloud(dice, like, 20 * unit, 3) for _ in range(2)]
    cover = step(brush.blur(brush.shifted(like, *off), 0.9 * unit), 0.35, 0.62)
    sheet = solid("fcf8f0", like)

    # Ground: large washes that run into each other, with a dried edge where one ends.
    wide = [2.4 * unit * brush.cloud(dice, like, 34 * unit, 3) for _ in range(2)]
    labels, tones = drawing.parted_ground(4, 3.0)
    smooth = brush.blur(drawing.ground, 5 * unit)
    washes = over(brush.shifted(soft(labels, tones), *wide), torch.full_like(like, 0.55), brush.shifted(smooth, *wide))
    washes = colour.tuned(washes, chroma=1.2, lightness=0.84, lift=0.15)
    layers = torch.nn.functional.one_hot(labels, 4).permute(0, 3, 1, 2).float()
    rims = (brush.shifted(layers - brush.blur(layers, 2.6 * unit), *wide)).clamp(min=0).amax(1, keepdim=True)
    pooled = brush.cloud(dice, like, 44 * unit, 3)
    strength = (0.92 + 0.13 * pooled + 0.5 * rims).clamp(0.3, 1.35)
    halo = step(brush.blur(cover, 2.2 * unit), 0.08, 0.4) * (1 - cover)
    strength = strength * (1 - 0.3 * halo)
    picture = sheet * (1 - strength * (1 - washes).clamp(0, 0.9))

    # Things: flat tones softened from within, darker where the wash dried at its edge.
    near = [0.5 * each for each in off]
    labels, tones = drawing.parted_motifs(8, 1.0)
    flat = brush.shifted(over(soft(labels, tones), torch.full_like(like, 0.35), drawing.rgb), *near)
    wet = 0.30 * step(brush.cloud(dice, like, 40 * unit, 2), 0.0, 1.4)
    detail = step(brush.blur(drawing.lines, 3 * unit), 0.05, 0.2)
    flat = over(brush.blur(flat, 5 * unit), wet * (1 - detail), flat)
    flat = colour.tuned(flat, chroma=1.25, lightness=0.94, lift=0.06)
    rim = (cover - brush.blur(cover, 2.4 * unit)).clamp(0, 1) * cover
    inner = step(brush.blur(brush.shifted(drawing.lines, *near), 0.9 * unit), 0.2, 0.6) * cover
    density = 0.97 + 0.12 * brush.cloud(dice, like, 32 * unit, 3) + 0.75 * rim + 0.16 * inner
    picture = over(sheet * (1 - ((1 - flat) * density.clamp(0.4, 1.6)).clamp(0, 0.96)), cover, picture)
    return picture * brush.paper(dice, like, 0.028)


def ink_wash(drawing: Drawing, dice: Dice) -> Tensor:
    """Black ink and water on rice paper: far things as mist with a darker upper edge, near ones with a brushed line."""
    unit, like = drawing.unit, drawing.alpha
    h, w = like.shape[2:]
    off = [1.0 * unit * brush.cloud(dice, like, 26 * unit, 2) for _ in range(2)]
    cover = step(brush.blur(brush.shifted(like, *off), 0.9 * unit), 0.3, 0.65)
    press = 0.5 + 0.5 * brush.cloud(dice, like, 34 * unit, 2).clamp(-1, 1)

    # Ground: darkest under an upper edge, thinning to mist; the paper stays where it is light, and around things.
    shade = 1 - contrasted(colour.lab(brush.blur(drawing.ground, 1.6 * unit))[:, :1])
    shade = brush.shifted(shade, *[2 * each for each in off])
    edge = (shade - brush.blur(shade, 22 * unit)).clamp(min=0)
    wash = 0.66 * step(shade, 0.08, 0.95) + 1.4 * edge
    wash = wash * (0.95 + 0.16 * brush.cloud(dice, like, 48 * unit, 3))
    mist = brush.blur(like, 7 * unit)
    wash = wash * (1 - 0.6 * mist) * step(_margin(drawing, 7, 4), -4, 9)
    seams = step(brush.blur(brush.shifted(drawing.seams, *off), 1.6 * unit), 0.34, 0.7) * (0.3 + 0.4 * press)
    wash = torch.maximum(wash, 0.6 * seams * (1 - mist))

    luma = brush.shifted(brush.blur(drawing.luma, 1.0 * unit), *off)
    low = luma.where(like > 0.5, torch.ones_like(luma)).amin((2, 3), keepdim=True)
    high = (luma * like).amax((2, 3), keepdim=True)
    tone = 1 - ((luma - low) / (high - low).clamp(min=0.35)).clamp(0, 1)
    tone = (0.03 + 0.9 * tone**1.7).clamp(0, 0.95)
    rim = (cover - brush.blur(cover, 3 * unit)).clamp(0, 1) * cover
    density = tone * (1 + 0.3 * brush.cloud(dice, like, 30 * unit, 3) * (1 - tone)) + 0.4 * rim
    line = contour(brush.shifted(drawing.lines, *off), 1.4, 0.30 - 0.16 * press, 0.5 - 0.18 * press, unit)
    line = line * (0.72 + 0.25 * press)

    sheet, ink = solid("f1e9d8", like), solid("1b1d24", like)
    picture = over(ink, wash.clamp(0, 0.8), sheet.expand(len(like), -1, h, w))
    picture = over(over(ink, density.clamp(0, 0.95), sheet), cover, picture)
    # A breath of the things' own colour, as some painters add at last.
    tint = colour.tuned(drawing.rgb, chroma=0.8)
    tint = tint / tint.amax(1, keepdim=True).clamp(min=0.25)
    picture = over(picture * (0.3 + 0.7 * tint), 0.45 * cover, picture)
    picture = over(ink, line, picture)
    x, y = brush.places(like)
    u, v = (x - 0.915 * w).abs() / unit, (y - 0.90 * h).abs() / unit
    seal = step(torch.maximum(u, v), 9.5, 8.5)
    sign = step(0.5 + 0.5 * torch.cos(u * 1.1) * torch.cos(v * 0.85), 0.62, 0.74) * step(torch.maximum(u, v), 7.4, 6.6)
    picture = over(solid("b8321f", like), 0.92 * seal * (1 - 0.85 * sign), picture)
    return picture * brush.paper(dice, like, 0.02)


def charcoal(drawing: Drawing, dice: Dice) -> Tensor:
    """Broad slanting strokes and smudges on grey paper, a firm contour, white chalk in the lights."""
    unit, like = drawing.unit, drawing.alpha
    tooth = 0.35 * brush.grain(dice, like) + 0.9 * brush.cloud(dice, like, 3.2 * unit, 1)
    vx, vy = torch.full_like(like, 0.74), torch.full_like(like, -0.67)
    hatch = brush.along(brush.cloud(dice, like, 6 * unit, 1), vx, vy, 48 * unit, 8) * 2.2
    off = [0.8 * unit * brush.cloud(dice, like, 16 * unit, 1) for _ in range(2)]
    cover = brush.shifted(body(like, unit), *off)

    shade = 1 - contrasted(colour.lab(brush.blur(drawing.ground, 1.4 * unit))[:, :1])
    back = step(shade + (0.10 * hatch + 0.05 * tooth) * step(shade, 0.08, 0.3), 0.12, 0.85)
    smudge = step(brush.blur(shade, 8 * unit), 0.08, 0.9)
    back = (0.45 * smudge + 0.55 * back) * 0.86
    back = back * (1 - 0.35 * step(brush.blur(like, 6 * unit), 0.1, 0.6))

    luma = brush.shifted(drawing.luma, *off)
    low = luma.where(like > 0.5, torch.ones_like(luma)).amin((2, 3), keepdim=True)
    high = (luma * like).amax((2, 3), keepdim=True)
    tone = 1 - ((luma - low) / (high - low).clamp(min=0.35)).clamp(0, 1)
    drawn = step(tone + (0.09 * hatch + 0.05 * tooth) * step(tone, 0.02, 0.25), 0.18, 1.0) * 0.92
    drawn = torch.maximum(drawn, 0.94 * step(tone, 0.86, 0.97))
    dark = over(drawn, cover, back)
    line = contour(brush.shifted(drawing.lines, *off), 1.2, 0.14 - 0.03 * tooth, 0.40 - 0.03 * tooth, unit)
    seams = step(brush.blur(brush.shifted(drawing.seams, *off), 1.4 * unit) + 0.05 * tooth, 0.25, 0.75)
    dark = torch.maximum(dark, torch.maximum(0.93 * line, 0.5 * seams * (1 - cover)))
    chalk = step(luma + 0.05 * tooth + 0.04 * hatch, 0.80, 0.98) * cover * 0.9
    glow = step(1 - shade + 0.05 * tooth + 0.05 * hatch, 0.90, 1.12) * (1 - cover) * 0.6
    lights = torch.maximum(chalk, glow) * (1 - line)
    sheet = solid("c6bfb2", like) * (1 + 0.02 * tooth)
    picture = over(solid("1b1a1c", like), dark.clamp(0, 0.95), sheet)
    return over(torch.full_like(picture, 0.97), lights, picture)


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
