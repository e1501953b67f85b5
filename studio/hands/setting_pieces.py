"""Pictures put together from pieces before a given ground: stained glass, mosaic, cubist, low poly, discs."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from studio.hands import brush, colour, facets
from studio.hands.brush import over, step
from studio.hands.dice import Dice
from studio.hands.drawing import Drawing, soft
from studio.hands.techniques import body, clusters, fixed, gathered, solid


def stained_glass(drawing: Drawing, dice: Dice) -> Tensor:
    """Glass lit from behind: large panes that follow the ground, heavy lead along the things' contours."""
    unit, like = drawing.unit, drawing.alpha
    labels, palette = drawing.parted_motifs(6, 1.5)
    points = brush.jittered(dice, like, 7, 0.6)
    lab = colour.lab(brush.blur(drawing.ground, 1.5 * unit))
    panes = clusters(torch.cat([lab * 260, 30 * like], 1), points, unit)
    own = dice.uniform(49, 2)
    ground = colour.rgb(brush.means(colour.lab(drawing.ground), panes, 49).transpose(1, 2)).transpose(1, 2)
    outer = gathered(_jewels(ground, own), panes)
    own_at = gathered(own, panes)
    inner = soft(labels, _jewels(palette, 0.5 + 0 * palette[..., :2]))
    inner = colour.tuned(inner, lightness=1 + 0.10 * (own_at[:, :1] - 0.5))

    cover = body(like, unit)
    picture = over(inner, cover, outer)
    streaks = 1 + 0.05 * brush.cloud(dice, like, 18 * unit, 2)
    picture = picture * streaks
    heavy = step(brush.blur(like, 2.6 * unit), 0.06, 0.14) * (1 - step(brush.blur(like, 1.4 * unit), 0.6, 0.8))
    real = step(brush.blur(drawing.lines * step(brush.blur(like, 2 * unit), 0.5, 0.9), 1.3 * unit), 0.14, 0.32)
    cuts = brush.line(brush.borders(panes), 2.8 * unit)
    thin = cuts * (1 - step(brush.blur(like, 1.4 * unit), 0.1, 0.6))
    thin = torch.maximum(thin, 0.45 * cuts * step(brush.blur(like, 9 * unit), 0.97, 1.0) * (1 - real))
    lead = torch.maximum(torch.maximum(heavy, 0.95 * real), thin)
    metal = solid("1c1a19", like) * (1 + 0.7 * brush.blur(lead, 1.4 * unit))
    glow = brush.blur(picture, 6 * unit)
    return over(metal + 0.05 * glow, lead, 0.86 * picture + 0.22 * glow)


def _jewels(tones: Tensor, own: Tensor) -> Tensor:
    """Turn colours (n, k, 3) into glass: strong, clear, each pane a little lighter or darker than its neighbours."""
    light, chroma, hue = colour.polar(colour.lab(tones.transpose(1, 2)))
    shake = own.transpose(1, 2) - 0.5
    light = (0.1 + 0.88 * light + 0.10 * shake[:, :1]).clamp(0.16, 0.96)
    chroma = torch.where(chroma > 0.012, (1.45 * chroma + 0.03).clamp(max=0.23), chroma)
    return colour.colour(light, chroma, hue + 0.25 * shake[:, 1:]).transpose(1, 2)


def mosaic(drawing: Drawing, dice: Dice) -> Tensor:
    """Square stones in courses that run along the things and around them, cut where one thing ends."""
    unit, like = drawing.unit, drawing.alpha
    pitch = 9.0 * unit
    labels, palette = drawing.parted_motifs(7, 0.9)
    flat = soft(labels, palette)
    cover = step(brush.blur(like, 0.7 * unit), 0.4, 0.6)
    # A stone takes what prevails where it lies: flat colours, not the mud of an edge.
    back = brush.blur(drawing.ground, 1.0 * unit)
    picture = over(flat, cover, back)
    form = torch.cat([colour.lab(brush.blur(drawing.whole, 1.6 * unit)), 2.5 * brush.blur(like, 14 * unit)], 1)
    x, _ = brush.places(like)
    fallback = 0.25 * torch.sin(x / (40 * unit)) + 0 * like
    vx, vy = brush.directions(form, 7 * unit, fallback)
    stones = _Stones(brush.Marks(dice, like, pitch, reach=1), (vx, vy), cover, pitch)
    stones.settle(2)
    which, gap, u, v = stones.laid()

    seen = brush.sample(torch.cat([picture, cover], 1), stones.x, stones.y)
    own = stones.own.flatten(2).transpose(1, 2)
    tones = seen[:, :3].flatten(2)
    shake = stones.own.flatten(2)
    tones = colour.tuned(tones, chroma=1.15, lift=0.13 * (shake[:, :1] - 0.5), turn=0.22 * (shake[:, 1:2] - 0.5))
    stone = gathered(tones.transpose(1, 2), which)
    lean = gathered(own, which)
    stone = stone * (1 + 0.10 * ((lean[:, 2:3] - 0.5) * u + (lean[:, 3:] - 0.5) * v))
    bevel = (step(-u - v, 0.5, 1.4) - step(u + v, 0.5, 1.4)) * 0.07
    joint = step(gap, 0.16, 0.30)
    contour = step(brush.blur(drawing.lines, 0.9 * unit), 0.3, 0.6)
    grout = over(solid("4a4640", like), contour, solid("7d766b", like)) * (1 + 0.05 * brush.grain(dice, like))
    return over(stone + bevel, joint, grout)


class _Stones:
    """Stones near their marks, square to a field: an oriented Voronoi diagram (Hausner 2001)."""

    def __init__(self, marks: brush.Marks, way: tuple[Tensor, Tensor], cover: Tensor, pitch: float) -> None:
        self.marks, self.way, self.cover, self.pitch = marks, torch.cat(way, 1), cover, pitch
        self.own = marks.own

    @property
    def x(self) -> Tensor:
        return self.marks.x

    @property
    def y(self) -> Tensor:
        return self.marks.y

    def settle(self, rounds: int) -> None:
        """Move each stone to the middle of its place, some times."""
        rows, columns = self.x.shape[2:]
        like = self.marks.like
        at = torch.cat(brush.places(like), 1).expand(len(like), -1, -1, -1)
        for _ in range(rounds):
            which = self.laid()[0]
            middle = brush.means(at, which, rows * columns).transpose(1, 2).view(-1, 2, rows, columns)
            there = middle.abs().sum(1, keepdim=True) > 0
            self.marks.x = torch.where(there, middle[:, :1], self.marks.x)
            self.marks.y = torch.where(there, middle[:, 1:], self.marks.y)

    def laid(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return which stone lies where (n, h, w), how far its joint is in pitches, and the place on its face."""
        rows, columns = self.x.shape[2:]
        seen = self.marks.seen(torch.cat([self.way, self.cover], 1))
        way = seen[:, :2] / seen[:, :2].norm(dim=1, keepdim=True).clamp(min=1e-3)
        number = torch.arange(rows * columns, device=way.device, dtype=way.dtype).view(1, 1, rows, columns)
        inside = (seen[:, 2:] > 0.5).float()
        here = (self.cover > 0.5).float()
        best = torch.full_like(self.cover, 9.0)
        second, which, u, v = best.clone(), torch.zeros_like(best), torch.zeros_like(best), torch.zeros_like(best)
        for dx, dy, each in self.marks.around(torch.cat([way, inside, number.expand_as(inside)], 1)):
            vx, vy, side, index = each[:, :, None].unbind(1)
            a, b = (dx * vx + dy * vy) / self.pitch, (dy * vx - dx * vy) / self.pitch
            # Square stones, a little rounded; none reaches over a thing's edge.
            away = 0.8 * torch.maximum(a.abs(), b.abs()) + 0.2 * torch.hypot(a, b) + 3 * (side - here).abs()
            nearer = away < best
            second = torch.where(nearer, best, torch.minimum(second, away))
            which, u, v = torch.where(nearer, index, which), torch.where(nearer, a, u), torch.where(nearer, b, v)
            best = torch.where(nearer, away, best)
        return which[:, 0].long(), (second - best).clamp(0, 1), u * 2, v * 2


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
    seen_x = middle[:, :1] + (dx * torch.cos(angle) - dy * torch.sin(angle)) * grow + (each[:, :1] - 0.5) * 11 * unit
    seen_y = middle[:, 1:] + (dx * torch.sin(angle) + dy * torch.cos(angle)) * grow + (each[:, 1:2] - 0.5) * 11 * unit

    labels, palette = drawing.parted_motifs(6, 1.3)
    back, tones = drawing.parted_ground(5, 2.5)
    cover = body(like, unit)
    flat = over(_earthen(soft(labels, palette), 0.85), cover, _earthen(soft(back, tones), 0.62))
    lines = torch.maximum(drawing.lines, 0.7 * drawing.seams * (1 - cover))
    held = brush.sample(torch.cat([flat, cover, brush.blur(lines, 1.2 * unit)], 1), seen_x, seen_y)
    inside, contour = held[:, 3:4], step(held[:, 4:], 0.14, 0.34)

    # Each facet is shaded from edge to edge, in the ground more than on the things.
    way = math.pi * (0.15 + 0.5 * each[:, 4:]) + math.pi * (each[:, :1] > 0.5)
    slope = ((dx * torch.cos(way) + dy * torch.sin(way)) / (24 * unit)).clamp(-1.2, 1.2)
    picture = colour.tuned(held[:, :3], lift=slope * (0.095 - 0.045 * inside))
    dark = solid("241c18", like)
    cuts = brush.line(brush.borders(near), 1.8 * unit)
    picture = over(dark, 0.55 * cuts * (1 - 0.5 * inside), picture)
    picture = over(dark, 0.9 * contour, picture)
    brushed = brush.along(brush.cloud(dice, like, 3.2 * unit, 1), torch.cos(way), torch.sin(way), 16 * unit, 4)
    return picture * (1 + 0.06 * brushed) * brush.paper(dice, like, 0.015)


def _earthen(picture: Tensor, chroma: float) -> Tensor:
    """Mute colours and warm them a little towards ochre."""
    muted = colour.tuned(picture, chroma=chroma, lightness=0.9, lift=0.04)
    return over(muted * solid("f0d9ae", picture), torch.full_like(picture[:, :1], 0.3), muted)


def low_poly(drawing: Drawing, dice: Dice) -> Tensor:
    """A mesh of triangles whose corners lie on contours; each wholly thing or wholly ground, lit as if it leant."""
    unit, like = drawing.unit, drawing.alpha
    rows = 20
    strength = brush.blur(torch.maximum(drawing.lines, 0.6 * drawing.seams), 1.0 * unit)
    corners = facets.corners_on(strength, dice, rows)
    labels = facets.triangles(corners, like, rows, drawing.whole)
    count = 2 * (rows - 1) ** 2
    shares = brush.means(like, labels, count)
    things, ground = brush.means(drawing.rgb, labels, count, like), brush.means(drawing.ground, labels, count, 1 - like)
    tones = torch.where(shares > 0.5, things, ground)
    lean = dice.uniform(count, 1, low=-0.5, high=0.5)
    tones = colour.tuned(tones.transpose(1, 2), chroma=1.12, lift=(0.11 * lean).transpose(1, 2)).transpose(1, 2)
    return brush.blur(colour.look_up(tones, labels), 0.5 * unit)


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

    labels, palette = drawing.parted_motifs(6, 1.3)
    swing = always.uniform(120, 2).expand(n, -1, -1)
    swing = brush.blur(gathered(swing, fields), 0.6 * unit) - 0.5
    things = colour.tuned(soft(labels, palette), chroma=1.3, turn=0.55 * swing[:, :1], lift=0.13 * swing[:, 1:])
    cover = body(like, unit)
    picture = over(things, cover, ground)
    rim = step(brush.blur(like, 2.4 * unit), 0.06, 0.16) * (1 - cover)
    inner = step(brush.blur(drawing.lines, 1.0 * unit), 0.2, 0.45) * cover
    picture = over(solid("1a2138", like), torch.maximum(0.85 * rim, 0.6 * inner), picture)
    length = near.clamp(min=1)
    grain = brush.cloud(dice, like, 3.4 * unit, 1)
    brushed = brush.along(grain, (-dy / length).expand_as(like), (dx / length).expand_as(like), 20 * unit, 4)
    return picture * (1 + 0.05 * brushed)
