"""Styles in washes and dust: watercolour, ink with mist, smudged charcoal, matt gouache.

``patch`` and ``drift`` are noise (n, 1, h, w); ``off`` is a displacement in pixels; ``sheet`` is blank paper (n, 3, h,
w).
"""

from __future__ import annotations

import torch
from torch import Tensor

from studio.styles import brush, colour
from studio.styles import techniques as form
from studio.styles.brush import over, step
from studio.styles.dice import HashRng
from studio.styles.drawing import Drawing, soft
from studio.styles.techniques import contrasted, solid

COATS = ((20.0, 34.0, 13.0, 1.1, 0.02), (16.0, 26.0, 8.0, 0.6, 0.035))
"""The coats of strokes of the background in gouache, as :func:`.techniques.brushed` takes them."""


def _masses(picture: Tensor, edges: tuple[float, ...], softness: float) -> Tensor:
    """Return lightness (n, 1, h, w), 0…1, in equal steps, one at each of ``edges``, 2 × ``softness`` wide."""
    return sum((step(picture, at - softness, at + softness) for at in edges), torch.zeros_like(picture)) / len(edges)


def _grey(picture: Tensor, unit: float) -> Tensor:
    """Return how light a picture is in black ink (n, 1, h, w), 0…1.

    Strong colours are darker than pale ones of the same lightness, and neighbouring parts differ more than in colour.
    """
    lab = colour.lab(brush.blur(picture, 0.8 * unit))
    light = lab[:, :1] - 0.5 * lab[:, 1:].square().sum(1, keepdim=True).sqrt()
    return (light + 0.7 * (light - brush.blur(light, 8 * unit))).clamp(0, 1)


def _paper(rng: HashRng, like: Tensor) -> Tensor:
    """Return the relief of rough paper (n, 1, h, w), about −1…1."""
    unit = like.shape[2] / 256
    return 0.75 * brush.cloud(rng, like, 4.0 * unit, 1) + 0.3 * brush.grain(rng, like)


def watercolour(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render glazes with hard dark edges over white paper, a background of colours that run together, some pencil."""
    unit, like, whole = drawing.unit, drawing.alpha, drawing.whole
    sheet, tooth = solid("faf6ec", like).expand(len(like), -1, *like.shape[2:]), _paper(rng, like)
    off = [1.3 * unit * brush.cloud(rng, like, 20 * unit, 2) for _ in range(2)]
    patch, drift = brush.cloud(rng, like, 34 * unit, 2), brush.cloud(rng, like, 15 * unit, 2)
    fine = form.detail(drawing)
    inside, lost = _edged(drawing, off, patch + 0.3 * drift)
    picture = _wet_ground(drawing, sheet, off, patch, drift)
    # Each part of a thing is a shape of one colour over dry paint.
    flat = brush.shifted(soft(*drawing.parted_motifs(11, 1.8, 1.0)), *off)
    light, chroma, hue = colour.polar(colour.lab(flat))
    run = step(-patch + 0.3 * drift, 1.2, 1.8) * (1 - fine)
    glaze = colour.colour((0.27 + 0.73 * light).clamp(0, 1), chroma * (1.34 - 0.4 * light), hue + 0.09 * patch)
    glaze = over(brush.blur(glaze, 5 * unit), 0.6 * run, glaze)
    # The background has run into the thing where both were wet.
    glaze = over(brush.blur(drawing.ground, 3 * unit) * glaze.sqrt(), 0.5 * lost, glaze)
    # Pigment is thin on the paper's peaks and dense in pools.
    density = 0.96 + 0.06 * patch + 0.05 * step(patch + 0.25 * drift, 0.1, 0.6)
    blank = step(light - 0.7 * chroma + 0.03 * drift, 0.77, 0.86)
    body = sheet * (1 - (1 - glaze) * density * (1 - 0.8 * blank))
    dense = brush.blur(1 - colour.lab(body)[:, :1], 0.6 * unit)
    rim = (dense - brush.blur(dense, 3.2 * unit)).clamp(0, 0.3)
    outer = (inside - brush.blur(inside, 3.0 * unit)).clamp(0, 0.5)
    # Paint dries dark along hard edges, most where it ran down.
    pooled = (1 - lost) * step(drift - 0.6 * patch, -0.2, 1.2)
    body = body * (1 - (1 - glaze * glaze) * ((1.2 + 1.4 * pooled) * rim + 1.1 * outer * pooled).clamp(max=0.8))
    picture = over(body, inside, picture)
    picture = _bloomed(picture, sheet, rng, like, unit, 1 - torch.maximum(fine, 0.7 * inside))
    small = brush.blur(form.minute(drawing), 0.7 * unit)
    picture = over(sheet * (0.04 + 0.96 * brush.blur(whole, 0.6 * unit)), 0.85 * small, picture)
    picture = over(solid("5a5660", like), _pencilled(drawing, rng, patch), picture)
    dark = 1 - colour.lab(picture)[:, :1]
    return picture * (1 - 0.13 * dark * (tooth + 0.8 * brush.grain(rng, like))) * (1 + 0.014 * tooth)


def _edged(drawing: Drawing, off: list[Tensor], where: Tensor) -> tuple[Tensor, Tensor]:
    """Return the coverage of things with partly lost edges, and how far the edge is lost: both (n, 1, h, w), 0…1.

    ``where`` is noise: edges are lost where it is high.
    """
    unit, like = drawing.unit, drawing.alpha
    moved = brush.shifted(like, *off)
    near = 4 * brush.blur(moved, 4 * unit) * (1 - brush.blur(moved, 4 * unit))
    apart = (colour.lab(brush.blur(drawing.rgb, 3 * unit)) - colour.lab(brush.blur(drawing.ground, 3 * unit))).norm(
        dim=1, keepdim=True
    )
    # Edges are lost where both sides are alike, and else at random; small parts keep theirs.
    lost = step(where - 2.2 * (apart - 0.25), 0.3, 1.1) * (1 - form.detail(drawing) * step(apart, 0.15, 0.3))
    crisp, wide = (brush.blur(moved, sigma * unit) for sigma in (0.7, 2.6))
    cover = over(step(wide, 0.12, 0.88), lost, step(crisp, 0.4, 0.6))
    return cover, lost * near


def _wet_ground(drawing: Drawing, sheet: Tensor, off: list[Tensor], patch: Tensor, drift: Tensor) -> Tensor:
    """Return the background in washes that run into each other, a few with crisp edges; light parts stay paper."""
    unit = drawing.unit
    wet = brush.shifted(brush.blur(drawing.ground, 3.5 * unit), *[2.5 * each for each in off])
    flat = brush.shifted(soft(*drawing.parted_ground(8, 2.2)), *[1.6 * each for each in off])
    # Half of each wash had dried before the next one, so its edge shows.
    flat = over(flat, 0.25 + 0.45 * step(drift - patch, -0.6, 0.9), wet)
    light, chroma, hue = colour.polar(colour.lab(flat))
    light = contrasted(light)
    turn = 0.15 * patch + 0.05 * drift
    glaze = colour.colour((0.47 + 0.53 * light).clamp(0, 1), chroma * 1.35 + 0.010, hue + turn)
    blank = step(light + 0.03 * drift + 0.06 * patch, 0.60, 0.92)
    laid = sheet * (1 - (1 - glaze) * (0.94 + 0.07 * patch + 0.02 * drift).clamp(0.4, 1.2) * (1 - 0.85 * blank))
    dense = 1 - colour.lab(laid)[:, :1]
    rim = (dense - brush.blur(dense, 3.0 * unit)).clamp(0, 0.2)
    return laid * (1 - (1 - glaze * glaze) * (2.2 * rim).clamp(max=0.5))


def _pencilled(drawing: Drawing, rng: HashRng, patch: Tensor) -> Tensor:
    """Return where loose pencil lines show (n, 1, h, w), 0…1: along parts of the contours, slightly offset."""
    unit, like = drawing.unit, drawing.alpha
    off = [2.4 * unit * brush.cloud(rng, like, 46 * unit, 1) for _ in range(2)]
    tone = brush.shifted(brush.blur(colour.lab(drawing.whole), 1.2 * unit), *off)
    edge = brush.steepness(tone) * unit * step(brush.blur(like, 4 * unit), 0.02, 0.2)
    line = step(edge, 0.035, 0.06)
    return 0.5 * line * step(brush.cloud(rng, like, 40 * unit, 2) - 0.4 * patch, 0.35, 0.9)


def _bloomed(picture: Tensor, sheet: Tensor, rng: HashRng, like: Tensor, unit: float, where: Tensor) -> Tensor:
    """Return a wash with four blooms, lighter inside, with a dark crinkled rim, and as strong as ``where``, 0…1."""
    x, y = brush.places(like)
    h, w = like.shape[2:]
    ragged = 5 * unit * brush.cloud(rng, like, 20 * unit, 2)
    for _ in range(4):
        own = rng.uniform(3, 1, 1)
        away = torch.hypot(x - own[:, :1] * w, y - own[:, 1:2] * h) + ragged
        radius = (10 + 22 * own[:, 2:3]) * unit
        within = step(away, radius + 2 * unit, radius - 14 * unit) * where
        rim = torch.exp(-(((away - radius) / (3.2 * unit)) ** 2)) * where
        picture = over(sheet, 0.2 * within, picture) * (1 - 0.035 * rim)
    return picture


def ink_wash(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render black ink on rice paper: graded washes, mist over light parts, a few dry strokes, much empty paper."""
    unit, like, whole = drawing.unit, drawing.alpha, drawing.whole
    sheet, ink = solid("efe7d6", like).expand(len(like), -1, *like.shape[2:]), solid("1a1c22", like)
    off = [1.5 * unit * brush.cloud(rng, like, 24 * unit, 2) for _ in range(2)]
    inside = step(brush.blur(brush.shifted(like, *off), 1.2 * unit), 0.25, 0.75)
    fine = form.detail(drawing)
    # Background: graded washes; light parts and a mist around the things stay paper.
    shade = 1 - contrasted(colour.lab(brush.blur(drawing.ground, 1.4 * unit))[:, :1])
    shade = brush.shifted(shade, *[1.4 * each for each in off])
    mist = step(brush.cloud(rng, like, 70 * unit, 2) + 2.0 * brush.blur(like, 12 * unit), 0.3, 2.8)
    lie = form.courses(drawing.ground, unit, 9.0, 0.12 * brush.cloud(rng, like, 60 * unit, 1))
    swept = brush.along(brush.cloud(rng, like, 9 * unit, 2), *lie, 60 * unit, 8) * 2.0
    ground = 0.42 * step(shade, 0.12, 0.95)
    for at, strength in ((0.34, 0.10), (0.56, 0.14), (0.78, 0.22)):
        cover = step(shade + 0.035 * swept, at - 0.07, at + 0.07)
        rim = (cover - brush.blur(cover, 4 * unit)).clamp(0, 1)
        ground = ground + strength * cover + 0.2 * rim
    ground = ground * (1 - 0.55 * mist) * (0.97 + 0.06 * swept)
    # Things: tones in masses, wet in wet, darkest in shade; lights are paper.
    luma = brush.shifted(brush.blur(_grey(drawing.rgb, unit), 0.9 * unit), *off)
    low = luma.where(like > 0.5, torch.ones_like(luma)).amin((2, 3), keepdim=True)
    high = (luma * like).amax((2, 3), keepdim=True)
    tone = 1 - ((luma - low) / (high - low).clamp(min=0.35)).clamp(0, 1)
    course = form.courses(whole, unit, 8.0, torch.full_like(like, 0.9))
    bent = brush.along(brush.cloud(rng, like, 8 * unit, 1), *course, 40 * unit, 7) * 1.9
    washes = torch.zeros_like(like)
    for at, strength in ((0.22, 0.15), (0.42, 0.20), (0.62, 0.24), (0.82, 0.26)):
        cover = step(tone + 0.025 * bent, at - 0.08, at + 0.08)
        washes = washes + strength * cover + 0.28 * (cover - brush.blur(cover, 2.4 * unit)).clamp(0, 1)
    washes = washes * (0.97 + 0.06 * bent)
    dense = over(washes, inside, ground)
    # A brushed line along the form, partly loaded and partly dry.
    press = 0.5 + 0.5 * brush.cloud(rng, like, 30 * unit, 2).clamp(-1, 1)
    edge = brush.steepness(brush.blur(colour.lab(brush.shifted(whole, *off))[:, :1], 1.6 * unit)) * unit
    edge = edge * step(brush.blur(like, 3 * unit), 0.02, 0.3)
    line = step(brush.blur(edge, 1.1 * unit), 0.030 - 0.016 * press, 0.052 - 0.016 * press)
    dense = torch.maximum(dense, line * (0.5 + 0.45 * press))
    small = brush.blur(form.minute(drawing), 0.8 * unit)
    dense = over(((tone - 0.15) * 1.2).clamp(0, 1), small * inside, dense).clamp(0, 0.95)
    picture = over(ink, dense, sheet)
    # A slight tint of the things' colours.
    tint = colour.tuned(brush.blur(brush.shifted(drawing.rgb, *off), 2 * unit), chroma=0.85)
    tint = tint / tint.amax(1, keepdim=True).clamp(min=0.25)
    picture = over(picture * (0.25 + 0.75 * tint), 0.42 * inside * (1 - 0.5 * fine), picture)
    tooth = _paper(rng, like)
    return picture * (1 + 0.01 * tooth)


def charcoal(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render smudged tones, hatching along the form, dark parts pressed in, and light parts lifted off."""
    unit, like, whole = drawing.unit, drawing.alpha, drawing.whole
    tooth = 0.5 * brush.grain(rng, like) + 0.7 * brush.cloud(rng, like, 3.4 * unit, 1)
    off = [1.0 * unit * brush.cloud(rng, like, 16 * unit, 1) for _ in range(2)]
    seen = brush.shifted(whole, *off)
    inside = step(brush.blur(like, 3 * unit), 0.25, 0.7)
    light = contrasted(over(_grey(seen, unit), inside, colour.lab(brush.blur(seen, 1.0 * unit))[:, :1]))
    tone = (1 - light).clamp(0, 1)
    low, high = tone.amin((2, 3), keepdim=True), tone.amax((2, 3), keepdim=True)
    tone = ((tone - low) / (high - low).clamp(min=0.5)).clamp(0, 1)
    # Parts of a thing differ by tone, because there is no colour.
    own = brush.blur(tone * like, 5 * unit) / (brush.blur(like, 5 * unit) + 1e-3)
    tone = (tone - 0.06 * inside + 0.6 * (tone - own) * inside).clamp(0, 1)
    # Light things contrast with a dark background, and dark things with a light one.
    around = brush.blur(like, 9 * unit)
    apart = brush.blur(tone * like, 9 * unit) / (around + 1e-3) - 0.5
    tone = (tone - 0.55 * apart * (around * 2.2).clamp(max=1) * (1 - inside)).clamp(0, 1)
    lean = -0.85 + 0.4 * (form.sweeps(rng, like, unit, (-0.5, 0.5)))
    course = form.courses(whole, unit, 7.0, lean)
    # Streaks as wide as a stick's side: in one direction behind, along the form on things.
    lie = form.courses(drawing.ground, unit, 9.0, lean)
    across = brush.along(brush.cloud(rng, like, 7 * unit, 2), *lie, 36 * unit, 7) * 1.9
    round_ = brush.along(brush.cloud(rng, like, 5.5 * unit, 1), *course, 34 * unit, 7) * 1.9
    hatch = over(0.62 * round_, inside, 0.42 * across)
    # First smudged masses; then the stick again, harder in the darks.
    masses = _masses(brush.blur(tone, 2.2 * unit), (0.28, 0.46, 0.64, 0.82), 0.09)
    pressed = step(tone + (0.17 * hatch + 0.045 * tooth) * step(tone, 0.03, 0.3), 0.24, 1.02)
    dark = (0.34 * masses + 0.62 * pressed) * (0.88 + 0.12 * inside)
    dark = torch.maximum(dark, 0.97 * step(tone + 0.05 * hatch + 0.03 * tooth, 0.78, 1.0))
    # Only edges between light and dark become pressed lines.
    edge = brush.steepness(brush.blur(colour.lab(seen)[:, :1], 1.5 * unit)) * unit
    edge = edge * step(brush.blur(like, 3 * unit), 0.02, 0.3)
    dark = torch.maximum(dark, 0.9 * step(brush.blur(edge, 1.1 * unit) + 0.004 * tooth, 0.018, 0.042))
    small = brush.blur(form.minute(drawing), 0.8 * unit)
    dark = over((1.25 * (1 - colour.lab(seen)[:, :1]) - 0.2).clamp(0, 1), small * inside, dark)
    lifted = step(1 - tone + 0.07 * hatch + 0.015 * tooth, 0.78, 1.02) * (0.3 + 0.7 * inside)
    sheet = solid("c9c1b2", like) * (1 + 0.025 * tooth)
    picture = over(solid("19181a", like), (dark * (1 - 0.75 * lifted)).clamp(0, 0.95), sheet)
    return over(torch.full_like(picture, 0.96), 0.85 * lifted * (0.9 + 0.1 * tooth).clamp(0, 1), picture)


def gouache(drawing: Drawing, rng: HashRng) -> Tensor:
    """Render opaque matt colour in a few flat shapes with crisp edges, as coats of a brush that runs dry."""
    unit, like, whole = drawing.unit, drawing.alpha, drawing.whole
    off = [1.4 * unit * brush.cloud(rng, like, 16 * unit, 2) for _ in range(2)]
    inside, _ = _edged(drawing, off, brush.cloud(rng, like, 30 * unit, 2))
    ground = over(
        brush.blur(drawing.ground, 2.5 * unit), torch.full_like(like, 0.4), soft(*drawing.parted_ground(9, 2.5))
    )
    things = brush.shifted(soft(*drawing.parted_motifs(11, 2.0, 1.0)), *off)
    # Strokes follow the form; where the brush runs dry, the coat below shows.
    lean = form.sweeps(rng, like, unit, (-0.6, 0.4))
    course = form.courses(whole, unit, 10.0, lean)
    streaks = brush.along(brush.cloud(rng, like, 7 * unit, 1), *course, 60 * unit, 9) * 2.3
    lie = form.courses(drawing.ground, unit, 10.0, 0.35 * lean)
    across = brush.along(brush.cloud(rng, like, 6 * unit, 1), *lie, 80 * unit, 10) * 2.3
    patch = brush.cloud(rng, like, 34 * unit, 2)
    wall = colour.tuned(ground, chroma=1.12, lightness=0.9, lift=0.09 + 0.012 * across, turn=0.08 * patch)
    wall = form.brushed(wall, lie, across, rng, COATS, turn=0.2, reach=3, astray=0.1)
    coat = colour.tuned(things, chroma=1.12, lightness=0.9, lift=0.09 + 0.014 * streaks)
    # The first coat is warmer and lighter, and covers the whole thing.
    first = colour.tuned(things, chroma=0.9, lightness=0.9, lift=0.17, turn=-0.25)
    worn = form.worn(things, streaks, patch, unit)
    coat = over(first, 0.6 * worn * (1 - form.detail(drawing)), coat)
    picture = over(coat, inside, wall)
    small = brush.blur(form.minute(drawing), 0.7 * unit)
    picture = over(brush.blur(whole, 0.6 * unit), 0.85 * small, picture)
    return picture * brush.paper(rng, like, 0.014)
