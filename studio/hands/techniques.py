"""What several hands do with a given ground: strokes laid by a rule or along the form, detail, relief."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from studio.hands import brush, colour
from studio.hands.brush import over, step
from studio.hands.dice import HashRng
from studio.hands.drawing import Drawing, soft


def solid(hexed: str, like: Tensor) -> Tensor:
    """Write one colour, such as ``e4002b``, as sRGB (3, 1, 1)."""
    return colour.table(hexed, like=like)[0][:, None, None]


def fixed(like: Tensor) -> HashRng:
    """Return dice that fall alike for every picture: for what shall always be the same."""
    return HashRng(torch.zeros(1, dtype=torch.int64, device=like.device))


def inset(like: Tensor) -> Tensor:
    """Return how far each place lies from the picture's nearest side (1, 1, h, w), in pixels of 256."""
    h, w = like.shape[2:]
    x, y = brush.places(like)
    return torch.minimum(torch.minimum(x, w - x), torch.minimum(y, h - y)) * (256 / h)


def contrasted(light: Tensor) -> Tensor:
    """Widen the range of a lightness (n, 1, h, w) that keeps to a part of 0…1, half way to the whole."""
    low, high = light.amin((2, 3), keepdim=True), light.amax((2, 3), keepdim=True)
    gain = (0.8 / (high - low).clamp(min=0.3)).clamp(min=1)
    middle = (low + high) / 2
    return (middle + (light - middle) * (1 + gain) / 2).clamp(0, 1)


def body(like: Tensor, unit: float) -> Tensor:
    """Return the motifs' cover with an edge that is smooth at any size."""
    return step(brush.blur(like, 0.8 * unit), 0.3, 0.7)


def contour(marks: Tensor, width: float, low: float | Tensor, high: float | Tensor, unit: float) -> Tensor:
    """Thicken contours to lines with smooth edges; thinner where many run close together, so that none runs full."""
    crowd = 2.0 * (brush.blur(marks, 5 * unit) - 0.36).clamp(min=0)
    return step(brush.blur(marks, width * unit), low + crowd, high + crowd)


def rim(like: Tensor, width: float, unit: float) -> Tensor:
    """Return a band just outside the motifs, but not in their narrow gaps, such as between spokes."""
    gaps = step(brush.blur(like, 7 * unit), 0.47, 0.6)
    return step(brush.blur(like, width * unit), 0.05, 0.12) * (1 - body(like, unit)) * (1 - gaps)


def gathered(values: Tensor, labels: Tensor) -> Tensor:
    """Bring what belongs to labels (n, k, c) to their places (n, h, w): (n, c, h, w)."""
    c = values.shape[2]
    flat = labels.flatten(1)[..., None].expand(-1, -1, c)
    return values.gather(1, flat).transpose(1, 2).reshape(len(labels), c, *labels.shape[1:])


@dataclass(frozen=True, slots=True)
class Strokes:
    """A coat of strokes: which is seen at each place (n, h, w), where on it, and whether there is one at all.

    ``along`` and ``across`` run from -1 to 1 over a stroke's length and width.
    """

    which: Tensor
    along: Tensor
    across: Tensor
    cover: Tensor

    def coloured(self, tones: Tensor) -> Tensor:
        """Give each stroke its tone (n, c, rows, columns)."""
        return gathered(tones.flatten(2).transpose(1, 2), self.which)


def stroked(
    marks: brush.Marks, way: tuple[Tensor, Tensor], length: float, width: float, wanted: Tensor | None = None
) -> Strokes:
    """Lay a stroke on each mark along the field ``way``, bent as the field bends.

    It reaches about ``length`` and ``width`` pixels to either side, which should be no further than the marks reach.
    ``wanted`` (n, 1, h, w), 0…1, says how likely one is laid.
    """
    own = marks.own
    rows, columns = own.shape[2:]
    field = marks.seen(torch.cat(way, 1))
    field = field / field.norm(dim=1, keepdim=True).clamp(min=1e-3)
    ends = [_ahead(way, marks, field, reach) for reach in (-0.7 * length, 0.7 * length)]
    turning = ends[0][:, :1] * ends[1][:, 1:] - ends[0][:, 1:] * ends[1][:, :1]
    bend = (turning / (1.4 * length)).clamp(-0.7 / length, 0.7 / length) / 2
    number = torch.arange(rows * columns, device=own.device, dtype=own.dtype).view(1, 1, rows, columns)
    level = own[:, :1]
    if wanted is not None:
        level = torch.where(marks.seen(wanted) > own[:, 3:], level, -9.0)
    size = 0.85 + 0.3 * own[:, 2:3]
    held = torch.cat([field, bend, level.expand_as(bend), size, number.expand_as(bend)], 1)
    best = torch.full_like(marks.like, -1.0).expand(len(own), -1, -1, -1)
    top = [torch.zeros_like(best) for _ in range(3)]
    for dx, dy, each in marks.around(held):
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


def _ahead(way: tuple[Tensor, Tensor], marks: brush.Marks, field: Tensor, reach: float) -> Tensor:
    """Look up the field some way ahead of each mark, turned to the same side as where the mark lies."""
    there = brush.sample(torch.cat(way, 1), marks.x + reach * field[:, :1], marks.y + reach * field[:, 1:])
    return there * torch.where((there * field).sum(1, keepdim=True) < 0, -1.0, 1.0)


def varied(tones: Tensor, own: Tensor, light: float, turn: float) -> Tensor:
    """Shake tones (n, 3, …) a little in lightness and hue by two even numbers of their own (n, 2, …)."""
    return colour.tuned(tones, lift=light * (own[:, :1] - 0.5), turn=turn * (own[:, 1:2] - 0.5))


def sweeps(rng: HashRng, like: Tensor, unit: float, lean: tuple[float, float] = (-1.1, 0.5)) -> Tensor:
    """Return an angle (n, 1, h, w) for where nothing leads the brush: the arm's own, which turns slowly."""
    own = rng.uniform(1, 1, 1, low=lean[0], high=lean[1])
    return own + 0.45 * brush.cloud(rng, like, 90 * unit, 1)


def ways(picture: Tensor, unit: float, reach: float, fallback: Tensor) -> tuple[Tensor, Tensor]:
    """Return the unit field along the forms of a picture: along its lights and shades, seen at ``reach`` pixels."""
    smooth = brush.blur(picture, 0.35 * reach * unit)
    weight = torch.tensor([1.0, 0.8, 0.8], device=picture.device)[:, None, None]
    # A slope is as steep at any size of the picture when it is counted per unit.
    return brush.directions(colour.lab(smooth) * weight * unit, reach * unit, fallback)


def planes(drawing: Drawing, things: int, ground: int) -> Tensor:
    """Return the picture in so many flat colours each (n, 3, h, w): planes with hard edges, as a brush decides them."""
    motifs, behind = drawing.parted_motifs(things, 1.6, 1.0), drawing.parted_ground(ground, 4.0)
    return over(soft(*motifs), drawing.alpha, soft(*behind))


def detail(drawing: Drawing) -> Tensor:
    """Return where small things carry the meaning (n, 1, h, w), 0…1: eyes, small parts, edges that are found."""
    unit = drawing.unit
    seen = colour.lab(drawing.whole)
    fine = (brush.blur(seen, 0.8 * unit) - brush.blur(seen, 4 * unit)).square().sum(1, keepdim=True).sqrt()
    near = step(brush.blur(drawing.alpha, 2.5 * unit), 0.03, 0.4)
    return step(brush.blur(fine, 1.6 * unit), 0.022, 0.075) * near


def changes(drawing: Drawing) -> Tensor:
    """Return where the picture changes at all (n, 1, h, w), 0…1: outlines, folds, a horizon, the edge of a shadow."""
    unit = drawing.unit
    seen = colour.lab(drawing.whole)
    turn = (brush.blur(seen, 2 * unit) - brush.blur(seen, 7 * unit)).square().sum(1, keepdim=True).sqrt()
    return step(brush.blur(turn, 2 * unit), 0.008, 0.035)


def minute(drawing: Drawing) -> Tensor:
    """Return where something is so small (n, 1, h, w), 0…1, that no stroke holds it: eyes, spokes, lettering."""
    unit = drawing.unit
    seen = colour.lab(drawing.whole)
    fine = (seen - brush.blur(seen, 2.2 * unit)).square().sum(1, keepdim=True).sqrt()
    inside = step(brush.blur(drawing.alpha, 3 * unit), 0.45, 0.9)
    crowd = step(brush.blur(fine, 5 * unit), 0.012, 0.04) * step(brush.blur(drawing.alpha, 3 * unit), 0.12, 0.4)
    return step(brush.blur(fine, 1.2 * unit), 0.018, 0.055) * torch.maximum(inside, crowd)


def broken(
    marks: brush.Marks, picture: Tensor, *, light: float, turn: float, reach: float, astray: float = 0.35
) -> Tensor:
    """Return the tone of each mark (n, 3, rows, columns): what is there, shaken, and partly what is ``reach`` away."""
    own = marks.own
    away_x, away_y = reach * (own[:, 1:2] - 0.5) * 2, reach * (own[:, 2:3] - 0.5) * 2
    beside = brush.sample(picture, marks.x + away_x, marks.y + away_y)
    tones = over(beside, astray * own[:, 3:], marks.seen(picture))
    return varied(tones, own[:, [0, 2]], light, turn)


def brushed(
    wall: Tensor, way: tuple[Tensor, Tensor], streaks: Tensor, rng: HashRng, coats: tuple[tuple[float, ...], ...], *,
    turn: float, reach: float, astray: float,
) -> Tensor:  # fmt: skip
    """Lay a ground in flat strokes of a broad brush, coat over coat, each running dry at the ends of its strokes.

    A coat is how far apart its strokes are, how long and how wide, in units, how many are wanted, 0…1, and how far
    their light is shaken; ``turn``, ``reach``, in units, and ``astray`` are those of :func:`broken`.
    """
    unit = wall.shape[2] / 256
    picture = brush.blur(wall, 2 * unit)
    for pitch, length, width, wanted, shake in coats:
        marks = brush.Marks(rng, streaks, pitch * unit)
        coat = stroked(marks, way, length * unit, width * unit, torch.full_like(streaks, wanted))
        tones = broken(marks, wall, light=shake, turn=turn, reach=reach * unit, astray=astray)
        ends = step(1.0 - coat.along.abs() + 0.22 * streaks, 0.0, 0.14)
        sides = step(1.0 - coat.across.abs() + 0.06 * streaks, 0.0, 0.12)
        picture = over(coat.coloured(tones), 0.94 * coat.cover * ends * sides, picture)
    return picture


def worn(things: Tensor, streaks: Tensor, patch: Tensor, unit: float) -> Tensor:
    """Return where a brush that runs dry leaves the coat below open (n, 1, h, w), 0…1: most along seams of things."""
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
    """Lay a coat in its tones over (colours, relief): paint gathers at a stroke's sides, bristles part where it ends.

    The ``dry``er the brush, the further some bristles reach than others; a ``wet`` picture (n, 3, h, w) runs into it.
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
    """Light thick paint from ``side`` (n, 1, 1, 1), −1…1, and from above."""
    dx, dy = brush.slopes(brush.blur(relief, 0.9 * unit))
    slope = ((side.neg() * dx + dy) * unit).clamp(-0.35, 0.35)
    gloss = slope.clamp(min=0) ** 2 * 1.2
    return colours * (1 + 1.5 * strength * slope) + strength * (0.55 * slope + gloss)
