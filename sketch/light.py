"""Light on a scene: it models things as if they were round, throws their shadows and gathers around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from sketch import colour
from sketch.colour import Array
from sketch.scene import Setting
from sketch.surroundings import PHOTO

SHADE = 0.2
"""How much darker a thing is on the side that lies in its own shade."""

CAST = 0.42
"""How dark a cast shadow is."""

LEAVING = 0.04
"""How far above the horizon, as a share of the picture's side, what flies leaves its shadow behind."""

NIGHT = 0.86
"""How much of its light a thing keeps at night."""

HIGH = 0.55
"""How high the light stands that models things, as a slope; it comes half from the viewer."""

ROUNDINGS = ((0.03, 0.3), (0.08, 0.45), (0.2, 0.9))
"""How wide, as shares of a thing's side, its edges are rounded off, and how much each of these roundings counts."""

GLOW, GLOOM = 0.5, 0.75
"""How far a thing goes towards the light where it faces it, and towards the dark where it is turned away."""

TINGE = 0.3
"""How far the light on a thing has the colour of what is around it."""

TINTED = 0.3
"""How far each part of the light's colour may lie from white: more, and by night nothing would be red."""

REFLECTED, REFLECTING = 0.22, 0.16
"""How much of the ground's colour shines back on a thing, and how far up, as a share of its side."""

LONG, FLAT = 0.5, 0.3
"""How far, in heights of a thing, its shadow reaches aside at most, and how flat it lies on the ground."""

DIM, HALO = 0.26, 0.5
"""How much darker a picture's corners are, and how strongly what is around a thing sets off its light and its shade."""

COOL = np.array([1.0, 0.95, 0.86], np.float32)
"""How much of each colour a shadow takes: it is bluer than what it falls on."""

NO_FLOOR = 0.95
"""From which horizon on a plain ground is a wall without a floor."""

COARSE = 64
"""How many pixels a side light and shadow are worked out in: they are soft."""

SEEN = 0.3
"""How much of a pixel a thing covers at least where it counts for its shadow."""

WALLS = ("plain", "split", "pattern")
AIR = ("sky", "space", "underwater", PHOTO)


@dataclass(frozen=True, slots=True)
class Light:
    """Light as it falls on things.

    ``side`` runs from -1, from the left, to 1, from the right; ``bright`` is a share of the day's; ``shade`` how much
    darker a thing is on its other side; ``modelling``, 0…1, how far it makes things round; ``tint`` (3,) its colour.
    """

    side: float
    bright: float
    shade: float
    modelling: float
    tint: Array

    @classmethod
    def of(cls, setting: Setting) -> Light:
        """Return the light of a setting. In a photo of its own, a thing has all its light already."""
        around = np.mean([colour.parsed(tone) for tone in setting.tones[:4]], 0)
        tint = np.clip(around / max(float(around.mean()), 1e-3), 1 - TINTED, 1 + TINTED)
        return cls(
            setting.light,
            NIGHT if setting.time == "night" else 1.0,
            0.0 if setting.kind == PHOTO else SHADE,
            0.0 if setting.kind == PHOTO else setting.modelling,
            np.asarray(tint, np.float32),
        )

    def mixed(self, other: Light, t: float) -> Light:
        """Return what lies at ``t`` between this light and another."""
        ends = ((getattr(self, name), getattr(other, name)) for name in self.__slots__)
        return Light(*((1 - t) * first + t * last for first, last in ends))


class Form:
    """The form of a thing within a picture ``size`` pixels a side, as coarse as light and shadow need it.

    ``cover`` (m, m) is how much of each place is covered, ``alpha`` (h, w) what that was made of, from ``top`` and
    ``left`` on; ``head`` and ``foot`` are the first and last of the ``high`` rows in which something is seen.
    """

    def __init__(self, alpha: Array, top: int, left: int, size: int) -> None:
        self.alpha, self.top, self.left, self.size = alpha, top, left, size
        rows = np.flatnonzero(alpha.max(1) > SEEN)
        self.head, self.foot = (top + int(rows[0]), top + int(rows[-1])) if len(rows) else (0, 0)
        self.high = len(rows)
        whole = np.zeros((size, size), np.float32)
        whole[top : top + alpha.shape[0], left : left + alpha.shape[1]] = alpha
        self.cover = _resized(whole, (min(size, COARSE),) * 2, Image.Resampling.BOX)

    @property
    def lowest(self) -> float:
        """Return where it ends below, as a share of the side; 0 where nothing is seen."""
        return self.foot / self.size if self.high else 0.0

    @property
    def within(self) -> tuple[slice, slice]:
        """Return the rows and columns of the picture that it lies within."""
        high, wide = self.alpha.shape
        return slice(self.top, self.top + high), slice(self.left, self.left + wide)

    def coarse(self, picture: Array) -> Array:
        """Bring a picture (size, size, 3) to the coarse size, by its middles."""
        step = self.size / len(self.cover)
        at = ((np.arange(len(self.cover)) + 0.5) * step).astype(int)
        return picture[at[:, None], at[None, :]]

    def fine(self, of: Array, rows: slice, columns: slice) -> Array:
        """Bring what is coarse, (m, m, …), to some rows and columns of the picture."""
        step = len(self.cover) / self.size
        box = (columns.start * step, rows.start * step, columns.stop * step, rows.stop * step)
        size = (columns.stop - columns.start, rows.stop - rows.start)
        if of.ndim == 2:
            return _resized(of, size, Image.Resampling.BILINEAR, box)
        parts = [_resized(of[..., part], size, Image.Resampling.BILINEAR, box) for part in range(of.shape[2])]
        return np.stack(parts, -1)


def _resized(
    of: Array, size: tuple[int, int], how: Image.Resampling, box: tuple[float, float, float, float] | None = None
) -> Array:
    return np.asarray(Image.fromarray(np.ascontiguousarray(of)).resize(size, how, box), np.float32)


def fall(light: Light, picture: Array, form: Form, ground: Array, frame: tuple[float, float, float]) -> None:
    """Let light fall on a picture of a thing (h, w, …), in place: a slope over the whole, and its roundness.

    ``ground`` (n, n, 3) is all that lies behind it; ``frame`` the middle and side of the thing, in pixels.
    """
    high, wide = picture.shape[:2]
    x, y, side = frame
    across = ((np.arange(wide, dtype=np.float32) + 0.5 + form.left - x) / (side / 2)).clip(-1, 1)[None, :]
    down = ((np.arange(high, dtype=np.float32) + 0.5 + form.top - y) / (side / 2)).clip(-1, 1)[:, None]
    strength = light.bright * (1 - light.shade * (down - across * light.side) / 2)
    picture[..., :3] *= strength[..., None]
    if light.modelling > 0 and form.high:
        kept, added = (form.fine(each, *form.within) for each in _modelled(light, form, ground, side))
        picture[..., :3] = picture[..., :3] * kept + added
    np.clip(picture[..., :3], 0, 1, out=picture[..., :3])


def _modelled(light: Light, form: Form, ground: Array, side: float) -> tuple[Array, Array]:
    """Say what makes a thing round, coarse: what is kept of its colours (m, m, 3), and what is added to them.

    It glows towards the light, goes to the dark away from it, and some of the ground shines back from below.
    """
    unit = len(form.cover) / form.size
    across, down = _slope(form.cover, side * unit)
    length = float(np.sqrt(1 + light.side**2 + HIGH**2))
    facing = (across * light.side - down * HIGH + 1) / np.sqrt(1 + across**2 + down**2) / length - 1 / length
    amount = light.modelling
    glow = amount * GLOW * np.clip(facing * 1.6, 0, 1)[..., None]
    gloom = amount * light.bright**2 * GLOOM * np.clip(-facing * 1.3, 0, 1)[..., None]
    dark = 1 - gloom * (1 - 0.35 * light.tint / light.tint.max())
    rows = np.arange(len(form.cover), dtype=np.float32) + 0.5 - form.foot * unit
    back = amount * REFLECTED * np.clip(rows / (REFLECTING * side * unit) + 1, 0, 1)[:, None, None]
    kept = (1 + amount * TINGE * (light.tint - 1)) * (1 - glow) * dark * (1 - back)
    added = glow * np.minimum(1, light.tint * 0.98) * (1 - back) + form.coarse(ground) * back
    return kept.astype(np.float32), added.astype(np.float32)


def _slope(cover: Array, side: float) -> tuple[Array, Array]:
    """Round off what is covered (m, m): how far its surface falls to the right and downwards at each place."""
    across, down = np.zeros_like(cover), np.zeros_like(cover)
    for width, weight in ROUNDINGS:
        slopes = np.gradient(blurred(cover, width * side))
        across -= weight * 2.5 * width * side * slopes[1]
        down -= weight * 2.5 * width * side * slopes[0]
    return across, down


def blurred(of: Array, radius: float) -> Array:
    """Blur (h, w) by a radius in pixels; beyond its edges it goes on as it ends there."""
    for axis in (0, 1, 0, 1):
        of = _means(of, max(1, round(radius)), axis)
    return of


def _means(of: Array, reach: int, axis: int) -> Array:
    """Return the mean of each place and those within reach along an axis."""
    around = [(0, 0), (0, 0)]
    around[axis] = (reach + 1, reach)
    sums = np.moveaxis(np.pad(of, around, mode="edge").cumsum(axis, dtype=np.float64), axis, 0)
    width = 2 * reach + 1
    return np.asarray(np.moveaxis((sums[width:] - sums[:-width]) / width, 0, axis), np.float32)


def gather(light: Light, ground: Array) -> None:
    """Darken a ground (n, n, 3) towards its corners, in place."""
    if light.modelling > 0:
        at = (np.arange(len(ground), dtype=np.float32) + 0.5) / len(ground) - 0.5
        away = np.hypot(at[None, :], at[:, None])
        ground *= (1 - light.modelling * DIM * np.clip((away - 0.3) / 0.41, 0, 1) ** 1.5)[..., None]


@dataclass(frozen=True, slots=True)
class Shadow:
    """How dark the shadows of a thing are: a round one at its foot, one ``thrown`` on the ground, one on a ``wall``.

    None of those that are thrown reaches above ``horizon``, a share of the picture's side.
    """

    at_foot: float
    thrown: float = 0.0
    wall: float = 0.0
    horizon: float = 0.0

    @classmethod
    def of(cls, setting: Setting, foot: float) -> Shadow:
        """Return the shadows of what ends at ``foot``, as a share of the side: none where there is no ground."""
        amount = setting.modelling
        if setting.kind in AIR or (setting.kind == "pattern" and not amount):
            return cls(0.0)
        if setting.kind in WALLS and (not amount or setting.kind != "plain" or setting.horizon > NO_FLOOR):
            return cls(CAST * (1 - amount), wall=CAST * amount)
        in_the_air = 0.0 if setting.kind in WALLS else (setting.horizon - foot) / LEAVING
        share = CAST * min(1.0, max(0.0, 1 - in_the_air))
        return cls(share, share * amount, horizon=setting.horizon)

    def mixed(self, other: Shadow, t: float, growth: float) -> Shadow:
        """Return what lies at ``t`` between these shadows and others, as far as their thing has grown."""
        ends = [(getattr(self, name), getattr(other, name)) for name in self.__slots__]
        *shares, horizon = ((1 - t) * first + t * last for first, last in ends)
        return Shadow(*(growth * share for share in shares), horizon)


def cast(grounds: Sequence[Array], form: Form, *, light: Light, shadow: Shadow) -> None:
    """Darken grounds (n, n, 3) in place, below and behind a thing, and away from the light; set it off the first."""
    if not form.high:
        return
    if light.modelling > 0:
        dark = np.zeros_like(form.cover)
        if shadow.wall > 0:
            dark += shadow.wall * _on_wall(form, light)
        if shadow.thrown > 0:
            dark += shadow.thrown * _thrown(form, light, shadow)
        whole = slice(0, form.size), slice(0, form.size)
        shade = 1 - form.fine(dark, *whole)[..., None] * COOL
        for ground in grounds:
            ground *= shade
        grounds[0][:] = np.clip(grounds[0] * form.fine(_set_off(form, light), *whole)[..., None], 0, 1)
    if shadow.at_foot > 0:
        _at_foot(grounds, form, light, shadow.at_foot)


def _set_off(form: Form, light: Light) -> Array:
    """Darken what lies before the lit side of a thing, and brighten what lies behind its shade."""
    reach = 0.22 * float(np.sqrt(form.cover.sum()))
    slope = np.gradient(blurred(form.cover, reach))
    towards = reach * (slope[1] * light.side - slope[0] * HIGH)
    return np.clip(1 + light.modelling * HALO * towards, 0.5, 1.5)


def _on_wall(form: Form, light: Light) -> Array:
    """Return the shadow (m, m) of what hangs before a wall."""
    high = (form.foot - form.head) * len(form.cover) / form.size
    return blurred(_moved(form.cover, 0.05 * high, -0.07 * high * light.side), 0.03 * high)


def _moved(of: Array, down: float, right: float) -> Array:
    """Move (m, m) by parts of a pixel; what comes in is empty."""
    image = Image.fromarray(of)
    how = (1, 0, -right, 0, 1, -down)
    return np.asarray(image.transform(image.size, Image.Transform.AFFINE, how, Image.Resampling.BILINEAR), np.float32)


def _thrown(form: Form, light: Light, shadow: Shadow) -> Array:
    """Lay the outline of what stands on the ground, away from the light: (m, m)."""
    size = len(form.cover)
    head, foot = form.head * size / form.size, form.foot * size / form.size
    image = Image.fromarray(form.cover)
    # A place on the ground is in the shade of what stands above its column, FLAT times as near to the foot.
    slant = -light.side * LONG / FLAT
    how = (1, slant, -slant * foot, 0, 1 / FLAT, foot - foot / FLAT)
    laid = image.transform(image.size, Image.Transform.AFFINE, how, Image.Resampling.BILINEAR)
    rows = np.arange(size, dtype=np.float32) + 0.5
    up = (foot - rows) / FLAT
    paler = np.clip(1 - 0.6 * up / max(1.0, foot - head), 0, 1) * np.clip((rows / size - shadow.horizon) / 0.02, 0, 1)
    return blurred(np.asarray(laid, np.float32) * (up >= -1)[:, None], 0.014 * size) * paler[:, None]


def _at_foot(grounds: Sequence[Array], form: Form, light: Light, share: float) -> None:
    last = form.foot - form.top
    low = form.alpha[max(0, last - max(2, form.high // 4)) : last + 1].max(0)
    columns = np.flatnonzero(low > SEEN)
    if not len(columns):
        return
    size = form.size
    middle, half = form.left + (columns[0] + columns[-1]) / 2, max(2.0, (columns[-1] - columns[0]) / 2)
    flat = (half * 0.24 + 0.012 * size) * (1 - 0.45 * light.modelling)
    # What the light comes from on the left casts to the right.
    x = np.arange(size, dtype=np.float32)[None, :] - (middle - light.side * half * 0.3)
    y = np.arange(size, dtype=np.float32)[:, None] - (form.foot - flat * 0.25)
    away = np.sqrt((x / (half * 1.18)) ** 2 + (y / flat) ** 2)
    soft = np.clip((1.12 - away) / 0.3, 0, 1)
    shade = (1 - share * soft * soft * (3 - 2 * soft))[..., None]
    for ground in grounds:
        ground *= shade
