"""Styles that divide the picture into pieces: stained glass, mosaic, cubist facets, low poly."""

from __future__ import annotations

import torch
from torch import Tensor

from studio.styles import brush, colour
from studio.styles.brush import over, step
from studio.styles.dice import HashRng
from studio.styles.drawing import Drawing, ground_hue, soft


def stained_glass(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render stained glass lit from behind: heavy lead along the contours, thin lead between the panes."""
    unit, like = drawing.unit, drawing.alpha
    n, _, h, w = like.shape
    labels, palette = drawing.regions(5, smooth=1.8)
    light, chroma, hue = colour.polar(colour.lab(palette.transpose(1, 2)))
    chroma = torch.where(chroma > 0.03, (chroma * 1.25 + 0.03).clamp(max=0.24), chroma + 0.015)
    panes = colour.colour((light * 0.95 + 0.06).clamp(0.2, 0.95), chroma, hue).transpose(1, 2)

    inside, x, y = (like > 0.5)[:, 0], *brush.places(like)
    points = brush.jittered(rng, like, 9)
    near = brush.cells(points, torch.cat([x, y], 1).expand(n, -1, -1, -1))
    turn = ground_hue(drawing, rng, 0.8)
    second = turn + rng.uniform(1, 1, 1, low=0.5, high=1.1)
    pick = rng.uniform(81)[..., None]
    hues = torch.where(pick < 0.6, turn[:, :, 0], second[:, :, 0])
    tones = rng.uniform(81)[..., None] * 0.2 + torch.where(drawing.mean[:, :1, 0] > 0.72, 0.42, 0.66)
    glass = colour.colour(
        tones.transpose(1, 2), torch.full_like(tones, 0.105).transpose(1, 2), hues.transpose(1, 2)
    ).transpose(1, 2)
    outer = colour.look_up(glass, near)
    varied = 0.87 + 0.26 * rng.uniform(81)
    own = varied.gather(1, near.flatten(1)).view(n, 1, h, w)
    inner = colour.look_up(panes, labels) * own

    body = step(brush.blur(like, 1.0 * unit), 0.35, 0.65)
    picture = over(inner, body, outer)
    streaks = 1 + 0.06 * brush.cloud(rng, like, 16 * unit, 3)
    cx, cy = rng.uniform(1, 1, 1, low=0.25, high=0.75) * w, rng.uniform(1, 1, 1, low=0.1, high=0.6) * h
    beam = 1.17 - 0.42 * ((x - cx) ** 2 + (y - cy) ** 2).sqrt() / h
    picture = (picture * streaks * beam).clamp(0, 1)

    joint = torch.where(inside, labels + 100, near)
    heavy = brush.line(brush.borders(torch.where(inside, labels + 100, torch.zeros_like(labels))), 3.6 * unit)
    thin = brush.line(brush.borders(near), 2.3 * unit) * (1 - 0.75 * body)
    lead = torch.maximum(heavy, thin)
    glow = brush.blur(picture, 5 * unit) * 0.25
    metal = 0.09 + 0.08 * brush.blur(lead, 1.2 * unit) * (1 + 0 * joint[:, None])
    return over(
        metal * torch.tensor([1.0, 0.97, 0.93], device=like.device)[:, None, None] + glow * 0.3,
        lead,
        picture + glow * 0.35,
    )


def mosaic(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render a mosaic: irregular stones in rows that follow the motif, with grout between and light on their faces."""
    unit, like = drawing.unit, drawing.alpha
    h, w = like.shape[2:]
    pitch = 7.6 * unit
    x, y = brush.places(like)
    bend_x, bend_y = (brush.cloud(rng, like, 90 * unit, 1) * 2.2 * unit for _ in range(2))
    labels, palette = drawing.regions(6, smooth=0.9)
    turn = ground_hue(drawing, rng)
    light = torch.where(drawing.mean[:, :1] > 0.7, 0.52, 0.84)
    cx, cy = rng.uniform(1, 1, 1, low=0.2, high=0.8) * w, rng.uniform(1, 1, 1, low=0.7, high=1.3) * h
    rings = torch.floor(torch.hypot(x - cx, y - cy) / (34 * unit) + rng.uniform(1, 1, 1)) % 2
    ground = over(
        colour.colour(light + 0 * turn, torch.full_like(turn, 0.075), turn),
        rings,
        colour.colour(light - 0.09, torch.full_like(turn, 0.085), turn + 0.35),
    )
    cover = step(brush.blur(like, 0.7), 0.35, 0.65)
    picture = over(soft(labels, palette), cover, ground)
    rim = step(brush.blur(like, 4 * unit), 0.04, 0.1) * (1 - cover)
    picture = over(colour.tuned(ground, lightness=0.55), rim, picture)

    column, row = torch.floor((x + bend_x) / pitch), torch.floor((y + bend_y) / pitch)
    odd = torch.remainder(row, 2) * 0.5
    column = torch.floor((x + bend_x) / pitch + odd)
    middle_x, middle_y = (column - odd + 0.5) * pitch - bend_x, (row + 0.5) * pitch - bend_y
    own = _own_numbers(rng, column.long(), row.long(), 72, 4)
    # A stone takes the colour that prevails at its place, not a mixture of two.
    offsets = ((-0.22, -0.22), (0.22, -0.22), (0, 0), (-0.22, 0.22), (0.22, 0.22))
    votes = torch.stack([brush.sample(picture, middle_x + a * pitch, middle_y + b * pitch) for a, b in offsets])
    stone = votes.median(0).values
    stone = stone * (0.84 + 0.32 * own[:, :1])
    u, v = (x - middle_x) / pitch + (own[:, 1:2] - 0.5) * 0.1, (y - middle_y) / pitch + (own[:, 2:3] - 0.5) * 0.1
    edge = 0.5 - torch.maximum(u.abs(), v.abs())
    face = step(edge, 0.035, 0.115)
    bevel = (step(-u - v, 0.2, 0.75) - step(u + v, 0.2, 0.75)) * 0.11 * step(edge, 0.24, 0.1)
    stone = stone + bevel + 0.02 * brush.grain(rng, like)
    grout = colour.colour(torch.full_like(turn, 0.44), torch.full_like(turn, 0.02), torch.full_like(turn, 1.1))
    return over(stone, face, grout * (0.92 + 0.08 * brush.grain(rng, like)))


def _own_numbers(rng: HashRng, column: Tensor, row: Tensor, size: int, count: int) -> Tensor:
    """Return ``count`` random numbers (n, count, h, w), 0…1, for the stone at each pixel, by its column and row.

    They come from a table that repeats only beyond the picture.
    """
    drawn = rng.uniform(count, size * size)
    at = ((row + 4) % size * size + (column + 4) % size).flatten(1)
    return drawn.gather(2, at[:, None].expand(-1, count, -1)).view(len(at), count, *column.shape[2:])


def cubist(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render about thirty-five facets, each slightly moved, rotated and shaded, with ochre among their colours."""
    unit, like = drawing.unit, drawing.alpha
    n, _, h, w = like.shape
    x, y = brush.places(like)
    points = brush.jittered(rng, like, 6, 1.0)
    stretched = torch.cat([x, y], 1).expand(n, -1, -1, -1)
    lean = rng.uniform(1, 1, 1, low=0.3, high=1.2)
    turn_points = torch.stack([points[..., 0] + 0.45 * lean[:, 0, 0] * points[..., 1], points[..., 1]], 2)
    near = brush.cells(turn_points, torch.cat([stretched[:, :1] + 0.45 * lean * stretched[:, 1:], stretched[:, 1:]], 1))
    own = rng.uniform(36, 6)
    each = own.gather(1, near.flatten(1)[..., None].expand(-1, -1, 6)).transpose(1, 2).reshape(n, 6, h, w)
    px = points.gather(1, near.flatten(1)[..., None].expand(-1, -1, 2)).transpose(1, 2).reshape(n, 2, h, w)
    dx, dy = x - px[:, :1], y - px[:, 1:]
    angle, grow = (each[:, 2:3] - 0.5) * 0.34, 0.92 + 0.17 * each[:, 3:4]
    seen_x = px[:, :1] + (dx * torch.cos(angle) - dy * torch.sin(angle)) * grow + (each[:, :1] - 0.5) * 17 * unit
    seen_y = px[:, 1:] + (dx * torch.sin(angle) + dy * torch.cos(angle)) * grow + (each[:, 1:2] - 0.5) * 17 * unit

    labels, palette = drawing.regions(5, smooth=1.4)
    flat = soft(labels, palette)
    muted = colour.tuned(flat, chroma=0.85)
    ochres = colour.table("c9a06a", "8d7a5f", "b9b2a0", "6c7a82", "d9c7a3", "7a5a3c", "93a0a0", "e3d8c0", like=like)
    tint = rng.choice(ochres, 36)
    facet = colour.look_up(tint, near)
    share = 0.08 + 0.25 * each[:, 4:5]
    subject = over(facet, share, brush.sample(muted, seen_x, seen_y))
    cover = step(brush.sample(brush.blur(like, 0.8), seen_x, seen_y), 0.35, 0.65)
    light = torch.where(drawing.mean[:, :1] > 0.68, 0.72, 1.04)
    ground = facet * light

    heading = each[:, 5:6] * colour.TURN
    slope = (dx * torch.cos(heading) + dy * torch.sin(heading)) / (36 * unit)
    shade = 1 + 0.2 * slope.clamp(-1.2, 1.2)
    picture = over(subject, cover, ground) * shade
    contour = brush.sample(step(brush.blur(drawing.edges, 1.1 * unit), 0.14, 0.42), seen_x, seen_y)
    still = step(brush.blur(drawing.outline, 1.0 * unit), 0.2, 0.5)
    dark = colour.table("2a211c", like=like)[0][:, None, None]
    picture = over(dark, (0.85 * contour).clamp(0, 1), picture)
    picture = over(dark, 0.32 * still, picture)
    cuts = brush.line(brush.borders(near), 1.6 * unit)
    picture = over(dark, 0.5 * cuts * (0.6 + 0.4 * brush.cloud(rng, like, 40 * unit, 1)).clamp(0, 1), picture)
    brushed = brush.along(brush.grain(rng, like), torch.cos(heading), torch.sin(heading), 14 * unit, 5)
    return picture * (1 + 0.13 * brushed) * brush.paper(rng, like, 0.02)


def low_poly(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render triangles with corners on the contours, each in its mean colour, lit from one side."""
    like = drawing.alpha
    h, w = like.shape[2:]
    turn = ground_hue(drawing, rng)
    x, y = brush.places(like)
    heading = rng.uniform(1, 1, 1, high=colour.TURN)
    slope = ((x / w - 0.5) * torch.cos(heading) + (y / h - 0.5) * torch.sin(heading)) + 0.5
    base = torch.where(drawing.mean[:, :1] > 0.72, 0.46, 0.72)
    ground = colour.colour(base + 0.2 * slope, 0.11 + 0 * slope + 0 * turn, turn + 1.1 * (slope - 0.5))
    picture = over(drawing.rgb, like, ground)

    rows = 17
    corners = corners_on(brush.blur(drawing.edges, 1.0 * drawing.unit), rng, rows)
    labels = triangles(corners, like, rows, picture)
    count = 2 * (rows - 1) ** 2
    tones = brush.means(picture, labels, count)
    light = rng.uniform(count, 1, low=-0.075, high=0.075)
    shares = brush.means(like, labels, count)
    tones = (tones * (1 + light * (1.5 - shares * 0.6))).clamp(0, 1)
    painted = colour.look_up(tones, labels)
    return brush.blur(painted, 0.55)


def corners_on(contours: Tensor, rng: HashRng, rows: int) -> Tensor:
    """Return rows × rows corners (n, rows, rows, 2) as x, y in pixels, each on a contour in its cell if there is one.

    Of sixteen random places in the cell, the one with the strongest contour is chosen.
    """
    n, _, h, _ = contours.shape
    pitch = h / (rows - 1)
    at = torch.arange(rows, device=contours.device) * pitch
    y, x = torch.meshgrid(at, at, indexing="ij")
    tries = rng.uniform(16, 2, rows, rows, low=-0.45, high=0.45) * pitch
    tx, ty = x + tries[:, :, 0], y + tries[:, :, 1]
    strength = brush.sample(
        contours,
        tx.reshape(n, 1, 16 * rows, rows),
        ty.reshape(n, 1, 16 * rows, rows),
    )
    best = strength.view(n, 16, rows, rows).argmax(1, keepdim=True)
    inner = ((torch.arange(rows, device=contours.device) % (rows - 1)) != 0).float()
    px = torch.where(inner[None, None, :] > 0, tx.gather(1, best)[:, 0], x)
    py = torch.where(inner[None, :, None] > 0, ty.gather(1, best)[:, 0], y)
    return torch.stack([px, py], 3)


def triangles(corners: Tensor, like: Tensor, rows: int, picture: Tensor) -> Tensor:
    """Return the number (n, h, w) of the triangle at each pixel; corners form quadrangles of two triangles each.

    A quadrangle is split between those opposite corners whose colours in ``picture`` are more alike.
    """
    n, _, h, w = like.shape
    pitch = h / (rows - 1)
    ends = brush.sample(picture, corners[..., 0][:, None], corners[..., 1][:, None])
    falling = (ends[:, :, :-1, :-1] - ends[:, :, 1:, 1:]).norm(dim=1)
    rising = (ends[:, :, :-1, 1:] - ends[:, :, 1:, :-1]).norm(dim=1)
    falls = falling <= rising
    x, y = brush.places(like)
    home_x, home_y = (x[0, 0, 0] / pitch).long(), (y[0, 0, :, 0] / pitch).long()
    labels = torch.zeros(n, h, w, dtype=torch.int64, device=like.device)
    best = torch.full((n, h, w), -1e9, device=like.device)
    px, py = x[:, 0], y[:, 0]
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            column, row = (home_x + across).clamp(0, rows - 2), (home_y + down).clamp(0, rows - 2)
            quad = [corners[:, row + b][:, :, column + a] for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))]
            cut = falls[:, row][:, :, column]
            for half in (0, 1):
                if half == 0:
                    one = [quad[0], quad[1], torch.where(cut[..., None], quad[2], quad[3])]
                else:
                    one = [torch.where(cut[..., None], quad[0], quad[1]), quad[2], quad[3]]
                depth = _depth(px, py, one)
                number = 2 * (row[:, None] * (rows - 1) + column[None, :]) + half
                better = depth > best
                best = torch.where(better, depth, best)
                labels = torch.where(better, number[None], labels)
    return labels


def _depth(x: Tensor, y: Tensor, corners: list[Tensor]) -> Tensor:
    """Return how many pixels each pixel lies inside a triangle (corners clockwise on the screen); negative outside."""
    sides = []
    for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
        ex, ey = b[..., 0] - a[..., 0], b[..., 1] - a[..., 1]
        sides.append((ex * (y - a[..., 1]) - ey * (x - a[..., 0])) / torch.hypot(ex, ey).clamp(min=1e-3))
    return torch.stack(sides).amin(0)
