"""Prints and cut paper before a given ground: pop art, cut-outs, risographs, woodcuts, cyanotypes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from studio.hands import brush, colour
from studio.hands.brush import over, step
from studio.hands.dice import Dice
from studio.hands.drawing import Drawing, soft
from studio.hands.techniques import body, contour, contrasted, fixed, inset, main_hue, rim, solid, turned_away


def pop_art(drawing: Drawing, dice: Dice) -> Tensor:
    """Flat loud colours between black outlines; large dots carry the light and shade of the ground."""
    unit, like = drawing.unit, drawing.alpha
    labels, palette = drawing.parted_motifs(8, 1.2)
    back, inks = drawing.parted_ground(4, 2.2)
    loud = _loud(inks)
    ground = soft(back, loud)
    light = colour.lab(brush.blur(drawing.ground, 3 * unit))[:, :1]
    flat = colour.lab(brush.blur(soft(back, inks), 1.5 * unit))[:, :1]
    # On pale paper the dots are darker than their field, elsewhere paler.
    pale = step(flat, 0.80, 0.84)
    tone = (0.25 + 2.4 * (light - flat) * (1 - 2 * pale)).clamp(0, 0.62)
    dots = brush.ink(tone, brush.screen(like, 15 * unit, math.radians(45)), 0.08) * step(flat, 0.3, 0.36)
    second = over(colour.tuned(ground, lift=0.15, chroma=0.75), pale, colour.tuned(ground, lift=-0.1, chroma=1.5))
    ground = over(second, dots, ground)

    cover = body(like, unit)
    horizon = contour(drawing.seams, 1.0, 0.22, 0.45, unit) * (1 - cover)
    outline = torch.maximum(contour(drawing.lines, 1.4, 0.15, 0.32, unit), torch.maximum(rim(like, 3.0, unit), horizon))
    picture = over(soft(labels, _loud(palette)), cover, ground)
    return over(solid("17141c", like), outline, picture) * brush.paper(dice, like, 0.014)


def _loud(palette: Tensor) -> Tensor:
    """Make colours (n, k, 3) stronger and clearer, greys excepted."""
    light, chroma, hue = colour.polar(colour.lab(palette.transpose(1, 2)))
    strong = torch.where(chroma > 0.025, (chroma * 1.4 + 0.035).clamp(max=0.25), chroma)
    return colour.colour((light * 1.12 - 0.04).clamp(0.14, 0.97), strong, hue).transpose(1, 2)


CUT_PAPERS = (
    "f6efdf", "e9d8b4", "c9b79a", "14141c", "3a3a46", "8d939c", "c5cad0", "1d4fa3", "0f2a5c", "3f86c9", "7cc0d8",
    "b9dcec", "16885a", "0d4a37", "8fb339", "4d7a35", "b8d8a8", "f4b61f", "f7d978", "f47b2a", "f5b183", "e4442e",
    "c9264f", "8a1c2e", "f08cb0", "f7c6cf", "6b2f86", "3b2460", "b79ad6", "7a4527", "b3763f", "4a2c20", "1f7f8c",
    "9fc9ae", "6fa79a", "fbd13a", "c3cf3f", "5d6168",
)  # fmt: skip


def cut_out(drawing: Drawing, dice: Dice) -> Tensor:
    """Papers cut with scissors and laid over each other, the nearer over the farther, each with its soft shadow."""
    unit, like = drawing.unit, drawing.alpha
    papers = colour.table(*CUT_PAPERS, like=like)
    labels, palette = drawing.parted_motifs(8, 1.8, 0.5)
    back, sheets = drawing.parted_ground(4, 4.5)
    shape = step(brush.blur(like, 1.8 * unit), 0.42, 0.58)

    # What lies lower in the picture lies nearer.
    layers = torch.nn.functional.one_hot(back, 4).permute(0, 3, 1, 2).float()
    _, y = brush.places(like)
    lows = (layers * y).sum((2, 3)) / layers.sum((2, 3)).clamp(min=1)
    height = torch.einsum("nkhw,nk->nhw", layers, lows.argsort(1).argsort(1).float())[:, None] / 3
    ground = soft(back, _papers_for(sheets, papers)) * (1 - 0.75 * _shade(height, unit))
    picture = over(soft(labels, _papers_for(palette, papers)), torch.ones_like(like), ground)
    light = torch.nn.functional.one_hot(labels, 8).permute(0, 3, 1, 2).float()
    steps = torch.einsum("nkhw,k->nhw", light, torch.linspace(0, 1, 8, device=like.device))[:, None]
    picture = picture * (1 - 0.16 * _shade(steps, unit))
    fall = _moved(brush.blur(shape, 3.2 * unit), 3.5 * unit, 5.5 * unit) * (1 - shape)
    picture = over(picture, shape, ground * (1 - 0.6 * fall))
    return picture * brush.paper(dice, like, 0.018)


def _shade(height: Tensor, unit: float) -> Tensor:
    """Return the shade that higher papers throw on lower ones."""
    return (_moved(brush.blur(height, 2.6 * unit), 1.2 * unit, 2.0 * unit) - height).clamp(0, 1)


def _moved(picture: Tensor, right: float, down: float) -> Tensor:
    one = torch.ones_like(picture[:1, :1])
    return brush.shifted(picture, -right * one, -down * one)


def _papers_for(palette: Tensor, papers: Tensor) -> Tensor:
    """Choose a paper for each colour, brighter than life."""
    vivid = colour.tuned(palette.transpose(1, 2), chroma=1.25, lightness=1.02)
    weight = torch.tensor([0.9, 1.25, 1.25], device=palette.device)
    own = colour.lab(papers.T[None])[0].T * weight
    distance = torch.cdist(colour.lab(vivid).transpose(1, 2) * weight, own.expand(len(palette), -1, -1))
    return papers[distance.argmin(2)]


# Pairs of a risograph's drums: a warm ink and a cool one.
INKS = (
    ("f15060", "0078bf"), ("ff6c2f", "3255a4"), ("ff48b0", "00838a"), ("ffb511", "235ba8"), ("ffb511", "5c2d91"),
    ("f15060", "1d7a4f"), ("f5a623", "2f6f4f"), ("ff7477", "3d3a8c"), ("ff8a5c", "00695c"), ("e45d50", "2b3f8f"),
    ("f0483e", "2f8a5f"), ("ff48b0", "3255a4"),
)  # fmt: skip


def risograph(drawing: Drawing, dice: Dice) -> Tensor:
    """Two inks, chosen by the picture's own hues, in large dots and solid fields, a little out of register."""
    unit, like = drawing.unit, drawing.alpha
    labels, palette = drawing.parted_motifs(8, 1.2)
    cover = body(like, unit)
    flat = over(soft(labels, palette), cover, brush.blur(drawing.ground, 1.2 * unit))
    vivid = colour.tuned(flat, chroma=1.35)
    inks = _inks_for(vivid, 0.4 + like)
    amounts = _amounts(vivid, inks)
    key = contour(torch.maximum(drawing.lines, 0.8 * drawing.seams), 1.0, 0.2, 0.42, unit)
    sheet = solid("f7f1e3", like) * brush.paper(dice, like, 0.012)
    field = step(inset(like), 7.5, 8.5)
    for number, (dx, dy) in enumerate(((1.1, -0.8), (-0.9, 0.7))):
        amount = amounts[:, number : number + 1]
        # Four even tints, so that they stay quiet; only the cool ink's ground shows its dots.
        tint = sum(step(amount, level - 0.03, level + 0.03) for level in (0.12, 0.38, 0.72)) / 3
        plate = torch.as_tensor(tint)
        if number:
            dots = brush.ink(amount, brush.screen(like, 11 * unit, math.radians(45)), 0.12)
            dots = torch.maximum(dots * step(amount, 0.08, 0.14), step(amount, 0.70, 0.78))
            plate = over(plate, cover, dots)
        plate = torch.maximum(plate * (1 - rim(like, 2.4, unit)), key * number)
        worn = (0.96 + 0.015 * brush.cloud(dice, like, 4 * unit, 1)).clamp(0, 1)
        plate = _moved(plate * field, dx * unit, dy * unit) * worn
        sheet = sheet * over(inks[:, number, :, None, None], plate * 0.95, torch.ones_like(sheet))
    return sheet


def _inks_for(picture: Tensor, weight: Tensor) -> Tensor:
    """Choose the pair of inks (n, 2, 3) that prints the picture most like itself."""
    small, share = (torch.nn.functional.adaptive_avg_pool2d(each, 32) for each in (picture, weight))
    pairs = torch.stack([colour.table(*pair, like=picture) for pair in INKS])
    wanted, errors = colour.lab(small), []
    for pair in pairs:
        both = pair.expand(len(small), -1, -1)
        printed = torch.exp(-torch.einsum("nkhw,kc->nchw", _amounts(small, both), _density(pair)))
        missed = colour.lab(printed) - wanted
        error = missed[:, :1] ** 2 * 0.3 + (missed[:, 1:] ** 2).sum(1, keepdim=True)
        errors.append((error * share).mean((1, 2, 3)))
    return pairs[torch.stack(errors, 1).argmin(1)]


def _density(rgb: Tensor) -> Tensor:
    return -torch.log(rgb.clamp(0.04, 1))


def _amounts(picture: Tensor, inks: Tensor) -> Tensor:
    """Part a picture into two inks (n, 2, 3) by least squares of their densities: (n, 2, h, w), 0…1."""
    own = _density(inks)
    gram = own @ own.transpose(1, 2) + 0.02 * torch.eye(2, device=picture.device)
    asked = torch.einsum("nkc,nchw->nkhw", own, _density(picture))
    both = torch.einsum("njk,nkhw->njhw", torch.linalg.inv(gram), asked)
    # Where one of the two would be taken away, the other stands alone.
    alone = asked / torch.diagonal(gram, dim1=1, dim2=2)[:, :, None, None]
    lone = torch.where(both.flip(1) < 0, alone, both)
    return lone.clamp(0, 1)


def woodcut(drawing: Drawing, dice: Dice) -> Tensor:
    """Black lines as wide as the shade, solid blacks, paper, and one block in the ground's prevailing hue."""
    unit, like = drawing.unit, drawing.alpha
    x, y = brush.places(like)
    labels, palette = drawing.parted_motifs(5, 1.4)
    back, tones = drawing.parted_ground(4, 2.5)
    own = 1 - colour.lab(soft(labels, palette))[:, :1]
    low = own.where(like > 0.5, torch.ones_like(own)).amin((2, 3), keepdim=True)
    high = (own * like).amax((2, 3), keepdim=True)
    tone = ((own - low) / (high - low).clamp(min=0.3)).clamp(0, 1) ** 1.15 * 0.9
    shade = 1 - contrasted(colour.lab(brush.blur(drawing.ground, 2 * unit))[:, :1])
    shade = ((shade - 0.14) / 0.8).clamp(0, 0.8)

    rough = 0.08 * brush.cloud(dice, like, 6 * unit, 2)
    drift = 3 * unit * brush.cloud(dice, like, 70 * unit, 1)
    form = y + 0.35 * x + 12 * unit * brush.blur(tone, 7 * unit) + 0.4 * drift
    flow = y + 5 * unit * torch.sin(x / (34 * unit)) + drift
    cover = body(like, unit)
    cut = _gouged(form, tone, rough, 9 * unit)
    back_cut = _gouged(flow, shade, rough, 11 * unit)
    drawn = contour(drawing.lines, 1.6, 0.13 - 0.3 * rough, 0.28 - 0.3 * rough, unit)
    horizon = step(brush.blur(drawing.seams, 1.2 * unit) + 0.3 * rough, 0.2, 0.4)
    white = rim(like, 4.0, unit)
    back_cut = torch.maximum(back_cut, horizon) * (1 - white)
    black = torch.maximum(over(cut, cover, back_cut), drawn)

    light, chroma, hue = main_hue(back, tones)
    grey = chroma < 0.018
    hue = torch.where(grey, 1.25, hue)
    block = colour.colour((0.42 + 0.3 * light).clamp(0.5, 0.7), torch.where(grey, 0.07, 0.115).to(light), hue)
    flat = over(soft(labels, palette), cover, soft(back, tones))
    _, strength, own_hue = colour.polar(colour.lab(flat))
    akin = step(turned_away(own_hue, hue), 1.0, 0.85) * step(strength, 0.012, 0.022)
    akin = torch.where(grey, (1 - cover) * step(light, 0.93, 0.8), akin) * (1 - white)
    field = step(inset(like) + 4 * rough, 6.5, 8)
    worn = (0.92 + 0.035 * brush.cloud(dice, like, 9 * unit, 2)).clamp(0, 1)
    sheet = solid("f3e7cc", like).expand(len(like), -1, -1, -1)
    sheet = over(block, _moved(akin, 1.2 * unit, -0.9 * unit) * 0.9 * worn * field, sheet)
    return over(torch.full_like(sheet, 0.085), black * 0.96 * field, sheet) * brush.paper(dice, like, 0.015)


def _gouged(across: Tensor, tone: Tensor, rough: Tensor, pitch: float) -> Tensor:
    """Leave black what a gouge leaves that runs at every ``pitch`` of ``across``: the darker, the wider."""
    ridge = 0.5 + 0.5 * torch.cos(across * (2 * math.pi / pitch))
    level = 1.06 - 1.15 * tone
    cut = step(ridge + rough, level - 0.09, level + 0.09)
    cut = torch.maximum(cut, step(tone, 0.76, 0.82))
    return cut * step(tone, 0.14, 0.2)


def cyanotype(drawing: Drawing, dice: Dice) -> Tensor:
    """A sun print: things in white and pale blue, their ground in deeper blues, within the border a brush left."""
    unit, like = drawing.unit, drawing.alpha
    labels, palette = drawing.parted_motifs(7, 0.9)
    luma = over(colour.lab(soft(labels, palette))[:, :1], 0.4 * torch.ones_like(like), drawing.luma)
    low = luma.where(like > 0.5, torch.ones_like(luma)).amin((2, 3), keepdim=True)
    high = (luma * like).amax((2, 3), keepdim=True)
    tone = ((luma - low) / (high - low).clamp(min=0.25)).clamp(0, 1)
    cover = body(like, unit)
    inner = step(brush.blur(drawing.lines * step(brush.blur(like, 2 * unit), 0.7, 0.95), 1.0 * unit), 0.2, 0.5)
    light = 0.38 + 0.60 * tone - 0.3 * inner
    back = colour.lab(brush.blur(drawing.ground, 1.0 * unit))[:, :1]
    streak = brush.along(brush.cloud(dice, like, 4 * unit, 1), torch.ones_like(like), 0 * like, 70 * unit, 6)
    wash = (
        0.03 + 0.55 * step(contrasted(back), 0.1, 1.05) + 0.02 * streak + 0.012 * brush.cloud(dice, like, 60 * unit, 2)
    )
    # A dark fringe sets pale things off where the ground is pale too.
    fringe = brush.blur(like, 5 * unit) * (1 - cover)
    wash = wash * (1 - 0.55 * fringe)
    # Light crept in along the edge, as under a leaf that is not pressed flat.
    edge = brush.line(brush.borders(like[:, 0] > 0.5), 1.8 * unit)
    exposed = torch.maximum(over(light, cover, wash), 0.66 * edge)
    always, flat = fixed(like), torch.ones_like(like)
    ragged = inset(like) + 3.0 * brush.cloud(always, like, 26 * unit, 4)
    ragged = ragged + 2.0 * brush.along(brush.cloud(always, like, 5 * unit, 1), flat, 0 * like, 40 * unit, 4)
    coated = step(ragged, 8, 10)
    exposed = exposed - 0.05 * coated * step(ragged, 20, 9)
    stops = colour.table("0b2450", "174a86", "4d86b8", "a9cbdc", "f3f1e6", like=like)
    deep = exposed.clamp(0, 1) * (len(stops) - 1)
    index = deep.long().clamp(max=len(stops) - 2)
    picture = over(stops[index[:, 0] + 1].permute(0, 3, 1, 2), deep - index, stops[index[:, 0]].permute(0, 3, 1, 2))
    sheet = solid("f1ede0", like)
    return over(picture, coated, sheet.expand_as(picture)) * brush.paper(dice, like, 0.02)
