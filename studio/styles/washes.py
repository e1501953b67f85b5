"""Styles in thin paint, for motifs without a setting: watercolour, ink wash, cyanotype, colour field, Orphist discs."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from studio.styles import brush, colour
from studio.styles.brush import over, step
from studio.styles.dice import HashRng
from studio.styles.drawing import Drawing, ground_hue, soft


def watercolour(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render washes with irregular dark edges, uneven pigment, a pale wash behind, and grained paper."""
    unit, like = drawing.unit, drawing.alpha
    off = [2.6 * unit * brush.cloud(rng, like, 22 * unit, 4) for _ in range(2)]
    body = step(brush.blur(brush.shifted(like, *off), 0.9 * unit), 0.35, 0.6)
    labels, palette = drawing.regions(6, smooth=1.1)
    flat = over(soft(labels, palette), torch.full_like(like, 0.75), drawing.rgb)
    tones = brush.shifted(flat, off[0] * 0.6, off[1] * 0.6)
    bleed = brush.blur(tones, 5 * unit)
    wet = step(brush.cloud(rng, like, 40 * unit, 2), -0.2, 1.2) * 0.55
    tones = colour.tuned(over(bleed, wet, tones), chroma=1.18)
    density = 0.86 + 0.2 * brush.cloud(rng, like, 34 * unit, 3) + 0.06 * brush.cloud(rng, like, 5 * unit, 2)
    rim = (body - brush.blur(body, 2.6 * unit)).clamp(0, 1) * body
    inner_rim = step(brush.blur(brush.shifted(drawing.inner, *[each * 0.6 for each in off]), 0.9 * unit), 0.15, 0.6)
    density = (density + 0.9 * rim + 0.3 * inner_rim).clamp(0.3, 1.7)

    turn = ground_hue(drawing, rng, 1.0)
    edge = brush.cloud(rng, like, 70 * unit, 4)
    x, y = brush.places(like)
    h, w = like.shape[2:]
    cx, cy = rng.uniform(1, 1, 1, low=0.35, high=0.65) * w, rng.uniform(1, 1, 1, low=0.35, high=0.65) * h
    blot = step(0.50 - torch.hypot((x - cx) / w, (y - cy) / h) + 0.10 * edge, -0.012, 0.03)
    blot_rim = (blot - brush.blur(blot, 3 * unit)).clamp(0, 1)
    mix = step(brush.cloud(rng, like, 80 * unit, 3), -0.8, 0.8)
    pale = torch.where(drawing.mean[:, :1] > 0.8, 0.16, 0.0)
    first = colour.colour(0.86 - pale + 0 * turn, 0.075 + 0.25 * pale + 0 * turn, turn)
    second = colour.colour(0.9 - pale + 0 * turn, 0.06 + 0.25 * pale + 0 * turn, turn + 1.0)
    wash = over(second, mix, first)
    strength = blot * (0.8 + 0.16 * brush.cloud(rng, like, 30 * unit, 3)) + 0.7 * blot_rim
    sheet = colour.table("fbf7ee", like=like)[0][:, None, None]
    drops = _drops(rng, like) * (1 - body)
    picture = sheet * (1 - strength.clamp(0, 1.3) * (1 - wash))
    picture = picture * (1 - 0.5 * drops * (1 - colour.tuned(brush.blur(tones, 30 * unit), chroma=1.3)))
    halo = step(brush.blur(body, 2.2 * unit), 0.1, 0.5) * (1 - body)
    picture = over(sheet, 0.45 * halo, picture)
    ink = (1 - tones).clamp(0, 1) ** 0.95
    picture = over(sheet * (1 - (ink * density).clamp(0, 0.97)), body, picture)
    return picture * brush.paper(rng, like, 0.03)


def _drops(rng: HashRng, like: Tensor) -> Tensor:
    """Return the coverage (n, 1, h, w), 0…1, of a few spattered drops."""
    unit = like.shape[2] / 256
    cover = torch.zeros_like(like)
    drops = brush.Marks(rng, like, 34 * unit)
    sizes = torch.where(drops.own[:, 1:2] < 0.22, 3.4 * unit * drops.own[:, :1] ** 2, -1.0)
    for dx, dy, size in drops.around(sizes):
        cover = torch.maximum(cover, step(torch.hypot(dx, dy), size + 0.7, size - 0.7))
    return cover


def ink_wash(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render black ink on rice paper: a brushed contour, grey washes, mist, and a red seal."""
    unit, like = drawing.unit, drawing.alpha
    h, w = like.shape[2:]
    x, y = brush.places(like)
    off = [1.8 * unit * brush.cloud(rng, like, 24 * unit, 3) for _ in range(2)]
    body = step(brush.blur(brush.shifted(like, *off), 1.0 * unit), 0.3, 0.65)
    luma = brush.blur(brush.shifted(drawing.luma, *off), 1.3 * unit)
    tone = (0.97 - luma).clamp(0, 1)
    pooled = brush.cloud(rng, like, 30 * unit, 3)
    streak = (
        brush.along(brush.grain(rng, like), torch.ones_like(like) * 0.94, torch.ones_like(like) * 0.34, 40 * unit, 8)
        * 3
    )
    rim = (body - brush.blur(body, 3 * unit)).clamp(0, 1) * body
    density = tone**1.25 * (0.98 + 0.18 * pooled) + 0.5 * rim + 0.05 * streak * tone
    bleed = brush.blur(density * body, 5 * unit)
    press = step(brush.cloud(rng, like, 36 * unit, 2), -1.4, 1.4)
    contour = brush.blur(brush.shifted(drawing.edges, *off), 1.4 * unit)
    contour = step(contour, 0.34 - 0.26 * press, 0.52 - 0.22 * press) * (0.75 + 0.25 * step(streak, -1, 0.2))
    mist = brush.cloud(rng, like, 100 * unit, 3)
    ridge = 0.63 + 0.07 * brush.cloud(rng, like, 75 * unit, 3) + rng.uniform(1, 1, 1, low=-0.12, high=0.08)
    hills = step(y / h, ridge, ridge + 0.006) * step(y / h, ridge + 0.32, ridge) * 0.42
    far = ridge - 0.13 + 0.05 * brush.cloud(rng, like, 60 * unit, 2)
    hills = hills + step(y / h, far, far + 0.006) * step(y / h, far + 0.22, far) * 0.22
    back = (hills + 0.05 * mist + 0.35 * bleed) * (1 - body)
    sheets = colour.table("f3ebd9", "efe9dc", "f1e3c9", "e9e6dc", like=like)
    sheet = rng.choice(sheets)[:, :, None, None]
    ink = colour.table("1c1e24", like=like)[0][:, None, None]
    picture = over(ink, (0.9 * back).clamp(0, 0.6), sheet)
    picture = over(sheet, 0.9 * body, picture)
    picture = over(ink, (body * density).clamp(0, 0.93), picture)
    tint = colour.tuned(drawing.rgb, chroma=0.9)
    share = rng.uniform(1, 1, 1, low=0.10, high=0.38)
    picture = over(picture * (0.35 + 0.65 * tint / tint.amax(1, keepdim=True).clamp(min=0.2)), share * body, picture)
    picture = over(ink, contour * 0.93, picture)
    left = torch.where(rng.uniform(1, 1, 1) < 0.5, 0.09, 0.91) * w
    u, v = (x - left).abs(), (y - 0.88 * h).abs()
    seal = step(torch.maximum(u, v) + 0.8 * unit * brush.cloud(rng, like, 5 * unit, 2), 10.5 * unit, 9 * unit)
    sign = step(0.5 + 0.5 * torch.cos(u / unit * 1.15) * torch.cos(v / unit * 0.85), 0.62, 0.72) * step(
        torch.maximum(u, v), 8 * unit, 7 * unit
    )
    picture = over(colour.table("b8321f", like=like)[0][:, None, None], seal * (1 - 0.8 * sign) * 0.92, picture)
    fibres = brush.along(
        brush.grain(rng, like),
        torch.cos(brush.cloud(rng, like, 30 * unit, 1) * 2),
        torch.sin(brush.cloud(rng, like, 30 * unit, 1) * 2),
        14 * unit,
        5,
    )
    return picture * (1 + 0.05 * fibres) * brush.paper(rng, like, 0.012)


def cyanotype(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render a sun print: whites and pale blues on Prussian blue, within a brushed border."""
    unit, like = drawing.unit, drawing.alpha
    h, w = like.shape[2:]
    x, y = brush.places(like)
    luma = drawing.luma
    low = luma.where(like > 0.5, torch.ones_like(luma)).amin((2, 3), keepdim=True)
    high = (luma * like).amax((2, 3), keepdim=True)
    tone = ((luma - low) / (high - low).clamp(min=0.2)).clamp(0, 1)
    light = 0.42 + 0.56 * tone
    contour = step(brush.blur(drawing.inner, 1.0 * unit), 0.18, 0.5)
    light = light - 0.33 * contour
    body = step(brush.blur(like, 0.9 * unit), 0.3, 0.7)
    fog = brush.blur(like, 8 * unit) * 0.22
    streaks = (
        brush.along(brush.grain(rng, like), torch.ones_like(like) * 0.2, torch.ones_like(like), 120 * unit, 12) * 3.2
    )
    wash = 0.09 + 0.035 * brush.cloud(rng, like, 70 * unit, 3) + 0.02 * streaks
    sprigs = _sprigs(rng, like) * (1 - step(brush.blur(like, 6 * unit), 0.02, 0.2))
    exposed = over(light, body, wash + fog + 0.5 * sprigs)
    inset = torch.minimum(torch.minimum(x, w - x), torch.minimum(y, h - y)) / unit
    ragged = inset + 3.2 * brush.cloud(rng, like, 26 * unit, 4) + 1.6 * streaks
    coated = step(ragged, 7, 9.5)
    edge = coated * step(ragged, 19, 8) * 0.06
    stops = colour.table("0d2a55", "174a86", "4d86b8", "a9cbdc", "f3f1e6", like=like)
    deep = (exposed - edge).clamp(0, 1) * (len(stops) - 1)
    index = deep.long().clamp(max=len(stops) - 2)
    part = deep - index
    picture = over(stops[index[:, 0] + 1].permute(0, 3, 1, 2), part, stops[index[:, 0]].permute(0, 3, 1, 2))
    sheet = colour.table("f1ede0", like=like)[0][:, None, None]
    return over(picture, coated, sheet.expand_as(picture)) * brush.paper(rng, like, 0.022)


def _sprigs(rng: HashRng, like: Tensor) -> Tensor:
    """Return the coverage (n, 1, h, w), 0…1, of a few pressed fern fronds."""
    h = like.shape[2]
    x, y = brush.places(like)
    cover = torch.zeros_like(like)
    for _ in range(3):
        turn = rng.uniform(1, 1, 1, high=colour.TURN)
        cx, cy = h / 2 + torch.cos(turn) * 0.66 * h, h / 2 + torch.sin(turn) * 0.66 * h
        lean = turn + math.pi + rng.uniform(1, 1, 1, low=-0.7, high=0.7)
        dx, dy = (x - cx) / h, (y - cy) / h
        u, v = dx * torch.cos(lean) + dy * torch.sin(lean), dy * torch.cos(lean) - dx * torch.sin(lean)
        v = v + 0.5 * (u - 0.2) ** 2 * torch.where(rng.uniform(1, 1, 1) < 0.5, -1.0, 1.0)
        taper = (1 - u / 0.52).clamp(0, 1) * (u > 0)
        leaves = 0.5 + 0.5 * torch.cos((u - 0.55 * v.abs()) * (2 * math.pi / 0.042))
        blade = step(taper * 0.085 - v.abs(), -0.003, 0.006) * step(leaves, 0.35, 0.65)
        stem = step(0.0035 * (0.5 + taper) - v.abs(), -0.003, 0.002) * (taper > 0)
        cover = torch.maximum(cover, torch.maximum(blade, stem))
    return cover


def colour_field(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render two or three soft glowing rectangles on a deep background, and among them the motif with soft edges."""
    unit, like = drawing.unit, drawing.alpha
    h, w = like.shape[2:]
    x, y = brush.places(like)
    turn = ground_hue(drawing, rng, 1.4)
    light_subject = drawing.mean[:, :1] > 0.68
    ground = colour.colour(torch.where(light_subject, 0.36, 0.44) + 0 * turn, torch.full_like(turn, 0.13), turn)
    parting = rng.uniform(1, 1, 1, low=0.36, high=0.66)
    wobble = brush.cloud(rng, like, 30 * unit, 4) * 0.012
    tops = ((0.06 + 0 * parting, parting - 0.022), (parting + 0.022, 0.95 + 0 * parting))
    picture = ground * (1 + 0.05 * brush.cloud(rng, like, 50 * unit, 3))
    for number, (top, bottom) in enumerate(tops):
        hue = turn + rng.uniform(1, 1, 1, low=0.4, high=1.2) * (1 if number else -1)
        light = torch.where(light_subject, 0.5, 0.78) + rng.uniform(1, 1, 1, low=-0.1, high=0.08)
        tone = colour.colour(light, rng.uniform(1, 1, 1, low=0.10, high=0.17), hue)
        inside = torch.minimum(torch.minimum(x / w - 0.07, 0.93 - x / w), torch.minimum(y / h - top, bottom - y / h))
        cover = step(inside + wobble, -0.02, 0.03) * (0.86 + 0.1 * brush.cloud(rng, like, 42 * unit, 4)).clamp(0, 1)
        picture = over(tone, cover, picture)
    labels, palette = drawing.regions(4, smooth=2.4)
    veil = 0.9 + 0.09 * brush.cloud(rng, like, 30 * unit, 4)
    subject = brush.blur(colour.tuned(soft(labels, palette), chroma=1.12), 1.3 * unit)
    off = [1.6 * unit * brush.cloud(rng, like, 9 * unit, 3) for _ in range(2)]
    body = step(brush.blur(brush.shifted(like, *off), 2.6 * unit), 0.2, 0.8)
    glow = brush.blur(like, 12 * unit) * (1 - body)
    picture = over(colour.tuned(picture, lightness=torch.where(light_subject, 0.7, 1.18)), 0.55 * glow, picture)
    picture = over(subject, (body * veil).clamp(0, 0.97), picture)
    weave = 1 + 0.022 * brush.grain(rng, like) + 0.02 * brush.cloud(rng, like, 4 * unit, 2)
    return picture * weave


def orphist(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render nested discs in quarters of pure colour, which change the hues of the motif that they cross."""
    unit, like = drawing.unit, drawing.alpha
    n, _, h, w = like.shape
    x, y = brush.places(like)
    warm = colour.table(
        "e4442e", "f4a51f", "f7d84b", "2f6fb3", "1b8f6a", "7f3f98", "f08cb0", "15325f", "f6efdf", "8fc1e3", like=like
    )
    circles = 3
    cx, cy = rng.uniform(circles, low=0.05, high=0.95) * w, rng.uniform(circles, low=0.05, high=0.95) * h
    away = torch.hypot(x - cx[..., None, None], y - cy[..., None, None])
    size = rng.uniform(circles, low=0.8, high=1.25)
    home = (away * size[..., None, None]).argmin(1, keepdim=True)
    near = away.gather(1, home)
    ring = torch.floor(near / (25 * unit)).long().clamp(max=11)
    turned = rng.uniform(circles, high=math.pi / 2)[..., None, None].expand(-1, -1, h, w).gather(1, home)
    dx = x - cx[..., None, None].expand(-1, -1, h, w).gather(1, home)
    dy = y - cy[..., None, None].expand(-1, -1, h, w).gather(1, home)
    quarter = torch.floor((torch.atan2(dy, dx) + math.pi + turned) / (math.pi / 2)).long() % 4
    field = (home * 48 + ring * 4 + quarter)[:, 0]
    inks = rng.choice(warm, circles * 48)
    pure = brush.blur(colour.look_up(inks, field), 0.6)
    ground_light = torch.where(drawing.mean[:, :1] > 0.7, 0.74, 1.04)
    ground = colour.tuned(pure, lightness=ground_light, chroma=0.85)
    shift = rng.uniform(circles * 48, 2)
    own = shift.gather(1, field.flatten(1)[..., None].expand(-1, -1, 2)).transpose(1, 2).reshape(n, 2, h, w)
    own = brush.blur(own, 0.6)
    labels, palette = drawing.regions(5, smooth=1.4)
    subject = colour.tuned(
        soft(labels, palette), chroma=1.3, turn=(own[:, :1] - 0.5) * 1.0, lift=(own[:, 1:] - 0.5) * 0.2
    )
    subject = over(pure, torch.full_like(like, 0.1), subject)
    body = step(brush.blur(like, 0.9 * unit), 0.35, 0.65)
    rim = step(brush.blur(like, 2.6 * unit), 0.05, 0.15) * (1 - body)
    inner = step(brush.blur(drawing.inner, 1.0 * unit), 0.2, 0.45)
    dark = colour.table("1a2138", like=like)[0][:, None, None]
    picture = over(dark, 0.9 * rim, ground)
    picture = over(over(dark, 0.75 * inner, subject), body, picture)
    brushed = brush.along(brush.grain(rng, like), -dy / near.clamp(min=1), dx / near.clamp(min=1), 22 * unit, 6)
    return picture * (1 + 0.14 * brushed)
