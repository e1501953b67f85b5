"""Styles in flat colours: pop art, paper cut-outs, risographs, screen prints, the primary-colour grid."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from studio.styles import brush, colour
from studio.styles.brush import over, step
from studio.styles.dice import HashRng
from studio.styles.drawing import Drawing, ground_hue, soft


def pop_art(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render five saturated colours, a thick dark outline, and two complementary colours in a dot screen behind."""
    unit = drawing.unit
    labels, palette = drawing.regions(5)
    light, chroma, hue = colour.polar(colour.lab(palette.transpose(1, 2)))
    strong = torch.where(chroma > 0.03, (chroma * 1.35 + 0.04).clamp(max=0.26), chroma)
    palette = colour.colour((light * 1.1 - 0.03).clamp(0.15, 0.97), strong, hue).transpose(1, 2)
    flat = soft(labels, palette)

    turn = ground_hue(drawing, rng, 1.1)
    dark = rng.uniform(1, 1, 1) < 0.35
    first = colour.colour(torch.where(dark, 0.55, 0.78), torch.full_like(turn, 0.2), turn)
    second = colour.colour(
        torch.where(dark, 0.82, 0.95),
        torch.full_like(turn, 0.13),
        turn + rng.uniform(1, 1, 1, low=0.8, high=2.4) * rng.choice(_signs(turn), 1, 1, 1),
    )
    x, y = brush.places(drawing.alpha)
    h = drawing.alpha.shape[2]
    heading = rng.uniform(1, 1, 1, low=-0.5, high=0.5)
    tone = 0.68 - 0.62 * (y / h + heading * (x / h - 0.5))
    dots = brush.ink(tone, brush.screen(drawing.alpha, 13 * unit, math.radians(45)))
    ground = over(first, dots, second).expand_as(flat)

    body = step(brush.blur(drawing.alpha, 0.8 * unit), 0.3, 0.6)
    halo = step(brush.blur(drawing.alpha, 3.2 * unit), 0.03, 0.09)
    contour = step(brush.blur(drawing.edges, 1.3 * unit), 0.16, 0.34)
    contour = torch.maximum(contour * body, halo * (1 - body))
    black = colour.colour(torch.full_like(turn, 0.16), torch.full_like(turn, 0.03), turn)
    return over(black, contour, over(flat, body, ground))


def _signs(like: Tensor) -> Tensor:
    return torch.tensor([-1.0, 1.0], device=like.device)


CUT_PAPERS = (
    "1d4fa3",
    "e4442e",
    "f4b61f",
    "16885a",
    "f08cb0",
    "6b2f86",
    "f6efdf",
    "14141c",
    "f47b2a",
    "7cc0d8",
    "8fb339",
    "c9264f",
)


def cut_out(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render cut paper: few smooth shapes in twelve colours, a background in parts with fronds, soft shadows."""
    unit = drawing.unit
    like = drawing.alpha
    papers = colour.table(*CUT_PAPERS, like=like)
    labels, palette = drawing.regions(4, smooth=2.6)
    palette = _papers_for(palette, papers)
    shape = step(brush.blur(like, 2.4 * unit), 0.42, 0.58)

    grounds = _grounds(drawing, papers, rng)
    x, y = brush.places(like)
    h = like.shape[2]
    angle = rng.uniform(1, 1, 1, high=math.pi)
    away = (x / h - 0.5) * torch.cos(angle) + (y / h - 0.5) * torch.sin(angle)
    wobble = brush.cloud(rng, like, 70 * unit, 2) * 0.012
    part = step(away + wobble + rng.uniform(1, 1, 1, low=-0.22, high=0.22), -0.003, 0.003)
    part_shadow = brush.blur(part, 3 * unit) * (1 - part)
    a, b, third = grounds[:, 0, :, None, None], grounds[:, 1, :, None, None], grounds[:, 2, :, None, None]
    ground = over(b, part, a * (1 - 0.5 * part_shadow))
    for _ in range(3):
        frond = _frond(rng, like)
        fall = brush.shifted(
            brush.blur(frond, 2 * unit), torch.full_like(like[:1], -2.0 * unit), torch.full_like(like[:1], -3 * unit)
        )
        ground = over(third, frond, ground * (1 - 0.3 * fall * (1 - frond)))

    fall = brush.shifted(
        brush.blur(shape, 3 * unit), torch.full_like(like[:1], -3.0 * unit), torch.full_like(like[:1], -5 * unit)
    )
    ground = ground * (1 - 0.42 * fall * (1 - shape))
    layers = torch.nn.functional.one_hot(labels, palette.shape[1]).permute(0, 3, 1, 2).float()
    lifts = brush.blur(layers.cumsum(1)[:, :1], 1.5 * unit)
    flat = soft(labels, palette) * (1 - 0.10 * (lifts - layers[:, :1]).clamp(0, 1))
    return over(flat, shape, ground) * brush.paper(rng, like, 0.018)


def _papers_for(palette: Tensor, papers: Tensor) -> Tensor:
    """Return a paper (n, k, 3) for each colour of a palette (n, k, 3): the nearest of ``papers`` (p, 3), by hue first.

    Colours are made more vivid before they are compared.
    """
    vivid = colour.tuned(palette.transpose(1, 2), chroma=1.5, lightness=1.03)
    a = colour.lab(vivid).transpose(1, 2) * torch.tensor([0.75, 1.3, 1.3], device=palette.device)
    b = colour.lab(papers.T[None])[0].T * torch.tensor([0.75, 1.3, 1.3], device=palette.device)
    distance = torch.cdist(a, b.expand(len(a), -1, -1))
    chosen = distance.argmin(2)
    return papers[chosen]


def _grounds(drawing: Drawing, papers: Tensor, rng: HashRng) -> Tensor:
    """Return three papers (n, 3, 3) for the background, unlike the motif's mean colour and each other."""
    own = colour.lab(papers.T[None])[0].T
    away = (drawing.mean[:, :, 0, 0][:, None] - own[None]).norm(dim=2)
    black = (own[:, 0] < 0.25).float() * 0.55  # black would be the most different from everything
    score = away.clamp(max=0.35) * 1.6 + rng.uniform(len(papers)) * 0.5 - black
    first = score.argmax(1)
    score = score + 0.8 * (own[first][:, None] - own[None]).norm(dim=2).clamp(max=0.35)
    score.scatter_(1, first[:, None], -9)
    second = (score + rng.uniform(len(papers)) * 0.4).argmax(1)
    score.scatter_(1, second[:, None], -9)
    third = (score + 0.5 * (own[second][:, None] - own[None]).norm(dim=2) + rng.uniform(len(papers)) * 0.4).argmax(1)
    return torch.stack([papers[first], papers[second], papers[third]], 1)


def _frond(rng: HashRng, like: Tensor) -> Tensor:
    """Return the coverage (n, 1, h, w), 0…1, of a lobed leaf that reaches in from a corner or an edge."""
    h = like.shape[2]
    turn = rng.uniform(1, 1, 1, high=colour.TURN)
    x, y = brush.places(like)
    reach = rng.uniform(1, 1, 1, low=0.5, high=0.6) * h
    cx, cy = h / 2 + torch.cos(turn) * reach, h / 2 + torch.sin(turn) * reach
    dx, dy = x - cx, y - cy
    lean = turn + rng.uniform(1, 1, 1, low=-1.4, high=1.4) + math.pi / 2
    u, v = (dx * torch.cos(lean) + dy * torch.sin(lean)) / h, (dy * torch.cos(lean) - dx * torch.sin(lean)) / h
    length = 0.3
    taper = (1 - (u / length) ** 2).clamp(0, 1)
    lobes = 0.5 + 0.5 * torch.cos(u * (math.pi * 2 / 0.105) + v.abs() * 16)
    width = taper.sqrt() * (0.018 + 0.085 * step(lobes, 0.1, 0.9) * taper)
    return step(width - v.abs(), 0.001, 0.007)


# Pairs of risograph inks, warm and cool.
INKS = (
    ("f15060", "0078bf"), ("ff48b0", "00838a"), ("ff6c2f", "3255a4"), ("e45d50", "407060"),
    ("ffb511", "5c2d91"), ("f15060", "2d3a8c"), ("ff7477", "00695c"), ("f5a623", "1d4e89"),
)  # fmt: skip


def risograph(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render two inks of a fixed pair on warm paper, each in its own dot screen and slightly displaced."""
    unit, like = drawing.unit, drawing.alpha
    pairs = torch.stack([colour.table(*pair, like=like) for pair in INKS])
    inks = rng.choice(pairs)[:, :, :, None, None]
    luma, chroma, hue = colour.polar(colour.lab(drawing.rgb))
    warm = step(chroma * torch.cos(hue - 0.7), -0.02, 0.09)
    warm_tone = ((0.98 - luma) * 0.55 + warm * 0.75 * (1.05 - 0.5 * luma)).clamp(0, 1)
    cool_tone = ((0.93 - luma) * 1.5 * (1 - 0.55 * warm) + (1 - warm) * chroma * 1.3).clamp(0, 1)
    contour = step(brush.blur(drawing.edges, 0.9 * unit), 0.22, 0.5)

    x, y = brush.places(like)
    h = like.shape[2]
    cx, cy = rng.uniform(1, 1, 1, low=0.35, high=0.65) * h, rng.uniform(1, 1, 1, low=0.3, high=0.6) * h
    size = rng.uniform(1, 1, 1, low=0.30, high=0.42) * h
    disc = step(size - torch.hypot(x - cx, y - cy), -0.8, 0.8)
    fade = (0.62 - 0.5 * (y - cy + size) / (2 * size)).clamp(0.1, 0.6)
    band = step(y / h + 0.012 * brush.cloud(rng, like, 50 * unit, 2), 0.72, 0.725) * 0.28
    ground_is_warm = rng.uniform(1, 1, 1) < 0.55

    def tone(inside: Tensor, flat: Tensor, is_warm: Tensor) -> Tensor:
        outside = torch.where(is_warm, disc * fade, band)
        return over(inside, drawing.alpha, outside + 0 * flat)

    layers = []
    for number, (inside, angle) in enumerate(((warm_tone, 15.0), (cool_tone, 60.0))):
        is_warm = ground_is_warm if number == 0 else ~ground_is_warm
        plate = tone(inside, like, is_warm)
        dots = brush.ink(plate.clamp(0.02, 0.98), brush.screen(like, 6.5 * unit, math.radians(angle)), 0.16)
        dots = torch.where(plate < 0.03, torch.zeros_like(dots), dots)
        if number == 1:
            dots = torch.maximum(dots, contour)
        off = rng.uniform(2, 1, 1, low=-2.2, high=2.2) * unit
        layers.append(brush.shifted(dots, off[:, :1], off[:, 1:]) * (0.93 + 0.06 * brush.grain(rng, like)).clamp(0, 1))
    sheet = colour.table("f7f1e3", like=like)[0][:, None, None] * brush.paper(rng, like, 0.012)
    for dots, own in zip(layers, inks.unbind(1), strict=True):
        sheet = sheet * over(own, dots * 0.94, torch.ones_like(own))
    return sheet.expand(len(drawing), -1, -1, -1)


def screen_print(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render four panels of the same drawing, each in other flat inks that are slightly displaced."""
    like = drawing.alpha
    h, w = like.shape[2:]
    labels, _ = drawing.regions(4, smooth=1.4)
    layers = torch.nn.functional.one_hot(labels, 4).permute(0, 3, 1, 2).float()
    plates = torch.cat([layers * like, like, drawing.edges], 1)
    small = torch.nn.functional.interpolate(
        brush.blur(plates, 0.8), size=(h // 2, w // 2), mode="bilinear", align_corners=False
    )
    base = rng.uniform(1, 1, 1, high=colour.TURN)
    panels = []
    for number in range(4):
        turn = base + number * math.tau * 0.29 + rng.uniform(1, 1, 1, low=-0.3, high=0.3)
        ground = _ink(0.74 + 0.1 * (number % 2), 0.17, turn)
        inks = [
            _ink(0.3, 0.12, turn + 2.6),
            _ink(0.58, 0.22, turn + 3.4),
            _ink(0.74, 0.19, turn + 2.2),
            _ink(0.93, 0.07, turn + 1.4),
        ]
        off = rng.uniform(2, 1, 1, low=-1.6, high=1.6) * drawing.unit
        plate = brush.shifted(small, off[:, :1], off[:, 1:])
        body = step(plate[:, 4:5], 0.4, 0.6)
        shares = plate[:, :4] / plate[:, :4].sum(1, keepdim=True).clamp(min=1e-3)
        painted = torch.einsum("nkhw,nkc->nchw", shares, torch.stack([each[:, :, 0, 0] for each in inks], 1))
        black = step(small[:, 5:6], 0.33, 0.6) * (0.9 + 0.06 * brush.grain(rng, small[:, :1])).clamp(0, 1)
        worn = (0.985 + 0.02 * brush.cloud(rng, small[:, :1], 20 * drawing.unit, 2)).clamp(0, 1.02)
        panel = over(_ink(0.2, 0.06, turn + 2.6), black * 0.92, over(painted, body, ground.expand_as(painted)) * worn)
        panels.append(panel)
    return torch.cat([torch.cat(panels[:2], 3), torch.cat(panels[2:], 3)], 2)


def _ink(lightness: float, chroma: float, hue: Tensor) -> Tensor:
    """Return sRGB (n, 3, 1, 1) with a lightness, a chroma and a hue in radians (n, 1, 1, 1)."""
    return colour.colour(torch.full_like(hue, lightness), torch.full_like(hue, chroma), hue)


PRIMARIES = ("d8261c", "1f4aa8", "f5cc1b", "f4f1e8", "16161a", "c9ccd1")


def primary_grid(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render a grid of black lines with red, blue, yellow, grey and white fields, and the motif in planes of these."""
    unit, like = drawing.unit, drawing.alpha
    n, _, h, w = like.shape
    primaries = colour.table(*PRIMARIES, like=like)
    labels, palette = drawing.regions(4, smooth=2.2)
    vivid = colour.tuned(palette.transpose(1, 2), chroma=1.9)
    weight = torch.tensor([0.8, 1.4, 1.4], device=like.device)[:, None]
    distance = torch.cdist(
        (colour.lab(vivid) * weight).transpose(1, 2),
        (colour.lab(primaries.T[None]) * weight).transpose(1, 2).expand(n, -1, -1),
    )
    subject = soft(labels, primaries[distance.argmin(2)])

    x, y = brush.places(like)
    columns, across = _bars(x[:, :, 0] / w, rng, 6)
    rows, down = _bars(y[..., 0] / h, rng, 6)
    field = columns[:, None, :] + 7 * rows[:, :, None]
    fill = rng.uniform(49)
    chosen = torch.where(
        fill < 0.1, 0, torch.where(fill < 0.2, 1, torch.where(fill < 0.3, 2, torch.where(fill < 0.36, 5, 3)))
    )
    ground = colour.look_up(primaries[chosen], field)
    grid = torch.minimum(across[:, None, None, :], down[:, None, :, None]) * h
    lines = step(grid, 3.1 * unit, 2.3 * unit)

    shape = step(brush.blur(like, 1.6 * unit), 0.42, 0.58)
    rim = step(brush.blur(like, 3.0 * unit), 0.06, 0.12)
    inner = brush.line(brush.borders(labels), 3.0 * unit)
    canvas = over(primaries[4][:, None, None], lines, ground)
    canvas = over(primaries[4][:, None, None], rim, canvas)
    canvas = over(over(primaries[4][:, None, None], torch.maximum(inner, 0 * lines), subject), shape, canvas)
    return canvas * brush.paper(rng, like, 0.012)


def _bars(at: Tensor, rng: HashRng, count: int) -> tuple[Tensor, Tensor]:
    """Divide a side at ``count`` random places; return each place's part and its distance to the nearest division.

    ``at`` (1, 1, w) or (1, 1, h) are places 0…1.
    """
    cuts = (torch.arange(count, device=at.device) + 0.5) / count + rng.uniform(count, low=-0.5, high=0.5) * 0.7 / count
    away = at.view(1, -1, 1) - cuts[:, None, :]
    return (away > 0).sum(2), away.abs().amin(2)
