"""A GIF that chats accept: scaled down until it has at most ``CHAT_BYTES``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.film.encoding import Frame, GifWriter

CHAT_BYTES = 10_000_000
"""What Discord takes without a subscription; most other chats and mail servers take more."""
ROOM = 0.92
"""The share of ``CHAT_BYTES`` that a try aims at, since small pictures compress less well."""
TRIES = 4
SIDE_MIN = 64  # pixels


def shrink(
    film: Callable[[], Iterable[tuple[Frame, int]]], sample: Sequence[NDArray[np.uint8]], *, comment: str, size: int
) -> bytes | None:
    """Return a film as a smaller GIF of at most ``CHAT_BYTES``; ``None`` if it would have to be too small to see.

    :param film: yields the frames (h, w, 3) with the milliseconds for which each is shown; called for each try.
    :param sample: pixels of the frames, from which the palette is chosen (see :class:`GifWriter`).
    :param comment: the recipe, stored inside.
    :param size: the bytes of the GIF at its full size.
    """
    scale = 1.0
    for _ in range(TRIES):
        scale *= sqrt(ROOM * CHAT_BYTES / size)
        writer = GifWriter(sample, comment=comment)
        for frame, ms in film():
            small = _scaled(frame, scale)
            if min(small.shape[:2]) < SIDE_MIN:
                return None
            writer.add(small, ms)
        written = writer.finish()
        if (size := len(written)) <= CHAT_BYTES:
            return written
    return None


def _scaled(frame: Frame, scale: float) -> Frame:
    height, width = (max(1, round(side * scale)) for side in frame.shape[:2])
    return np.asarray(Image.fromarray(frame).resize((width, height), Image.Resampling.BOX))
