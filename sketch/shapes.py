"""A part of a drawing placed in a picture: its position, its distance field and its colours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy  # which imports its ndimage when that is used
from numpy.typing import NDArray

from sketch import colour
from sketch.backdrops.canvas import Numbers
from sketch.colour import Array
from sketch.parts import Part
from sketch.scene import Thing

Indices = NDArray[np.intp]

MARGIN = 10
"""The width in pixels of the margin around a part in which distances and colours are computed."""


@dataclass(frozen=True)
class Shape:
    """A part of a drawing, placed in a picture by its thing; places in the picture map to distances and colours."""

    part: Part
    thing: Thing

    @cached_property
    def distances(self) -> Array:
        """Return each pixel's signed distance to the part's edge (h, w), in the part's pixels, positive inside.

        Like the colours, the distances include a margin of :data:`MARGIN` pixels around the part.
        """
        alpha = np.pad(self.part.alpha, MARGIN)
        inside = alpha > 0.5 * max(0.02, float(alpha.max()))
        away = scipy.ndimage.distance_transform_edt(inside) - scipy.ndimage.distance_transform_edt(~inside)
        # The alpha of edge pixels locates the edge more precisely.
        edge = np.abs(away) <= 1
        return np.where(edge, alpha / max(0.02, float(alpha.max())) - 0.5, away - np.sign(away) * 0.5).astype(
            np.float32
        )

    @cached_property
    def colours(self) -> Array:
        """Return the part's colours (h, w, 3); beyond the edge, those of the nearest pixel inside.

        They are recoloured if the thing has a colour.
        """
        picture = np.pad(self.part.picture, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)))
        solid = picture[..., 3] > 0.6 * max(0.02, float(picture[..., 3].max()))
        _, (rows, columns) = scipy.ndimage.distance_transform_edt(~solid, return_indices=True)
        carried = picture[rows, columns, :3]
        if self.thing.colour:
            carried = colour.recolour(carried, self.thing.colour, self.part.light)
        return np.ascontiguousarray(carried, np.float32)

    @cached_property
    def opacity(self) -> float:
        """Return the largest alpha of the part."""
        return float(self.part.alpha.max())

    @cached_property
    def _weights(self) -> tuple[Numbers, Numbers, Array]:
        """Return the x and the y in the picture of each pixel of the part, and its coverage, (h, w) each."""
        rows, columns = np.indices(self.part.alpha.shape, np.float32)
        u = np.asarray(self.part.left + (columns + 0.5) / self.part.side, np.float32)
        v = np.asarray(self.part.top + (rows + 0.5) / self.part.side, np.float32)
        x, y = self.to_picture(u, v)
        return x, y, self.part.alpha

    @cached_property
    def middle(self) -> tuple[float, float]:
        """Return the centre (x, y) of the part's coverage, as shares of the picture's side."""
        x, y, weight = self._weights
        total = float(weight.sum()) + 1e-6
        return float((x * weight).sum() / total), float((y * weight).sum() / total)

    @cached_property
    def spread(self) -> tuple[float, float]:
        """Return the standard deviations of the part's coverage, across and down, as shares of the picture's side."""
        x, y, weight = self._weights
        total = float(weight.sum()) + 1e-6
        mx, my = self.middle
        least = 0.3 * self.thing.size / self.part.side
        return (
            max(least, math.sqrt(float(((x - mx) ** 2 * weight).sum() / total))),
            max(least, math.sqrt(float(((y - my) ** 2 * weight).sum() / total))),
        )

    @cached_property
    def area(self) -> float:
        """Return the share of the picture that the part covers."""
        return float(self.part.alpha.sum()) * (self.thing.size / self.part.side) ** 2

    @cached_property
    def tone(self) -> Array:
        """Return the part's mean colour in Oklab (3,)."""
        inner = self.colours[MARGIN:-MARGIN, MARGIN:-MARGIN]
        weight = self.part.alpha[..., None]
        return np.asarray((colour.lab(inner) * weight).sum((0, 1)) / (weight.sum() + 1e-6))

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of the visible part, from its centre and in units of :attr:`spread`."""
        x, y, weight = self._weights
        seen = weight > 0.3
        (mx, my), (sx, sy) = self.middle, self.spread
        if not seen.any():
            return (-2.0, -2.0, 2.0, 2.0)
        return (
            float((x[seen].min() - mx) / sx),
            float((y[seen].min() - my) / sy),
            float((x[seen].max() - mx) / sx),
            float((y[seen].max() - my) / sy),
        )

    def to_picture(self, u: Numbers, v: Numbers) -> tuple[Numbers, Numbers]:
        """Return the places x, y in the picture of the places u, v in the drawing, all as shares of the side."""
        thing = self.thing
        du, dv = (u - 0.5) * thing.size, (v - 0.5) * thing.size
        if thing.mirrored:
            du = -du
        cosine, sine = math.cos(thing.turn), math.sin(thing.turn)
        return thing.x + du * cosine - dv * sine, thing.y + du * sine + dv * cosine

    def sample(self, x: Numbers, y: Numbers) -> Seen:
        """Return the part at the places x, y in the picture, shares of its side; the two are broadcast."""
        thing, side = self.thing, self.part.side
        dx, dy = x - thing.x, y - thing.y
        cosine, sine = math.cos(thing.turn), math.sin(thing.turn)
        du, dv = dx * cosine + dy * sine, dy * cosine - dx * sine
        if thing.mirrored:
            du = -du
        column = (du / thing.size + 0.5 - self.part.left) * side - 0.5 + MARGIN
        row = (dv / thing.size + 0.5 - self.part.top) * side - 0.5 + MARGIN
        return Seen(self, row, column)


class Seen:
    """A part's distances and colours interpolated at rows and columns, which may be fractions or lie outside."""

    def __init__(self, shape: Shape, row: Numbers, column: Numbers) -> None:
        self._shape = shape
        high, wide = shape.distances.shape
        # Most parts are small, so few calls of numpy matter more than little arithmetic.
        down, across = np.minimum(np.maximum(row, 0), high - 1), np.minimum(np.maximum(column, 0), wide - 1)
        self._beyond = np.hypot(row - down, column - across)
        upper, first = np.floor(down), np.floor(across)
        self._down, self._across = down - upper, across - first
        top, left = upper.astype(np.int32), first.astype(np.int32)
        below, right = np.minimum(top + 1, high - 1) * wide, np.minimum(left + 1, wide - 1)
        top *= wide
        self._corners = top + left, top + right, below + left, below + right

    @cached_property
    def away(self) -> Array:
        """Return each place's signed distance to the part's edge, as a share of the picture's side, positive inside."""
        corners = [self._shape.distances.reshape(-1).take(corner, mode="clip") for corner in self._corners]
        away = _bilinear(corners, self._down, self._across) - self._beyond
        return np.asarray(away * (self._shape.thing.size / self._shape.part.side))

    def colours(self, where: Indices) -> Array:
        """Return the colours (n, 3) at n of the places, given by their flat indices."""
        table = self._shape.colours.reshape(-1, 3)
        corners = [table.take(corner.take(where), axis=0, mode="clip") for corner in self._corners]
        return _bilinear(corners, self._down.take(where)[:, None], self._across.take(where)[:, None])


def _bilinear(corners: list[Array], down: Numbers, across: Numbers) -> Array:
    """Return the bilinear interpolation of four corners: upper left, upper right, lower left, lower right."""
    left = 1 - across
    upper, lower = corners[0] * left + corners[1] * across, corners[2] * left + corners[3] * across
    return np.asarray(upper * (1 - down) + lower * down, np.float32)
