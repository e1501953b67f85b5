"""The smoothness of films: how evenly the pictures change, and how large the largest jump is.

The same measure everywhere, so that films, models and schedules can be compared: the root-mean-square difference of
neighbouring frames in sRGB, each box-averaged to 48 x 48, taken from the written GIF.
"""

import io
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageSequence

SIDE = 48


@dataclass(frozen=True, slots=True)
class Smoothness:
    """What was measured: `evenness` (1 is even), `jump` (1 is no jump), and every step from frame to frame."""

    evenness: float
    jump: float
    steps: list[float]


def smoothness(frames: Iterable[NDArray[np.uint8]]) -> Smoothness:
    """Measure a film of RGB frames (height x width x 3, uint8).

    `steps` are the differences of neighbours (0-255), evenness is 1 - Gini of them, jump is the largest over the
    mean. A film without any change, or of one frame, counts as perfectly even: evenness 1, jump 1.
    """
    small = [_box_averaged(frame) for frame in frames]
    steps = np.array([((a - b) ** 2).mean() ** 0.5 for a, b in itertools.pairwise(small)])
    if not steps.any():
        return Smoothness(1.0, 1.0, steps.tolist())
    return Smoothness(1 - _gini(steps), float(steps.max() / steps.mean()), steps.tolist())


def read_frames(gif: bytes) -> Iterator[NDArray[np.uint8]]:
    """Read the frames of an animated picture one by one, as RGB arrays, as a viewer would show them."""
    with Image.open(io.BytesIO(gif)) as film:
        for frame in ImageSequence.Iterator(film):
            yield np.asarray(frame.convert("RGB"))


def _box_averaged(frame: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.asarray(Image.fromarray(frame).resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float64)


def _gini(values: NDArray[np.float64]) -> float:
    ordered, n = np.sort(values), len(values)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum()))
