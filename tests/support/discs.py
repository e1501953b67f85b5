"""Fields to draw marks in: a disc, half of it lighter, with a dark eye, before a plain ground."""

from collections.abc import Sequence

import numpy as np

from sketch import colour
from sketch.marks.field import Field


def disc(
    inks: Sequence[str], *, side: int = 128, radius: float = 74, tone: tuple[float, float, float] = (0.8, 0.3, 0.2),
    columns: int = 1, seed: int = 3, is_place: float = 0.0,
) -> Field:  # fmt: skip
    """Return a field with a disc in a tone in its middle; the layout has a row of cells."""
    unit = 256 / side
    at = (np.arange(side, dtype=np.float32) + 0.5) * unit - 128
    x, y = at[None, :], at[:, None]
    cover = np.clip((radius - np.hypot(x, y)) / unit + 0.5, 0, 1)
    light = np.where(x < 0, 1, 0.75) * np.where(np.hypot(x + 20, y + 20) < 12, 0.15, 1)
    things = np.concatenate([np.float32(tone) * light[..., None], cover[..., None]], -1).astype(np.float32)
    ground = np.full((side, side, 3), 0.7, np.float32)
    cells = np.broadcast_to((np.arange(side) * columns // side).astype(np.int16), (side, side))
    chosen = np.stack([colour.parse_hex(ink) for ink in inks])
    return Field(things, ground, cells, chosen, seed=seed, is_place=is_place)
