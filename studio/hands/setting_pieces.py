"""Pictures put together from pieces before a given ground: stained glass, mosaic, cubist, low poly, discs."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from studio.hands import brush, colour, facets
from studio.hands.brush import over, step
from studio.hands.dice import Dice
from studio.hands.drawing import Drawing, soft
from studio.hands.techniques import body, clusters, contour, fixed, gathered, rim, solid


def stained_glass(drawing: Drawing, dice: Dice) -> Tensor:
    """Glass lit from behind: large panes that follow the ground, heavy lead along the things' contours."""
    unit, like = drawing.unit, drawing.alpha
    labels, palette = drawing.parted_motifs(8, 1.5)
    points = brush.jittered(dice, like, 6, 0.8)
    lab = colour.lab(brush.blur(drawing.ground, 3.0 * unit))
    panes = clusters(torch.cat([lab * 260, 30 * like], 1), points, unit)
    own = dice.uniform(36, 2)
    ground = colour.rgb(brush.means(colour.lab(drawing.ground), panes, 36).transpose(1, 2)).transpose(1, 2)
    # What is smaller than a pane is painted on it.
    smooth = brush.blur(drawing.ground, 1.2 * unit)
    missed = (colour.lab(gathered(ground, panes)) - colour.lab(smooth)).norm(dim=1, keepdim=True)
    flat = over(smooth, step(missed, 0.05, 0.11), gathered(ground, panes))
    own_at = gathered(own, panes)
    outer = _jewels(flat, own_at)
    inner = soft(
        labels, _jewels(palette.transpose(1, 2), torch.full_like(palette[..., :2], 0.5).transpose(1, 2)).transpose(1, 2)
    )
    inner = colour.tuned(inner, lightness=1 + 0.05 * (own_at[:, :1] - 0.5))

    cover = body(like, unit)
    picture = over(inner, cover, outer)
    streaks = 1 + 0.03 * brush.cloud(dice, like, 18 * unit, 2)
    picture = picture * streaks
    heavy = step(brush.blur(like, 2.6 * unit), 0.06, 0.14) * (1 - step(brush.blur(like, 1.4 * unit), 0.6, 0.8))
    inside = drawing.lines * step(brush.blur(like, 2 * unit), 0.5, 0.9)
    real = torch.maximum(contour(inside, 1.3, 0.14, 0.32, unit), contour(drawing.seams, 1.0, 0.25, 0.5, unit))
    cuts = brush.line(brush.borders(panes), 2.8 * unit)
    thin = cuts * (1 - step(brush.blur(like, 1.4 * unit), 0.1, 0.6))
    lead = torch.maximum(torch.maximum(heavy, 0.95 * real), thin)
    metal = solid("1c1a19", like) * (1 + 0.7 * brush.blur(lead, 1.4 * unit))
    glow = brush.blur(picture, 6 * unit)
    return over(metal + 0.05 * glow, lead, 0.86 * picture + 0.22 * glow)


def _jewels(tones: Tensor, own: Tensor) -> Tensor:
    """Turn colours (n, 3, …) into glass: strong and clear; ``own`` (n, 2, …) varies lightness and hue."""
    light, chroma, hue = colour.polar(colour.lab(tones))
    shake = own - 0.5
    light = (0.1 + 0.88 * light + 0.10 * shake[:, :1]).clamp(0.16, 0.96)
    chroma = torch.where(chroma > 0.012, (1.45 * chroma + 0.03).clamp(max=0.23), chroma)
    return colour.colour(light, chroma, hue + 0.25 * shake[:, 1:])


def mosaic(drawing: Drawing, dice: Dice) -> Tensor:
    """Square stones in courses that run along the things and around them, cut where one thing ends."""
    unit, like = drawing.unit, drawing.alpha
    pitch = 15.0 * unit
    labels, palette = drawing.parted_motifs(8, 0.9)
    flat = soft(labels, palette)
    cover = step(brush.blur(like, 0.7 * unit), 0.4, 0.6)
    # A stone takes what prevails where it lies: flat colours, not the mud of an edge.
    back = brush.blur(drawing.ground, 1.0 * unit)
    picture = over(flat, cover, back)
    edges = torch.maximum(brush.borders(like[:, 0] > 0.5), (drawing.seams > 0.6).float())
    edges = torch.maximum(edges, (drawing.lines > 0.8).float())
    marks, way = _settled(edges, cover, dice, pitch)
    which, gap, u, v = _stones(marks, way, cover)

    tones, shake = marks.seen(picture).flatten(2), marks.own.flatten(2)
    tones = colour.tuned(tones, chroma=1.15, lift=0.17 * (shake[:, :1] - 0.5), turn=0.26 * (shake[:, 1:2] - 0.5))
    stone = gathered(tones.transpose(1, 2), which)
    lean = gathered(shake.transpose(1, 2), which)
    stone = stone * (1 + 0.10 * ((lean[:, 2:3] - 0.5) * u + (lean[:, 3:] - 0.5) * v))
    bevel = (step(-u - v, 0.5, 1.4) - step(u + v, 0.5, 1.4)) * 0.07
    joint = step(gap, 0.07, 0.2)
    drawn = step(brush.blur(drawing.lines, 0.9 * unit), 0.3, 0.6)
    grout = over(solid("4a4640", like), drawn, solid("7d766b", like)) * (1 + 0.05 * brush.grain(dice, like))
    # What is smaller than a stone, an eye perhaps, is a piece cut to its shape.
    missed = (colour.lab(stone) - colour.lab(picture)).norm(dim=1, keepdim=True)
    cut = step(brush.blur(step(missed, 0.14, 0.20), 1.3 * unit), 0.42, 0.58) * cover
    return over(picture, cut, over(stone + bevel, joint, grout))


def _settled(edges: Tensor, cover: Tensor, dice: Dice, pitch: float) -> tuple[brush.Marks, tuple[Tensor, Tensor]]:
    """Set stones in courses along the edges: where they lie, and the field that their sides follow.

    Worked out on a copy of half the size: each stone moves to the middle of its place and then onto its course.
    """
    half, pitch = torch.nn.functional.max_pool2d(edges, 2), pitch / 2
    # Where there is no edge at all, courses run along the bottom.
    half[:, :, -1] = torch.maximum(half[:, :, -1], (half.amax((2, 3)) < 0.5).float()[..., None])
    inside = cover[:, :, ::2, ::2]
    away = distance(half)
    right, down = brush.slopes(brush.blur(away, 1.5))
    length = torch.hypot(right, down).clamp(min=1e-3)
    normal = torch.cat([right, down], 1) / length
    way = -normal[:, 1:], normal[:, :1]
    small = brush.Marks(dice, half, pitch)
    rows, columns = small.x.shape[2:]
    row, column = (torch.arange(count, device=half.device) - 0.5 for count in (rows, columns))
    home_x, home_y = pitch * column + 0 * small.x, pitch * row[:, None] + 0 * small.y
    small.x, small.y = (
        over(small.x, torch.full_like(small.x, 0.7), home_x),
        over(small.y, torch.full_like(small.y, 0.7), home_y),
    )
    at = torch.cat(brush.places(half), 1).expand(len(half), -1, -1, -1)
    there = torch.ones_like(small.x)
    for _ in range(5):
        which = _stones(small, way, inside)[0]
        middle = brush.means(at, which, rows * columns).transpose(1, 2).view(-1, 2, rows, columns)
        there = (middle.abs().sum(1, keepdim=True) > 0).float()
        small.x, small.y = over(middle[:, :1], there, small.x), over(middle[:, 1:], there, small.y)
        seen = small.seen(torch.cat([away, normal], 1))
        short = (torch.floor(seen[:, :1] / pitch) + 0.5) * pitch - seen[:, :1]
        # None leaves its own part of the grid, where it is looked for.
        x, y = small.x + 0.7 * short * seen[:, 1:2], small.y + 0.7 * short * seen[:, 2:]
        small.x = torch.clamp(x, home_x - 0.8 * pitch, home_x + 0.8 * pitch)
        small.y = torch.clamp(y, home_y - 0.8 * pitch, home_y + 0.8 * pitch)
    # A stone that lost its place to a neighbour is taken away.
    small.x = torch.where(there > 0, small.x, -99.0)
    marks = brush.Marks(dice, edges, 2 * pitch)
    marks.x, marks.y = 2 * small.x, 2 * small.y
    large = torch.nn.functional.interpolate(torch.cat(way, 1), scale_factor=2.0)
    return marks, (large[:, :1], large[:, 1:])


def distance(marks: Tensor) -> Tensor:
    """Return how far each place is from the nearest of ``marks`` (n, 1, h, w), in pixels: by columns, then by rows."""
    h, w = marks.shape[2:]
    y, x = (torch.arange(count, device=marks.device, dtype=marks.dtype) for count in (h, w))
    far = torch.where(marks > 0.5, 0.0, 1e6)
    down = torch.stack([(far[:, 0] + ((y - at) ** 2)[:, None]).amin(1) for at in y], 1)
    return torch.stack([(down + (x - at) ** 2).amin(2) for at in x], 2).sqrt()[:, None]


def _stones(marks: brush.Marks, way: tuple[Tensor, Tensor], cover: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Give each place to the nearest mark, square to the field: an oriented Voronoi diagram (Hausner 2001).

    Return which (n, h, w), how far its joint is in pitches, and the place on its face, -1 to 1.
    """
    rows, columns = marks.x.shape[2:]
    seen = marks.seen(torch.cat([*way, cover], 1))
    length = seen[:, :2].norm(dim=1, keepdim=True)
    # Half way between two edges the field cancels out; there a stone lies level.
    level = torch.tensor([1.0, 0.0], device=cover.device)[:, None, None]
    along = torch.where(length > 0.1, seen[:, :2] / length.clamp(min=1e-3), level)
    number = torch.arange(rows * columns, device=cover.device, dtype=cover.dtype).view(1, 1, rows, columns)
    inside, here = (seen[:, 2:] > 0.5).float(), (cover > 0.5).float()
    best = torch.full_like(cover, 9.0)
    second, which, u, v = best, torch.zeros_like(best), torch.zeros_like(best), torch.zeros_like(best)
    for dx, dy, each in marks.around(torch.cat([along / marks.pitch, inside, number.expand_as(inside)], 1)):
        vx, vy, side, index = each[:, :, None].unbind(1)
        a, b = dx * vx + dy * vy, dy * vx - dx * vy
        # None reaches over a thing's edge.
        away = torch.maximum(a.abs(), b.abs()) + 0.15 * (a.abs() + b.abs()) + 3 * (side - here).abs()
        nearer = away < best
        second = torch.where(nearer, best, torch.minimum(second, away))
        which, u, v = torch.where(nearer, index, which), torch.where(nearer, a, u), torch.where(nearer, b, v)
        best = torch.where(nearer, away, best)
    return which[:, 0].long(), (second - best).clamp(0, 1), 2 * u, 2 * v


def cubist(drawing: Drawing, dice: Dice) -> Tensor:
    """Some thirty straight-edged facets, each moved a little and shaded across, in earthen versions of the hues."""
    unit, like = drawing.unit, drawing.alpha
    n = len(like)
    x, y = brush.places(like)
    rows = 6
    points = brush.jittered(dice, like, rows, 0.9)
    count = rows * rows
    skew = torch.stack([points[..., 0] + 0.35 * points[..., 1], points[..., 1]], 2)
    near = brush.cells(skew, torch.cat([x + 0.35 * y, y], 1).expand(n, -1, -1, -1))
    own = dice.uniform(count, 5)
    each, middle = gathered(own, near), gathered(points, near)
    dx, dy = x - middle[:, :1], y - middle[:, 1:]
    angle, grow = (each[:, 2:3] - 0.5) * 0.2, 0.95 + 0.1 * each[:, 3:4]
    seen_x = middle[:, :1] + (dx * torch.cos(angle) - dy * torch.sin(angle)) * grow + (each[:, :1] - 0.5) * 8 * unit
    seen_y = middle[:, 1:] + (dx * torch.sin(angle) + dy * torch.cos(angle)) * grow + (each[:, 1:2] - 0.5) * 8 * unit

    labels, palette = drawing.parted_motifs(8, 1.3)
    back, tones = drawing.parted_ground(5, 2.5)
    cover = body(like, unit)
    flat = over(_earthen(soft(labels, palette), 0.85), cover, _earthen(soft(back, tones), 0.78))
    lines = torch.maximum(drawing.lines, 0.7 * drawing.seams * (1 - cover))
    held = brush.sample(torch.cat([flat, cover, contour(lines, 1.3, 0.16, 0.34, unit)], 1), seen_x, seen_y)
    inside, drawn = held[:, 3:4], held[:, 4:]

    # Each facet is shaded from edge to edge, in the ground more than on the things.
    way = math.pi * (0.15 + 0.5 * each[:, 4:]) + math.pi * (each[:, :1] > 0.5)
    slope = ((dx * torch.cos(way) + dy * torch.sin(way)) / (24 * unit)).clamp(-1.2, 1.2)
    picture = colour.tuned(held[:, :3], lift=slope * (0.095 - 0.045 * inside))
    dark = solid("241c18", like)
    cuts = brush.line(brush.borders(near), 1.8 * unit)
    picture = over(dark, 0.55 * cuts * (1 - 0.5 * inside), picture)
    picture = over(dark, 0.9 * drawn, picture)
    brushed = brush.along(brush.cloud(dice, like, 3.2 * unit, 1), torch.cos(way), torch.sin(way), 16 * unit, 4)
    return picture * (1 + 0.06 * brushed) * brush.paper(dice, like, 0.015)


def _earthen(picture: Tensor, chroma: float) -> Tensor:
    """Mute colours and warm them a little towards ochre."""
    muted = colour.tuned(picture, chroma=chroma, lightness=0.9, lift=0.04)
    return over(muted * solid("f0d9ae", picture), torch.full_like(picture[:, :1], 0.3), muted)


def low_poly(drawing: Drawing, dice: Dice) -> Tensor:
    """A mesh of triangles whose corners lie on contours; each wholly thing or wholly ground, lit as if it leant."""
    unit, like = drawing.unit, drawing.alpha
    labels, palette = drawing.parted_motifs(7, 0.8)
    rows, coarse_rows = 19, 9
    fine = _mesh(brush.blur(drawing.lines, 1.0 * unit), drawing.rgb, dice, rows)
    coarse = _mesh(brush.blur(drawing.seams, 1.5 * unit), drawing.ground, dice, coarse_rows)
    count, coarse_count = 2 * (rows - 1) ** 2, 2 * (coarse_rows - 1) ** 2
    parts = torch.nn.functional.one_hot(labels, 7).permute(0, 3, 1, 2).float()
    shares = brush.means(torch.cat([like, parts * (like + 1e-3)], 1), fine, count)
    # A triangle is wholly thing or wholly ground, and of that colour of the thing that prevails in it.
    main = colour.look_up(palette, shares[..., 1:].argmax(2)[:, None])[:, :, 0].transpose(1, 2)
    tones = 0.7 * main + 0.3 * brush.means(drawing.rgb, fine, count, like + 1e-3)
    things = colour.look_up(_lit(tones, dice, 0.075), fine)
    ground = colour.look_up(_lit(brush.means(drawing.ground, coarse, coarse_count), dice, 0.085), coarse)
    cover = (gathered(shares[..., :1], fine) > 0.5).float()
    return brush.blur(over(things, cover, ground), 0.5 * unit)


def _mesh(contours: Tensor, picture: Tensor, dice: Dice, rows: int) -> Tensor:
    """Cover a picture with triangles whose corners lie on contours: labels (n, h, w)."""
    return facets.triangles(facets.corners_on(contours, dice, rows), contours, rows, picture)


def _lit(tones: Tensor, dice: Dice, spread: float) -> Tensor:
    """Make colours (n, k, 3) a little clearer, each lighter or darker as if it leant."""
    lean = dice.uniform(1, tones.shape[1], low=-spread, high=spread)
    return colour.tuned(tones.transpose(1, 2), chroma=1.12, lift=lean).transpose(1, 2)


def orphist(drawing: Drawing, dice: Dice) -> Tensor:
    """Discs within discs, parted in quarters of pure colour; what lies under them changes its hue from ring to ring."""
    unit, like = drawing.unit, drawing.alpha
    n, _, h, w = like.shape
    x, y = brush.places(like)
    always = fixed(like)
    at = torch.tensor([[0.28, 0.24], [0.82, 0.58], [0.16, 0.92]], device=like.device)
    cx, cy = at[:, 0].view(1, 3, 1, 1) * w, at[:, 1].view(1, 3, 1, 1) * h
    away = torch.hypot(x - cx, y - cy)
    near, home = away.min(1, keepdim=True)
    ring = torch.floor(near / (27 * unit)).long().clamp(max=9)
    dx, dy = x - cx.expand(1, 3, h, w).gather(1, home), y - cy.expand(1, 3, h, w).gather(1, home)
    quarter = torch.floor((torch.atan2(dy, dx) + math.pi + 0.5 * home) / (math.pi / 2)).long() % 4
    fields = ((home * 10 + ring) * 4 + quarter)[:, 0].expand(n, -1, -1)

    back, _ = drawing.parted_ground(3, 3)
    pieces = fields * 3 + back
    light, chroma, hue = colour.polar(brush.means(colour.lab(drawing.ground), pieces, 360).transpose(1, 2))
    own = always.uniform(120, 3).repeat_interleave(3, 1).transpose(1, 2).expand(n, -1, -1)
    # The hues swing to both sides of the ground's own, so that on the whole it keeps it.
    side = torch.where(own[:, :1] < 0.5, -1.0, 1.0)
    hue = hue + side * (0.15 + 0.55 * own[:, 1:2])
    chroma = (1.35 * chroma + 0.055).clamp(max=0.19)
    light = (0.08 + 0.9 * light + 0.20 * (own[:, 2:] - 0.5)).clamp(0.15, 0.95)
    ground = brush.blur(gathered(colour.colour(light, chroma, hue).transpose(1, 2), pieces), 0.6 * unit)

    labels, palette = drawing.parted_motifs(8, 1.3)
    swing = always.uniform(120, 2).expand(n, -1, -1)
    swing = brush.blur(gathered(swing, fields), 0.6 * unit) - 0.5
    things = colour.tuned(soft(labels, palette), chroma=1.3, turn=0.55 * swing[:, :1], lift=0.13 * swing[:, 1:])
    cover = body(like, unit)
    picture = over(things, cover, ground)
    inner = contour(drawing.lines, 1.0, 0.2, 0.45, unit) * cover
    picture = over(solid("1a2138", like), torch.maximum(0.85 * rim(like, 2.4, unit), 0.6 * inner), picture)
    length = near.clamp(min=1)
    grain = brush.cloud(dice, like, 3.4 * unit, 1)
    brushed = brush.along(grain, (-dy / length).expand_as(like), (dx / length).expand_as(like), 20 * unit, 4)
    return picture * (1 + 0.05 * brushed)
