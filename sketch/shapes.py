"""A part of a drawing as it lies in a picture: where, how far each place is from its edge, and its colours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from sketch import colour
from sketch.backdrops.canvas import Numbers
from sketch.colour import Array
from sketch.parts import Part
from sketch.scene import Thing

MARGIN = 10
"""Pixels around a part in which its distances are measured."""


@dataclass(frozen=True)
class Shape:
    """A part as it lies in the picture: its distances and colours, and the affine way from the picture to them."""

    part: Part
    thing: Thing

    @cached_property
    def distances(self) -> Array:
        """Return signed distances in the part's own pixels, with a margin around it."""
        alpha = np.pad(self.part.alpha, MARGIN)
        inside = alpha > 0.5 * max(0.02, float(alpha.max()))
        away = ndimage.distance_transform_edt(inside) - ndimage.distance_transform_edt(~inside)
        # Half-covered pixels say more precisely where the edge is.
        edge = np.abs(away) <= 1
        return np.where(edge, alpha / max(0.02, float(alpha.max())) - 0.5, away - np.sign(away) * 0.5).astype(
            np.float32
        )

    @cached_property
    def colours(self) -> Array:
        """Return colours (h, w, 3), carried on beyond the edge from the nearest place inside."""
        picture = np.pad(self.part.picture, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)))
        solid = picture[..., 3] > 0.6 * max(0.02, float(picture[..., 3].max()))
        _, (rows, columns) = ndimage.distance_transform_edt(~solid, return_indices=True)
        carried = picture[rows, columns, :3]
        if self.thing.colour:
            carried = colour.recoloured(carried, self.thing.colour, self.part.light)
        return np.ascontiguousarray(carried, np.float32)

    @cached_property
    def opacity(self) -> float:
        """Return how densely it covers, inside."""
        return float(self.part.alpha.max())

    @cached_property
    def _weights(self) -> tuple[Numbers, Numbers, Array]:
        rows, columns = np.indices(self.part.alpha.shape, np.float32)
        u = np.asarray(self.part.left + (columns + 0.5) / self.part.side, np.float32)
        v = np.asarray(self.part.top + (rows + 0.5) / self.part.side, np.float32)
        x, y = self.placed(u, v)
        return x, y, self.part.alpha

    @cached_property
    def middle(self) -> tuple[float, float]:
        """Return the middle of what it covers, as shares of the picture's side."""
        x, y, weight = self._weights
        total = float(weight.sum()) + 1e-6
        return float((x * weight).sum() / total), float((y * weight).sum() / total)

    @cached_property
    def spread(self) -> tuple[float, float]:
        """Return how wide and high it spreads about its middle."""
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
        """Return the share of the picture that it covers."""
        return float(self.part.alpha.sum()) * (self.thing.size / self.part.side) ** 2

    @cached_property
    def tone(self) -> Array:
        """Return its mean colour in Oklab."""
        inner = self.colours[MARGIN:-MARGIN, MARGIN:-MARGIN]
        weight = self.part.alpha[..., None]
        return np.asarray((colour.lab(inner) * weight).sum((0, 1)) / (weight.sum() + 1e-6))

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of what it covers, in spreads about its middle."""
        x, y, weight = self._weights
        seen = weight > 0.3
        (mx, my), (sx, sy) = self.middle, self.spread
        if not seen.any():
            return (-2.0, -2.0, 2.0, 2.0)
        return (
            float((x[seen].min() - mx) / sx), float((y[seen].min() - my) / sy),
            float((x[seen].max() - mx) / sx), float((y[seen].max() - my) / sy),
        )  # fmt: skip

    def placed(self, u: Numbers, v: Numbers) -> tuple[Numbers, Numbers]:
        """Turn places in the drawing into places in the picture."""
        thing = self.thing
        du, dv = (u - 0.5) * thing.size, (v - 0.5) * thing.size
        if thing.mirrored:
            du = -du
        cosine, sine = math.cos(thing.turn), math.sin(thing.turn)
        return thing.x + du * cosine - dv * sine, thing.y + du * sine + dv * cosine

    def looked_up(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Return distances, as shares of the picture's side, and colours at places in the picture."""
        thing, side = self.thing, self.part.side
        dx, dy = x - thing.x, y - thing.y
        cosine, sine = math.cos(thing.turn), math.sin(thing.turn)
        du, dv = dx * cosine + dy * sine, dy * cosine - dx * sine
        if thing.mirrored:
            du = -du
        column = (du / thing.size + 0.5 - self.part.left) * side - 0.5 + MARGIN
        row = (dv / thing.size + 0.5 - self.part.top) * side - 0.5 + MARGIN
        high, wide = self.distances.shape
        beyond = np.hypot(column - column.clip(0, wide - 1), row - row.clip(0, high - 1))
        at = (row.clip(0, high - 1), column.clip(0, wide - 1))
        away = _bilinear(self.distances, *at) - beyond
        return away * (thing.size / side), _bilinear(self.colours, *at)


def _bilinear(table: Array, row: Array, column: Array) -> Array:
    """Look a table up between its places, which must lie within it."""
    top, left = row.astype(np.int32), column.astype(np.int32)
    below, right = np.minimum(top + 1, table.shape[0] - 1), np.minimum(left + 1, table.shape[1] - 1)
    down, across = (row - top).astype(np.float32), (column - left).astype(np.float32)
    if table.ndim == 3:
        down, across = down[..., None], across[..., None]
    upper = table[top, left] * (1 - across) + table[top, right] * across
    lower = table[below, left] * (1 - across) + table[below, right] * across
    return np.asarray(upper * (1 - down) + lower * down, np.float32)
