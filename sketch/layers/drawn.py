"""A drawn scene as layers, the sketch that leads a painter, and the guide that a decoder is shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sketch.colour import Array
from sketch.layers import channels, distance

SKETCH = 64
"""The side of a sketch for a picture of 256 pixels."""

FOLD = 4
"""How many pixels of the picture one of the sketch stands for, along each side."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A scene at some size: ``things`` (h, w, 4) with straight alpha, ``ground`` (h, w, 3), sRGB 0…1.

    ``numbers`` (h, w) tells which thing is in front at each place, from 1; 0 is the ground. ``unoutlined``, 0…1, says
    how far its outlines count for nothing, as those of a photo do in which no thing was found. ``graphic``,
    0…1 or (h, w), is how far the picture is to show the very marks that were drawn: those of a graphic style, whose
    picture is all ``ground``. ``turned`` (h, w), between two scenes, is how far each pixel shows the composition of the
    last one; None where that is the same everywhere.
    """

    things: Array
    ground: Array
    numbers: NDArray[np.int16]
    unoutlined: float = 0.0
    graphic: Array | float = 0.0
    turned: Array | None = None

    @property
    def picture(self) -> Array:
        """Lay the things over the ground: (h, w, 3)."""
        alpha = self.things[..., 3]
        return channels.times(self.things[..., :3], alpha) + channels.times(self.ground, 1 - alpha)

    def sketch(self, size: int = SKETCH) -> Array:
        """Draw it small, ``size`` pixels high: (4, size, width), three colours and the distance ÷ 64, all -1…1."""
        return sketched(self.picture, self.numbers, size, unoutlined=self.unoutlined)

    def guide(self, side: int) -> Array:
        """Return what a decoder is shown, ``side`` pixels high: (4, side, width), colours within -1…1 and their share.

        Only marks that the scene draws by itself are shown, and the share says where they are; of what is painted there
        is nothing to see, since a decoder that is shown the drawing copies it.

        :raises ValueError: where the picture's sides are no multiples of the guide's.
        """
        high, wide = self.numbers.shape
        if high % side or wide % (high // side):
            raise ValueError(f"A guide {side} pixels high cannot be made of a picture of {high} x {wide}.")
        share = np.broadcast_to(np.asarray(self.graphic, np.float32), (high, wide))[..., None]
        shown = averaged(np.concatenate([(self.picture * 2 - 1) * share, share], -1), high // side)
        return np.ascontiguousarray(np.clip(shown, -1, 1).transpose(2, 0, 1), np.float32)


def sketched(picture: Array, numbers: NDArray[np.int16], size: int = SKETCH, *, unoutlined: float = 0.0) -> Array:
    """Make a sketch ``size`` high of a picture (h, w, 3) and the numbers of its things (h, w), multiples of it.

    It leads a picture of four times its size, in whose pixels distances are. The more it is ``unoutlined``, the nearer
    these come to what a painter knows from pictures without an outline: 1 everywhere.

    :raises ValueError: where the sides do not fit.
    """
    side, wide = numbers.shape
    if side % size or wide % (side // size):
        raise ValueError(f"A sketch {size} pixels high cannot be made of a picture of {side} x {wide}.")
    unit = FOLD * size / side
    away = unoutlined + (1 - unoutlined) * distance.signed(numbers, unit) / distance.CLAMP
    held = np.concatenate([picture * 2 - 1, away[..., None]], -1)
    return np.ascontiguousarray(np.clip(averaged(held, side // size), -1, 1).transpose(2, 0, 1), np.float32)


def averaged(picture: Array, step: int) -> Array:
    """Make a picture (h, w, c) smaller, each pixel the mean of ``step`` by ``step``."""
    if step == 1:
        return picture
    rows = np.add.reduce([picture[at::step] for at in range(step)])  # several times as fast as a mean over two axes
    return np.asarray(np.add.reduce([rows[:, at::step] for at in range(step)]) / step**2)
