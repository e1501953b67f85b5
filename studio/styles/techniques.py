"""Techniques that several styles share for given backgrounds: strokes by rule or along the form, detail, relief.

A ``unit`` is 1/256 of the picture's height in pixels. A field is a pair (n, 1, h, w) of x and y of unit vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from studio.styles import brush, colour
from studio.styles.brush import over, step
from studio.styles.dice import HashRng
from studio.styles.drawing import Drawing, soft


def solid(hexed: str, like: Tensor) -> Tensor:
    """Return one colour, such as ``e4002b``, as sRGB (3, 1, 1), 0…1."""
    return colour.table(hexed, like=like)[0][:, None, None]


def fixed(like: Tensor) -> HashRng:
    """Return a random generator with the same seed for every picture, for parts that must not vary."""
    return HashRng(torch.zeros(1, dtype=torch.int64, device=like.device))


def inset(like: Tensor) -> Tensor:
    """Return each pixel's distance to the nearest side of the picture (1, 1, h, w), in units."""
    h, w = like.shape[2:]
    x, y = brush.places(like)
    return torch.minimum(torch.minimum(x, w - x), torch.minimum(y, h - y)) * (256 / h)


def contrasted(light: Tensor) -> Tensor:
    """Return lightness (n, 1, h, w), 0…1, with its range stretched half-way to 0.8, but less if it is below 0.3."""
    low, high = light.amin((2, 3), keepdim=True), light.amax((2, 3), keepdim=True)
    gain = (0.8 / (high - low).clamp(min=0.3)).clamp(min=1)
    middle = (low + high) / 2
    return (middle + (light - middle) * (1 + gain) / 2).clamp(0, 1)


def body(like: Tensor, unit: float) -> Tensor:
    """Return the motifs' coverage (n, 1, h, w), 0…1, with an edge that is antialiased at any size of the picture."""
    return step(brush.blur(like, 0.8 * unit), 0.3, 0.7)


def contour(marks: Tensor, width: float, low: float | Tensor, high: float | Tensor, unit: float) -> Tensor:
    """Return contours (n, 1, h, w), 0…1, thickened to antialiased lines; thinner ones where many are close together.

    ``width`` is the blur in units, ``low`` and ``high`` the thresholds of the blurred ``marks``.
    """
    crowd = 2.0 * (brush.blur(marks, 5 * unit) - 0.36).clamp(min=0)
    return step(brush.blur(marks, width * unit), low + crowd, high + crowd)


def rim(like: Tensor, width: float, unit: float) -> Tensor:
    """Return a band just outside the motifs (n, 1, h, w), 0…1, except in narrow gaps such as between spokes."""
    gaps = step(brush.blur(like, 7 * unit), 0.47, 0.6)
    return step(brush.blur(like, width * unit), 0.05, 0.12) * (1 - body(like, unit)) * (1 - gaps)


def gathered(values: Tensor, labels: Tensor) -> Tensor:
    """Return for each pixel the value of its label: values (n, k, c) at labels (n, h, w) give (n, c, h, w)."""
    c = values.shape[2]
    flat = labels.flatten(1)[..., None].expand(-1, -1, c)
    return values.gather(1, flat).transpose(1, 2).reshape(len(labels), c, *labels.shape[1:])


@dataclass(frozen=True, slots=True)
class Strokes:
    """A coat of strokes: which one is visible at each pixel (n, h, w), the place on it, and whether there is one.

    ``along`` and ``across`` (n, 1, h, w) run from −1 to 1 over a stroke's length and width; ``cover`` is 1 or 0.
    """

    which: Tensor
    along: Tensor
    across: Tensor
    cover: Tensor

    def coloured(self, tones: Tensor) -> Tensor:
        """Return the picture (n, c, h, w) with each stroke in its tone (n, c, rows, columns)."""
        return gathered(tones.flatten(2).transpose(1, 2), self.which)


def stroked(
    marks: brush.Marks, course: tuple[Tensor, Tensor], length: float, width: float, density: Tensor | None = None
) -> Strokes:
    """Return a coat with a stroke on each mark along the field ``course``, bent as the field bends.

    Strokes reach about ``length`` and ``width`` pixels to either side, which should not exceed the marks' reach.
    ``density`` (n, 1, h, w), 0…1, is the probability of a stroke.
    """
    own = marks.own
    rows, columns = own.shape[2:]
    field = marks.seen(torch.cat(course, 1))
    field = field / field.norm(dim=1, keepdim=True).clamp(min=1e-3)
    ends = [_ahead(course, marks, field, reach) for reach in (-0.7 * length, 0.7 * length)]
    turning = ends[0][:, :1] * ends[1][:, 1:] - ends[0][:, 1:] * ends[1][:, :1]
    bend = (turning / (1.4 * length)).clamp(-0.7 / length, 0.7 / length) / 2
    number = torch.arange(rows * columns, device=own.device, dtype=own.dtype).view(1, 1, rows, columns)
    level = own[:, :1]
    if density is not None:
        level = torch.where(marks.seen(density) > own[:, 3:], level, -9.0)
    size = 0.85 + 0.3 * own[:, 2:3]
    values = torch.cat([field, bend, level.expand_as(bend), size, number.expand_as(bend)], 1)
    best = torch.full_like(marks.like, -1.0).expand(len(own), -1, -1, -1)
    top = [torch.zeros_like(best) for _ in range(3)]
    for dx, dy, each in marks.around(values):
        vx, vy, curve, raised, large, index = each[:, :, None].unbind(1)
        u = dx * vx + dy * vy
        v = (dy * vx - dx * vy - curve * u * u) / (width * large)
        u = u / (length * large)
        inside = 1 - u.abs() ** 3 - v * v
        height = raised + 0.12 * inside
        seen = (inside > 0) & (height > best)
        best = torch.where(seen, height, best)
        top = [torch.where(seen, new, old) for new, old in zip((index, u, v), top, strict=True)]
    index, u, v = top
    return Strokes(index[:, 0].long(), u, v, (best >= 0).float())


def _ahead(course: tuple[Tensor, Tensor], marks: brush.Marks, field: Tensor, reach: float) -> Tensor:
    """Return the field ``reach`` pixels ahead of each mark (n, 2, rows, columns), with its sign at the mark."""
    ahead = brush.sample(torch.cat(course, 1), marks.x + reach * field[:, :1], marks.y + reach * field[:, 1:])
    return ahead * torch.where((ahead * field).sum(1, keepdim=True) < 0, -1.0, 1.0)


def varied(tones: Tensor, own: Tensor, light: float, turn: float) -> Tensor:
    """Return tones (n, 3, …) with lightness and hue varied by up to half of ``light`` and ``turn`` (radians) each way.

    ``own`` (n, 2, …) are two uniform random numbers, 0…1, for each tone.
    """
    return colour.tuned(tones, lift=light * (own[:, :1] - 0.5), turn=turn * (own[:, 1:2] - 0.5))


def sweeps(rng: HashRng, like: Tensor, unit: float, lean: tuple[float, float] = (-1.1, 0.5)) -> Tensor:
    """Return angles in radians (n, 1, h, w) for strokes without a form to follow; they change slowly in space."""
    own = rng.uniform(1, 1, 1, low=lean[0], high=lean[1])
    return own + 0.45 * brush.cloud(rng, like, 90 * unit, 1)


def courses(picture: Tensor, unit: float, reach: float, fallback: Tensor) -> tuple[Tensor, Tensor]:
    """Return the field along the forms of a picture, by light and shade at a scale of ``reach`` units.

    Where there are none, it follows the angle ``fallback`` (n, 1, h, w).
    """
    smooth = brush.blur(picture, 0.35 * reach * unit)
    weight = torch.tensor([1.0, 0.8, 0.8], device=picture.device)[:, None, None]
    # Slopes per unit do not depend on the picture's size.
    return brush.directions(colour.lab(smooth) * weight * unit, reach * unit, fallback)


def planes(drawing: Drawing, things: int, ground: int) -> Tensor:
    """Return the picture (n, 3, h, w) with its things in ``things`` and its background in ``ground`` flat colours."""
    motifs, behind = drawing.parted_motifs(things, 1.6, 1.0), drawing.parted_ground(ground, 4.0)
    return over(soft(*motifs), drawing.alpha, soft(*behind))


def detail(drawing: Drawing) -> Tensor:
    """Return where details matter (n, 1, h, w), 0…1: eyes, small parts, hard edges."""
    unit = drawing.unit
    seen = colour.lab(drawing.whole)
    fine = (brush.blur(seen, 0.8 * unit) - brush.blur(seen, 4 * unit)).square().sum(1, keepdim=True).sqrt()
    near = step(brush.blur(drawing.alpha, 2.5 * unit), 0.03, 0.4)
    return step(brush.blur(fine, 1.6 * unit), 0.022, 0.075) * near


def changes(drawing: Drawing) -> Tensor:
    """Return where the picture changes (n, 1, h, w), 0…1: outlines, folds, a horizon, the edge of a shadow."""
    unit = drawing.unit
    seen = colour.lab(drawing.whole)
    turn = (brush.blur(seen, 2 * unit) - brush.blur(seen, 7 * unit)).square().sum(1, keepdim=True).sqrt()
    return step(brush.blur(turn, 2 * unit), 0.008, 0.035)


def minute(drawing: Drawing) -> Tensor:
    """Return where details are too small for a stroke (n, 1, h, w), 0…1: eyes, spokes, lettering."""
    unit = drawing.unit
    seen = colour.lab(drawing.whole)
    fine = (seen - brush.blur(seen, 2.2 * unit)).square().sum(1, keepdim=True).sqrt()
    inside = step(brush.blur(drawing.alpha, 3 * unit), 0.45, 0.9)
    crowd = step(brush.blur(fine, 5 * unit), 0.012, 0.04) * step(brush.blur(drawing.alpha, 3 * unit), 0.12, 0.4)
    return step(brush.blur(fine, 1.2 * unit), 0.018, 0.055) * torch.maximum(inside, crowd)


def broken(
    marks: brush.Marks, picture: Tensor, *, light: float, turn: float, reach: float, astray: float = 0.35
) -> Tensor:
    """Return a tone for each mark (n, 3, rows, columns): the picture's colour there, mixed with a near one and varied.

    The near one is up to ``reach`` pixels away and has a share of at most ``astray``; ``light`` and ``turn`` are the
    variation of :func:`varied`.
    """
    own = marks.own
    away_x, away_y = reach * (own[:, 1:2] - 0.5) * 2, reach * (own[:, 2:3] - 0.5) * 2
    beside = brush.sample(picture, marks.x + away_x, marks.y + away_y)
    tones = over(beside, astray * own[:, 3:], marks.seen(picture))
    return varied(tones, own[:, [0, 2]], light, turn)


def brushed(
    wall: Tensor,
    course: tuple[Tensor, Tensor],
    streaks: Tensor,
    rng: HashRng,
    coats: tuple[tuple[float, ...], ...],
    *,
    turn: float,
    reach: float,
    astray: float,
) -> Tensor:
    """Return a background in flat strokes of a broad brush, coat over coat, each running dry at its ends.

    ``coats`` are each the distance of the strokes, their length and width in units, their density 0…1, and the
    variation of lightness. ``wall`` is the picture they show, ``course`` their field, ``streaks`` noise (n, 1, h, w)
    that frays them. ``turn``, ``reach`` in units, and ``astray`` are those of :func:`broken`.
    """
    unit = wall.shape[2] / 256
    picture = brush.blur(wall, 2 * unit)
    for pitch, length, width, density, shake in coats:
        marks = brush.Marks(rng, streaks, pitch * unit)
        coat = stroked(marks, course, length * unit, width * unit, torch.full_like(streaks, density))
        tones = broken(marks, wall, light=shake, turn=turn, reach=reach * unit, astray=astray)
        ends = step(1.0 - coat.along.abs() + 0.22 * streaks, 0.0, 0.14)
        sides = step(1.0 - coat.across.abs() + 0.06 * streaks, 0.0, 0.12)
        picture = over(coat.coloured(tones), 0.94 * coat.cover * ends * sides, picture)
    return picture


def worn(things: Tensor, streaks: Tensor, patch: Tensor, unit: float) -> Tensor:
    """Return where a dry brush leaves the coat below visible (n, 1, h, w), 0…1: mostly along seams of things."""
    seam = brush.steepness(brush.blur(colour.lab(things)[:, :1], 1.2 * unit)) * unit
    return step(streaks + 0.5 * patch, 0.85, 1.2) * (0.45 + 0.55 * step(brush.blur(seam, 3 * unit), 0.006, 0.02))


def painted(
    coat: Strokes,
    marks: brush.Marks,
    tones: Tensor,
    under: tuple[Tensor, Tensor],
    *,
    thick: float = 1.0,
    dry: float = 0.2,
    wet: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return (colours, relief) with a coat on them: thicker at the sides of strokes, in bristles at their ends.

    ``tones`` are those of the strokes, ``under`` is (colours, relief) below. ``thick`` is the height of the paint;
    ``dry`` varies the reach of the bristles; a ``wet`` picture (n, 3, h, w) mixes into the coat.
    """
    phase = coat.coloured(marks.own[:, 3:].expand(len(tones), -1, -1, -1))
    streak = torch.sin(6.5 * coat.across + 21 * phase) + 0.5 * torch.sin(13 * coat.across + 47 * phase)
    furrow = torch.sin(4.2 * coat.across + 9 * phase) * (1 - coat.across.abs())
    ridge = (1 - coat.across**4).clamp(0, 1) * (0.75 + 0.25 * coat.along)
    ends = step(1.02 - coat.along.abs() + dry * streak, 0.0, 0.3)
    cover = coat.cover * ends * step(1.04 - coat.across.abs() + 0.3 * dry * streak, 0.0, 0.22)
    laid = coat.coloured(tones) if wet is None else 0.6 * coat.coloured(tones) + 0.4 * wet
    colours = over(laid + 0.016 * furrow, cover, under[0])
    return colours, over(under[1] * 0.35 + thick * (0.6 * ridge + 0.13 * furrow), cover, under[1])


def relit(colours: Tensor, relief: Tensor, strength: float, side: Tensor, unit: float) -> Tensor:
    """Return the colours of thick paint lit from above and from ``side`` (n, 1, 1, 1), −1 (left)…1 (right)."""
    dx, dy = brush.slopes(brush.blur(relief, 0.9 * unit))
    slope = ((side.neg() * dx + dy) * unit).clamp(-0.35, 0.35)
    gloss = slope.clamp(min=0) ** 2 * 1.2
    return colours * (1 + 1.5 * strength * slope) + strength * (0.55 * slope + gloss)
