"""Smoothness metrics of films: uniformity of the steps, maximum step ratio, and morphing instead of cross-fading.

The same metrics are used everywhere, so that films, models and schedules can be compared. Uniformity (`evenness`) and
maximum step ratio (`jump`) are computed from the root-mean-square difference of neighbouring frames in sRGB, each
box-averaged to 48 x 48, read from the written GIF. They cannot distinguish a morph from a cross-fade, which is
perfectly uniform; `morph`, at 64 x 64, can.
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
"""The side in pixels of the thumbnails from which `morph` is computed."""


@dataclass(frozen=True, slots=True)
class Smoothness:
    """The metrics of a film: `evenness` (1 is uniform), `jump` (1 is no jump), and every step between frames."""

    evenness: float
    jump: float
    steps: list[float]


def smoothness(frames: Iterable[NDArray[np.uint8]]) -> Smoothness:
    """Return the smoothness of a film of RGB frames (height x width x 3, uint8).

    `steps` are the differences of neighbours (0-255), evenness is 1 - Gini of them, jump is the largest over the mean.
    A film without any change, or of one frame, counts as perfectly uniform: evenness 1, jump 1.
    """
    small = [box_averaged(frame, SIDE) for frame in frames]
    steps = np.array([((a - b) ** 2).mean() ** 0.5 for a, b in itertools.pairwise(small)])
    if not steps.any():
        return Smoothness(1.0, 1.0, steps.tolist())
    return Smoothness(1 - _gini(steps), float(steps.max() / steps.mean()), steps.tolist())


def morph(thumbnails: Sequence[NDArray[np.floating]], positions: Sequence[float], *, stops: int) -> float | None:
    """Return how far the frames between stops differ from a cross-fade of those stops: 0 is a cross-fade.

    `thumbnails` are the film's pictures by `box_averaged` at `MORPH_SIDE`, `positions` their places (leg + t, rising,
    all stops among them); in a closed walk the last leg leads from the last stop to the first. For each inner frame,
    the best blend of the leg's two stops is subtracted; the root mean square of the rest is divided by that of the
    stops' difference. The result is the median over frames; None where no leg has an inner frame, or all stops are
    equal.
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
    """Yield the frames of an animated picture as RGB arrays, as a viewer would show them."""
    with Image.open(io.BytesIO(gif)) as film:
        for frame in ImageSequence.Iterator(film):
            yield np.asarray(frame.convert("RGB"))


def box_averaged(frame: NDArray[np.uint8], side: int) -> NDArray[np.float64]:
    """Return a picture averaged to side x side x 3, 0-255."""
    return np.asarray(Image.fromarray(frame).resize((side, side), Image.Resampling.BOX), dtype=np.float64)


def _gini(values: NDArray[np.float64]) -> float:
    ordered, n = np.sort(values), len(values)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum()))
