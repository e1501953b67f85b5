"""Gouache for a thing without a setting, in front of a wall and a table that the style adds.

Scenes are rendered by :mod:`.painted_washes`; this program is kept unchanged for single motifs.
"""

from __future__ import annotations

import torch
from torch import Tensor

from studio.styles import brush, colour
from studio.styles import techniques as form
from studio.styles.brush import over, step
from studio.styles.dice import HashRng
from studio.styles.drawing import Drawing, ground_hue, soft
from studio.styles.techniques import solid

COATS = ((19.0, 30.0, 12.0, 1.1, 0.03), (17.0, 26.0, 9.0, 0.6, 0.075))
"""The coats of strokes of the background, as :func:`.techniques.brushed` takes them."""


def gouache_alone(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render things in gouache, in front of a wall and a table in two tones that contrast with them."""
    like = drawing.alpha
    hue = ground_hue(drawing, rng, 1.0)
    light = torch.where(drawing.mean[:, :1] > 0.62, 0.45, 0.80)
    wall, table = (
        colour.colour(light + lift, torch.full_like(hue, 0.06), hue + turn) for lift, turn in ((0, 0), (0.08, 0.7))
    )
    _, y = brush.places(like)
    below = step(y / like.shape[2] + 0 * like, 0.66, 0.69)
    return _in_two_coats(drawing.before(over(table, below, wall)), rng)


def _in_two_coats(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render opaque matt colour in a few flat shapes with crisp edges, as two coats of a brush that runs dry."""
    unit, like, whole = drawing.unit, drawing.alpha, drawing.whole
    off = [1.4 * unit * brush.cloud(rng, like, 16 * unit, 2) for _ in range(2)]
    inside = step(brush.blur(brush.shifted(like, *off), 0.7 * unit), 0.42, 0.58)
    ground = soft(*drawing.parted_ground(6, 4.0))
    things = brush.shifted(soft(*drawing.parted_motifs(11, 2.0, 1.0)), *off)
    # Strokes follow the form; where the brush runs dry, the coat below shows.
    lean = form.sweeps(rng, like, unit, (-0.6, 0.4))
    course = form.courses(whole, unit, 10.0, lean)
    streaks = brush.along(brush.cloud(rng, like, 7 * unit, 1), *course, 60 * unit, 9) * 2.3
    across = brush.along(brush.cloud(rng, like, 9 * unit, 1), lean.cos(), lean.sin(), 110 * unit, 10) * 2.3
    patch = brush.cloud(rng, like, 34 * unit, 2)
    wall = colour.tuned(ground, chroma=1.12, lightness=0.9, lift=0.09 + 0.012 * across, turn=0.08 * patch)
    wall = form.brushed(wall, (lean.cos(), lean.sin()), across, rng, COATS, turn=0.25, reach=4, astray=0.3)
    coat = colour.tuned(things, chroma=1.12, lightness=0.9, lift=0.09 + 0.014 * streaks)
    # The first coat is warmer and lighter, and reaches beyond the second one on one side.
    first = colour.tuned(things, chroma=0.9, lightness=0.9, lift=0.20, turn=-0.25)
    moved = brush.shifted(like, 3.2 * unit + off[0], 2.4 * unit + off[1])
    below = step(brush.blur(moved, 0.7 * unit), 0.42, 0.58)
    picture = over(over(first, torch.full_like(like, 0.3), solid("efe2c6", like)), below, wall)
    worn = form.worn(things, streaks, patch, unit)
    coat = over(first, 0.8 * worn * (1 - form.detail(drawing)), coat)
    picture = over(coat, inside, picture)
    small = brush.blur(form.minute(drawing), 0.7 * unit)
    picture = over(brush.blur(whole, 0.6 * unit), 0.85 * small, picture)
    return picture * brush.paper(rng, like, 0.014)
