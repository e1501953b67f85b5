"""The poster of a walk: the one of its frames that stands for the film where nothing plays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NEAR = 1e-6
"""By how much positions may differ that count as equally far from a stop."""
SAMPLED = 4
"""The distance in pixels at which pictures are sampled to measure how colourful they are."""


def choose(pictures: Sequence[NDArray[np.uint8]], positions: Sequence[float]) -> int:
    """Return the index of a walk's poster: of the frames nearest to its stops, the most colourful.

    A film's middle is neither one thing nor the other, and in some styles a patchwork of both. The frame at a stop is
    what a prompt asked for, and the clearest picture of the film. Of several stops, the most colourful has the
    best chance to be looked at: pale grounds and small drawings lose against full ones. Only frames at stops are
    loaded.

    :param pictures: the frames of the film, of shape (height, width, 3).
    :param positions: the position of each frame on the walk; stops have whole numbers.
    """
    distances = [abs(position - round(position)) for position in positions]
    nearest = min(distances)
    at_stops = [index for index, distance in enumerate(distances) if distance <= nearest + NEAR]
    return max(at_stops, key=lambda index: colourfulness(pictures[index]))


def colourfulness(picture: NDArray[np.uint8]) -> float:
    """Return how colourful a picture is, 0 for grey ones (Hasler and Süsstrunk, "Measuring colourfulness", 2003)."""
    red, green, blue = np.moveaxis(picture[::SAMPLED, ::SAMPLED].astype(np.float64), -1, 0)
    opponents = np.stack([red - green, (red + green) / 2 - blue]).reshape(2, -1)
    return float(np.hypot(*opponents.std(axis=1)) + 0.3 * np.hypot(*opponents.mean(axis=1)))
