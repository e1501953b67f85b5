"""Recolour sketches with a table of colours, so that a picture has a painter's palette.

A table gives a new colour for each colour of a grid in sRGB, and colours between are interpolated. Its file is in the
``.cube`` format, which programs for photos and films read and write (Adobe, "Cube LUT Specification 1.0").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image, ImageFilter

from sketch import colour
from sketch.colour import Array

FILE = "palette.cube"
"""The name of a table's file in a model's folder."""

SIDE, SIDE_MAX = 17, 65
"""The number of colours along each side of the grid, and the most that a file may have."""

NEIGHBOURS = 12
"""The number of pairs that the new colour of a grid point is averaged over."""

HUE = 2.0
"""The weight of differences in hue and chroma relative to lightness, whose range is three times as large."""


class ColourTableError(Exception):
    """A file holds no table of colours."""


@dataclass(frozen=True)
class ColourTable:
    """A table of colours for a style.

    ``words`` are the style's words in prompts; ``colours`` (n, n, n, 3), sRGB 0…1, are indexed by blue, green and red.

        >>> grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 2)] * 3, indexing="ij")[::-1], -1).astype(np.float32)
        >>> negative = ColourTable("negative", 1 - grid)
        >>> sketch = np.ones((4, 1, 1), np.float32)
        >>> negative.recolour_sketch(sketch, 1.0)[:, 0, 0].tolist()
        [-1.0, -1.0, -1.0, 1.0]
    """

    words: str
    colours: Array

    def recolour_sketch(self, sketch: Array, share: float) -> Array:
        """Return a sketch (4, height, width), −1…1, in the table's colours by a share of 0…1; outlines stay."""
        if not share:
            return sketch
        rgb = (sketch[:3].transpose(1, 2, 0) / 2 + 0.5).astype(np.float32)
        mixed = rgb + np.float32(share) * (self._recolour(rgb) - rgb)
        return np.concatenate([mixed.transpose(2, 0, 1) * 2 - 1, sketch[3:]]).astype(np.float32)

    def recolour_guide(self, guide: Array, share: float) -> Array:
        """Return a guide (4, height, width), whose colours are multiplied by its coverage 0…1, in the table's colours.

        ``share``, 0…1, is how far the colours change.
        """
        coverage = guide[3:]
        shown = np.divide(guide[:3], coverage, out=np.zeros_like(guide[:3]), where=coverage > 0)
        recoloured = self.recolour_sketch(np.concatenate([shown, coverage]), share)
        return np.concatenate([recoloured[:3] * coverage, coverage]).astype(np.float32)

    def _recolour(self, rgb: Array) -> Array:
        """Return sRGB colours (height, width, 3), 0…1, in the table's colours, in 255 steps."""
        picture = Image.fromarray((rgb.clip(0, 1) * 255).round().astype(np.uint8)).filter(self._lookup)
        return np.asarray(picture, np.float32) / np.float32(255)

    @cached_property
    def _lookup(self) -> ImageFilter.Color3DLUT:
        """Return the table as Pillow's filter, which interpolates linearly; each picture of a walk needs it twice."""
        return ImageFilter.Color3DLUT(len(self.colours), self.colours.ravel())

    def to_text(self) -> str:
        """Return the table as the text of a ``.cube`` file."""
        rows = "\n".join(" ".join(f"{value:.4f}" for value in row) for row in self.colours.reshape(-1, 3))
        return f'TITLE "{self.words}"\nLUT_3D_SIZE {len(self.colours)}\n{rows}\n'

    @classmethod
    def from_text(cls, text: str) -> ColourTable:
        """Return the table of a ``.cube`` file whose title is the style's words.

        :raises ColourTableError: when the text is no such table.
        """
        lines = [line.strip() for line in text.splitlines()]
        facts = dict(line.split(maxsplit=1) for line in lines if line[:1].isalpha() and " " in line)
        rows = [line.split() for line in lines if line and not line[0].isalpha() and line[0] != "#"]
        try:
            side, colours = int(facts["LUT_3D_SIZE"]), np.array(rows, np.float32)
        except (KeyError, ValueError) as error:
            raise ColourTableError("it is no 3D table in the .cube format") from error
        if not 2 <= side <= SIDE_MAX or colours.shape != (side**3, 3):
            raise ColourTableError(f"it has {len(rows)} colours for a grid of {side} × {side} × {side}")
        if not (np.isfinite(colours).all() and colours.min() >= 0 and colours.max() <= 1):
            raise ColourTableError("it has colours outside 0…1")
        return cls(facts.get("TITLE", "").strip('"'), colours.reshape(side, side, side, 3))


def fit(words: str, colours: Array, new: Array) -> ColourTable:
    """Return the table that maps colours (n, 3) to new ones (n, 3), both in Oklab, as nearly as a smooth map can.

    A grid point moves by the weighted mean of the moves of the nearest colours.
    """
    axis = np.linspace(0, 1, SIDE, dtype=np.float32)
    grid = colour.lab(np.stack(np.meshgrid(axis, axis, axis, indexing="ij")[::-1], -1).reshape(-1, 3))
    apart = (((grid[:, None] - colours[None]) * np.array([1, HUE, HUE], np.float32)) ** 2).sum(-1)
    nearest = np.argsort(apart, axis=1)[:, : min(NEIGHBOURS, len(colours))]
    squared = np.take_along_axis(apart, nearest, 1)
    weights = np.exp(-squared / (squared[:, -1:] / 2 + 1e-6))[..., None]
    moves = (weights * (new - colours)[nearest]).sum(1) / weights.sum(1)
    return ColourTable(words, colour.rgb(grid + moves).reshape(SIDE, SIDE, SIDE, 3))
