"""The smoothness of films: how evenly the pictures change, how large the largest jump is, and how far they are a morph.

The same measure everywhere, so that films, models and schedules can be compared. Evenness and jump: the
root-mean-square difference of neighbouring frames in sRGB, each box-averaged to 48 x 48, taken from the written GIF.
They cannot tell a morph from a cross-fade, which is as even as can be; `morph` can, at 64 x 64.
"""

import io
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageSequence

SIDE = 48

MORPH_SIDE = 64
"""How many pixels a side the pictures have in which `morph` looks for what a cross-fade does not hold."""


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
    small = [box_averaged(frame, SIDE) for frame in frames]
    steps = np.array([((a - b) ** 2).mean() ** 0.5 for a, b in itertools.pairwise(small)])
    if not steps.any():
        return Smoothness(1.0, 1.0, steps.tolist())
    return Smoothness(1 - _gini(steps), float(steps.max() / steps.mean()), steps.tolist())


def morph(thumbnails: Sequence[NDArray[np.floating]], positions: Sequence[float], *, stops: int) -> float | None:
    """Return how much of the frames between stops is no cross-fade of those stops: 0 is a cross-fade.

    `thumbnails` are the film's pictures by `box_averaged` at `MORPH_SIDE`, `positions` where they lie (leg + t, rising,
    all stops among them); in a closed walk the last leg leads from the last stop to the first. Of each inner frame, the
    root mean square of what its nearest blend of the leg's two stops leaves of it, over that of the stops' difference;
    of these the median. None where no leg has an inner frame, or all stops are alike.
    """
    ends = {int(position): picture for position, picture in zip(positions, thumbnails, strict=True)
            if float(position).is_integer()}  # fmt: skip
    left_over = []
    for position, picture in zip(positions, thumbnails, strict=True):
        leg = math.floor(position)
        if leg == position:
            continue
        first, last = ends[leg], ends[(leg + 1) % stops]
        between = first - last
        power = float((between**2).mean())
        if power:
            share = float(((picture - last) * between).mean()) / power
            rest = picture - last - min(1.0, max(0.0, share)) * between
            left_over.append(math.sqrt(float((rest**2).mean()) / power))
    return float(np.median(left_over)) if left_over else None


def read_frames(gif: bytes) -> Iterator[NDArray[np.uint8]]:
    """Read the frames of an animated picture one by one, as RGB arrays, as a viewer would show them."""
    with Image.open(io.BytesIO(gif)) as film:
        for frame in ImageSequence.Iterator(film):
            yield np.asarray(frame.convert("RGB"))


def box_averaged(frame: NDArray[np.uint8], side: int) -> NDArray[np.float64]:
    """Return a picture averaged to side x side x 3, 0-255."""
    return np.asarray(Image.fromarray(frame).resize((side, side), Image.Resampling.BOX), dtype=np.float64)


def _gini(values: NDArray[np.float64]) -> float:
    ordered, n = np.sort(values), len(values)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum()))
