"""A drawn scene as layers; its sketch, which conditions the model, and its guide, which conditions the decoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sketch.colour import Array
from sketch.layers import channels, distance

SKETCH = 64
"""The side in pixels of the sketch for a picture of side 256."""

FOLD = 4
"""The number of the picture's pixels per pixel of the sketch, along each side."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn scene: ``things`` (h, w, 4) with straight alpha in front of ``ground`` (h, w, 3), sRGB 0…1.

    ``numbers`` (h, w) holds the number of the thing in front at each pixel, from 1; 0 is the ground. ``unoutlined``,
    0…1, is how far outlines are ignored, as in a photo without segmented things. ``graphic``, 0…1 or (h, w), is how far
    the model's picture must show the drawn marks themselves, as in a graphic style, whose picture is all ``ground``.
    ``turned`` (h, w), 0…1, is how far each pixel of a transition shows the composition of the last scene already; None
    if it is the same everywhere.
    """

    things: Array
    ground: Array
    numbers: NDArray[np.int16]
    unoutlined: float = 0.0
    graphic: Array | float = 0.0
    turned: Array | None = None

    @property
    def picture(self) -> Array:
        """Return the things blended over the ground: (h, w, 3), sRGB 0…1."""
        alpha = self.things[..., 3]
        return channels.times(self.things[..., :3], alpha) + channels.times(self.ground, 1 - alpha)

    def sketch(self, size: int = SKETCH) -> Array:
        """Return the scene's sketch (4, size, width), as :func:`make_sketch` does.

        :raises ValueError: when the picture's sides are no multiples of the sketch's.
        """
        return make_sketch(self.picture, self.numbers, size, unoutlined=self.unoutlined)

    def guide(self, side: int) -> Array:
        """Return the decoder's guide, ``side`` pixels high: (4, side, width), RGB -1…1 and coverage 0…1.

        Only marks that the scene itself draws are included, and the coverage says where they are. The parts that the
        model generates stay empty, because a decoder that sees their drawing copies it.

        :raises ValueError: when the picture's sides are no multiples of the guide's.
        """
        high, wide = self.numbers.shape
        if high % side or wide % (high // side):
            raise ValueError(f"A guide {side} pixels high cannot be made of a picture of {high} x {wide}.")
        share = np.broadcast_to(np.asarray(self.graphic, np.float32), (high, wide))[..., None]
        shown = average(np.concatenate([(self.picture * 2 - 1) * share, share], -1), high // side)
        return np.ascontiguousarray(np.clip(shown, -1, 1).transpose(2, 0, 1), np.float32)


def make_sketch(picture: Array, numbers: NDArray[np.int16], size: int = SKETCH, *, unoutlined: float = 0.0) -> Array:
    """Return the sketch (4, size, width) of a picture (h, w, 3), 0…1, with the numbers of its things (h, w): all -1…1.

    Its channels are RGB, and the signed distance to the nearest outline divided by 64. A sketch conditions a picture of
    four times its size, whose pixels are the unit of the distances. ``unoutlined``, 0…1, moves the distances towards 1,
    the value that the model knows from pictures without outlines.

    :raises ValueError: when the picture's sides are no multiples of the sketch's.
    """
    side, wide = numbers.shape
    if side % size or wide % (side // size):
        raise ValueError(f"A sketch {size} pixels high cannot be made of a picture of {side} x {wide}.")
    unit = FOLD * size / side
    away = unoutlined + (1 - unoutlined) * distance.signed(numbers, unit) / distance.CLAMP
    stack = np.concatenate([picture * 2 - 1, away[..., None]], -1)
    return np.ascontiguousarray(np.clip(average(stack, side // size), -1, 1).transpose(2, 0, 1), np.float32)


def average(picture: Array, step: int) -> Array:
    """Return a picture (h, w, c) averaged over blocks of ``step`` by ``step`` pixels, which must fill it exactly."""
    if step == 1:
        return picture
    rows = np.add.reduce([picture[at::step] for at in range(step)])  # several times as fast as np.mean over two axes
    return np.asarray(np.add.reduce([rows[:, at::step] for at in range(step)]) / step**2)
