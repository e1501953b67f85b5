"""The field: a drawn scene as arrays (coverage, tone, form and more) from which graphic styles draw their marks.

Marks are dots, lines or pieces of one ink. Each array is computed on first use; (h, w) has one value per pixel. Values
vary smoothly where the scene does, so that marks move smoothly from frame to frame of a walk, in which one picture
changes into another. Lengths are in units: 256 along the picture's shorter side, whatever its size in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from sketch import colour
from sketch.colour import Array
from sketch.layers import channels, distance
from sketch.layers.channels import Numbers as Numbers
from sketch.layers.channels import over as over
from sketch.marks import noise

REACH = 128.0
"""The largest distance that is measured, in units; larger ones are clipped to it."""


@dataclass(frozen=True)
class Field:
    """A drawn scene as the input of a graphic style; all colours are sRGB 0…1 unless Oklab is named.

    ``things`` (h, w, 4) are the drawn objects, with straight alpha; ``ground`` (h, w, 3) is what lies behind them.
    ``cells`` (h, w) numbers the layout's cells, 0 everywhere if it has none. ``inks`` (n, 3) are the style's colours,
    in the order that the style defines. ``side`` is where the light comes from, -1 (left) to 1 (right). ``is_place`` is
    how far the ground shows a place: 0 for a plain wall, 1 for hills. ``scale`` multiplies the size of marks; ``seed``
    decides random details. ``requested`` (h, w), 0…1, is how far the prompt requested a colour for what a pixel shows;
    None if it requested none.
    """

    things: Array
    ground: Array
    cells: NDArray[np.int16]
    inks: Array
    side: float = -0.6
    is_place: float = 0.0
    scale: float = 1.0
    seed: int = 0
    requested: Array | None = None

    def with_inks(self, inks: Array) -> Field:
        """Return the field with other inks (n, 3); it keeps the values computed so far, as none depends on inks."""
        other = replace(self, inks=inks)
        known = {name: value for name, value in vars(self).items() if name not in self.__dataclass_fields__}
        vars(other).update(known)
        return other

    @property
    def shape(self) -> tuple[int, int]:
        """Return height and width in pixels."""
        return self.ground.shape[0], self.ground.shape[1]

    @property
    def pixel(self) -> float:
        """Return the side length of one pixel in units."""
        return noise.WHOLE / min(self.shape)

    @cached_property
    def places(self) -> tuple[Array, Array]:
        """Return x (1, w) and y (h, 1) of the pixels' centres in units, from the left and the top edge."""
        height, width = self.shape
        across, down = ((np.arange(side, dtype=np.float32) + 0.5) * self.pixel for side in (width, height))
        return across[None, :], down[:, None]

    @property
    def size(self) -> tuple[float, float]:
        """Return height and width in units."""
        height, width = self.shape
        return height * self.pixel, width * self.pixel

    @property
    def scaled(self) -> float:
        """Return the scale of marks: ``scale``, or 0.74 times as much if the layout has several cells."""
        return self.scale * (0.74 if int(self.cells.max()) > 0 else 1.0)

    @property
    def cover(self) -> Array:
        """Return the things' coverage of each pixel (h, w), 0…1."""
        return self.things[..., 3]

    @cached_property
    def picture(self) -> Array:
        """Return the scene as it was drawn, the things over the ground: (h, w, 3), sRGB 0…1."""
        return channels.times(self.things[..., :3], self.cover) + channels.times(self.ground, 1 - self.cover)

    @cached_property
    def lab(self) -> Array:
        """Return the scene as it was drawn, in Oklab: (h, w, 3)."""
        return colour.lab(self.picture)

    @cached_property
    def tone(self) -> Array:
        """Return the lightness of each pixel (h, w), 0…1: stretched for contrast in the things, as drawn in the ground.

        The stretch uses the mean and standard deviation over the things, which change little from frame to frame.
        """
        light, cover = self.lab[..., 0], self.cover
        area = float(cover.sum()) + 1e-3
        mean = float((light * cover).sum()) / area
        spread = float(np.sqrt(((light - mean) ** 2 * cover).sum() / area))
        own = 0.5 + (light - mean) / max(0.12, 4 * spread) + 0.35 * (mean - 0.55)
        own = 0.5 + 0.5 * np.tanh(2.2 * (own - 0.5))
        return np.asarray(own * cover + light * (1 - cover), np.float32)

    @cached_property
    def detail(self) -> Array:
        """Return the tone (h, w), 0…1, with more local contrast in the things: eyes, windows and strings stand out."""
        light = self.lab[..., 0]
        near = self.blur(light, 9)
        return np.asarray(np.clip(self.tone + 1.1 * np.tanh(2.5 * (light - near)) * self.cover, 0, 1), np.float32)

    @cached_property
    def far(self) -> Array:
        """Return the ground's lightness (h, w), stretched to 0…1 by its mean and standard deviation."""
        light = colour.lab(self.ground)[..., 0]
        own = (light - float(light.mean())) / max(0.1, 2.6 * float(light.std()))
        return np.asarray(0.5 + 0.5 * np.tanh(1.3 * own), np.float32)

    @cached_property
    def neighbour(self) -> Array:
        """Return the mean tone of the things near each pixel (h, w), 0…1, so that the ground can contrast with it."""
        return np.asarray(
            self.blur(self.tone * self.cover, 14) / np.maximum(self.blur(self.cover, 14), 0.02), np.float32
        )

    @cached_property
    def placed(self) -> Array:
        """Return how far the ground of each pixel shows a place (h, w), 0…1.

        It is uniform if ``is_place`` is 0 or 1. In between, the place spreads over the picture as an irregular front.
        """
        if self.is_place <= 0 or self.is_place >= 1:
            return np.full(self.shape, np.clip(self.is_place, 0, 1), np.float32)
        rank = np.clip(0.5 + 0.28 * self.cloud(70, 63), 0, 1)
        return np.asarray(np.clip((self.is_place * 1.2 - rank) / 0.2, 0, 1), np.float32)

    @cached_property
    def warmth(self) -> Array:
        """Return how warm the things' colours are (h, w): 0 cool, 0.5 their mean, 1 warm; the ground is 0.5."""
        warm, cover = 0.7 * self.lab[..., 1] + 0.7 * self.lab[..., 2], self.cover
        area = float(cover.sum()) + 1e-3
        mean = float((warm * cover).sum()) / area
        spread = float(np.sqrt(((warm - mean) ** 2 * cover).sum() / area))
        own = (warm - mean) / max(0.05, 2 * spread)
        return np.asarray(0.5 + 0.5 * np.tanh(1.6 * own) * cover, np.float32)

    @cached_property
    def centre(self) -> tuple[float, float]:
        """Return x and y of the things' centre of gravity, in units; the picture's centre if there are none."""
        (x, y), (high, wide) = self.places, self.size
        area = float(self.cover.sum())
        pull = 0.005 * self.cover.size
        means = (float((self.cover * place).sum()) for place in (x, y))
        across, down = (
            (mean + pull * side / 2) / (area + pull) for mean, side in zip(means, (wide, high), strict=True)
        )
        return across, down

    @cached_property
    def mean(self) -> Array:
        """Return the mean colour of the things in Oklab (3,); zeros if there are none."""
        cover = self.cover[..., None]
        return np.asarray((self.lab * cover).sum((0, 1)) / (cover.sum() + 1e-3), np.float32)

    @cached_property
    def nearby(self) -> Array:
        """Return the things' colours in Oklab (h, w, 3), blurred beyond their outlines; far away, their mean colour."""
        near = np.maximum(self.blur(self.cover, 10), 0.05)
        parts = [self.blur((self.lab[..., part] - self.mean[part]) * self.cover, 10) / near for part in range(3)]
        return np.asarray(np.stack(parts, -1) + self.mean, np.float32)

    @cached_property
    def request(self) -> Array:
        """Return how far a colour was requested for the things near each pixel (h, w), 0…1; 0 if none was."""
        if self.requested is None:
            return np.zeros(self.shape, np.float32)
        near = np.maximum(self.blur(self.cover, 10), 0.05)
        return np.asarray(np.clip(self.blur(self.requested * self.cover, 10) / near * 1.1, 0, 1), np.float32)

    @cached_property
    def mean_request(self) -> float:
        """Return the mean over all things of how far a colour was requested for them, 0…1."""
        return (
            float((self.request * self.cover).sum() / (self.cover.sum() + 1e-3)) if self.requested is not None else 0.0
        )

    @cached_property
    def extreme(self) -> float:
        """Return how near the colour requested for the things is to white (1) or black (-1); 0 if neither or none."""
        off = float(self.mean[0]) - 0.58 if self.mean_request else 0.0
        return float(np.copysign(step(np.array([abs(off)]), 0.1, 0.22)[0], off)) * self.mean_request

    @cached_property
    def away(self) -> Array:
        """Return the signed distance (h, w) to the things' outlines in units, positive inside, up to ±:data:`REACH`."""
        return signed_distance(self.cover, self.pixel)

    @cached_property
    def bulge(self) -> Array:
        """Return the things' height towards the viewer (h, w), about 0…1, rounded off at their outlines."""
        broad, near = self.blur(self.cover, 26), self.blur(self.cover, 9)
        return np.asarray((0.55 * broad + 0.45 * near) * self.blur(self.cover, 2), np.float32)

    @cached_property
    def relief(self) -> Array:
        """Return the bulge with light parts of the things raised and dark ones lowered: (h, w), about 0…1.2."""
        return np.asarray(self.bulge + 0.4 * self.blur((self.tone - 0.5) * self.cover, 3), np.float32)

    @cached_property
    def shade(self) -> Array:
        """Return the shading of the things as rounded forms (h, w): 1 lightest, -1 darkest, 0 on the ground."""
        down, across = self.slopes(self.bulge)
        facing = -(across * self.side * 1.2 - down * 0.8) * 26
        return np.asarray(np.tanh(-facing) * self.blur(self.cover, 1.5), np.float32)

    @cached_property
    def edges(self) -> Array:
        """Return how strong the edge between colours is at each pixel of the scene (h, w), 0…1, softened."""
        gradients = [gradient for part in range(3) for gradient in np.gradient(self.blur(self.lab[..., part], 1.2))]
        steep = np.sqrt(np.add.reduce([gradient * gradient for gradient in gradients])) / self.pixel
        return np.asarray(np.clip(steep / 0.06, 0, 1), np.float32)

    def blur(self, values: Numbers, radius: float) -> Array:
        """Return values (h, w) blurred with a Gaussian; ``radius`` is its standard deviation in units."""
        down, across = (_gaussian(side, radius / self.pixel) for side in values.shape)
        return np.asarray(down @ np.asarray(values, np.float32) @ across.T, np.float32)

    def slopes(self, values: Numbers) -> tuple[Array, Array]:
        """Return the slopes of values (h, w) downwards and to the right, per unit: two arrays (h, w)."""
        down, across = np.gradient(values)
        return np.asarray(down / self.pixel, np.float32), np.asarray(across / self.pixel, np.float32)

    def cloud(self, cell: float, number: int = 0) -> Array:
        """Return smooth noise (h, w), mean 0, standard deviation about 1, with features of about ``cell`` units.

        It depends on the field's seed and ``number``. The array is cached: do not write to it.
        """
        return noise.cloud(*self.shape, cell, self.seed * 64 + number)

    def chance(self, number: int = 0) -> np.random.Generator:
        """Return a random generator seeded by the field's seed and ``number``: the same in all frames of a walk."""
        return np.random.default_rng((self.seed, number))

    def ink(self, number: int) -> Array:
        """Return one ink, sRGB (3,), by its number from 0; numbers beyond the last ink start again at 0."""
        return np.asarray(self.inks[number % len(self.inks)], np.float32)

    def cut(self, distance: Numbers) -> Array:
        """Return the coverage, 0…1, for a signed distance in units, positive inside; its edge is one pixel wide."""
        return np.asarray(np.clip(distance / self.pixel + 0.5, 0, 1), np.float32)

    def halftone(self, share: Numbers | float, pitch: float, angle: float) -> Array:
        """Return the coverage (h, w), 0…1, of halftone dots in rows ``pitch`` units apart.

        The rows are turned by ``angle`` radians; ``share`` (h, w), 0…1, is the part of the area that the dots cover.
        """
        x, y = self.places
        u, v = ((x * np.cos(each) + y * np.sin(each)) * (2 * np.pi / pitch) for each in (angle, angle + np.pi / 2))
        spot = 0.5 - 0.25 * (np.cos(u) + np.cos(v))
        soft = 1.6 / pitch * self.pixel
        return np.asarray(np.clip((share - spot) / soft + share, 0, 1), np.float32)

    def shift(self, values: Numbers, across: float, down: float) -> Array:
        """Return values (h, w) or (h, w, c) shifted right and down by units, like a misregistered printing plate."""
        from scipy import ndimage

        by = (down / self.pixel, across / self.pixel, 0)[: values.ndim]
        return np.asarray(ndimage.shift(values, by, order=1, mode="nearest"), np.float32)

    def stripes(self, phase: Numbers, share: Numbers | float) -> Array:
        """Return the coverage (h, w), 0…1, of stripes, one between each two whole numbers of ``phase`` (h, w).

        A stripe fills the middle ``share``, 0…1, of its interval. Edges are one pixel wide at any density; stripes
        closer than two pixels are replaced by their mean.
        """
        down, across = np.gradient(phase)
        steep = np.maximum(np.hypot(down, across), 1e-4)
        wave = np.abs(phase - np.floor(phase) - 0.5)
        sharp = np.clip((np.asarray(share) / 2 - wave) / steep + 0.5, 0, 1)
        # A stripe thinner than a pixel covers only its width.
        sharp = np.clip(sharp, 1 - (1 - np.asarray(share)) / steep, np.asarray(share) / steep)
        blend = np.clip((steep - 0.3) / 0.25, 0, 1)
        return np.asarray(sharp * (1 - blend) + share * blend, np.float32)


def signed_distance(cover: Array, pixel: float) -> Array:
    """Return the signed distance (h, w) to the edge of a coverage (h, w), in units: positive inside, subpixel precise.

    ``pixel`` is the side of a pixel in units. The result is clipped to ±:data:`REACH`.
    """
    from scipy import ndimage

    inside: NDArray[np.bool_] = np.asarray(cover > 0.5)
    if inside.all() or not inside.any():
        return np.full(cover.shape, REACH if inside.any() else -REACH, np.float32)
    away = -ndimage.distance_transform_edt(~inside)
    # The nearest pixel outside lies within the box of what is inside, or next to it.
    rows, columns = (distance.span(np.asarray(inside.any(axis))) for axis in (1, 0))
    away[rows, columns] += ndimage.distance_transform_edt(inside[rows, columns])
    away = away - np.where(inside, 0.5, -0.5) + (cover - inside) * (np.abs(away) < 1.5)
    down, across = (_gaussian(side, 0.8, 4.0) for side in cover.shape)
    return np.asarray(np.clip(down @ np.asarray(away, np.float32) @ across.T * pixel, -REACH, REACH), np.float32)


@lru_cache(maxsize=256)
def _gaussian(size: int, radius: float, truncate: float = 2.5) -> Array:
    """Return the matrix (size, size) that blurs a column of pixels when multiplied from the left.

    ``radius`` is the standard deviation in pixels; values beyond the ends repeat the ends. Two matrix products are
    several times faster than convolutions, above all for wide blurs.
    """
    from scipy import ndimage

    each = ndimage.gaussian_filter1d(np.eye(size), radius, axis=0, truncate=truncate, mode="nearest")
    return np.asarray(each, np.float32)


def step(values: Numbers, low: float, high: float) -> Array:
    """Return a smooth step of values: 0 up to ``low``, 1 from ``high``; it falls if ``low`` is the larger one."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def steps(values: Numbers, count: int, soft: float = 0.3) -> Array:
    """Return values 0…1 quantised to ``count`` even levels; a smooth rise takes the share ``soft`` of each level."""
    whole = np.clip(values, 0, 1) * count - 0.5
    floor = np.floor(whole)
    rise = step(np.asarray(whole - floor, np.float32), 0.5 - soft / 2, 0.5 + soft / 2)
    return np.asarray(np.clip((floor + rise + 0.0) / max(1, count - 1), 0, 1), np.float32)


def pull_to_inks(lab: Array, inks: Array, soft: float = 0.08) -> Array:
    """Return colours (h, w, 3) replaced by their nearest inks (n, 3), all in Oklab, mixed where several are near.

    Hue counts more than lightness; ``soft`` is the difference in distance up to which further inks are mixed in.
    """
    weights = np.asarray((0.55, 1, 1), np.float32) / soft
    near, far = lab * weights, inks * weights
    off = (far**2).sum(-1)[:, None] - 2 * (far @ near.reshape(-1, 3).T)
    shares = np.exp(np.maximum(off.min(0) - off, -40))
    return np.asarray(((inks.T @ shares) / shares.sum(0)).T.reshape(lab.shape), np.float32)


def contrast_shift(ground: Array, things: Array, cover: Array, extreme: float = 0.0) -> float:
    """Return the lightness, -0.3…0.3, to add to a ground (3,) so that things (h, w, 3) stand out, all in Oklab.

    ``cover`` (h, w) is the things' coverage. The result is near 0 if the colours differ already. ``extreme`` is
    :attr:`Field.extreme`: the ground gets darker behind things requested in white, and lighter behind black ones.
    """
    area = float(cover.sum()) + 1e-3
    mean = np.tensordot(cover, things, 2) / area
    like = float(np.exp(-((ground - mean) ** 2).sum() / 0.2**2))
    apart = 0.4 * float(step(ground[:1], 0.5, 0.7)[0]) - 0.2
    return like * (apart + (float(np.copysign(0.3, -extreme)) - apart) * abs(extreme))
