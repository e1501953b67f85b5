"""Fields of simple forms, for tests of marks."""

import numpy as np

from sketch.marks.field import Field


def disc(side: int = 128, radius: float = 70.0, *, lightness: float = 0.4) -> Field:
    """Make a field with a grey disc of a radius in units in its middle, on light ground."""
    at = (np.arange(side, dtype=np.float32) + 0.5) * 256 / side
    far = np.hypot(at[None, :] - 128, at[:, None] - 128)
    things = np.full((side, side, 4), lightness, np.float32)
    things[..., 3] = np.clip((radius - far) * side / 256 + 0.5, 0, 1)
    inks = np.asarray([[0.9, 0.9, 0.8], [0.1, 0.1, 0.2]], np.float32)
    return Field(things, np.full((side, side, 3), 0.8, np.float32), np.zeros((side, side), np.int16), inks)
