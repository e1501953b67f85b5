"""Measures of a film's pictures in addition to smoothness: distance to a reference, sharpness, defective frames.

Pure arithmetic on arrays. No network is used as a judge: offline, none is available that has seen more than the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.film import smoothness_measure

Picture = NDArray[np.uint8]

WINDOW = 8
"""The side in pixels of the windows in which SSIM compares structure."""

BLOCK = 16
"""The side in pixels of the blocks of :func:`local_sharpness`."""

SCALES = 3
"""The number of scales of SSIM, each half of the one before; 128 pixels allow no more."""

BLACK = 24
"""A picture whose channels are all below this value is black."""

DOUBLED = 0.02
"""A step below this share of the film's mean step is a frame shown twice."""


def rms(a: Picture, b: Picture) -> float:
    """Return the distance of two pictures: root mean square at 48 x 48 in sRGB, 0-255."""
    (step,) = smoothness_measure.smoothness([a, b]).steps
    return step


def ssim(a: Picture, b: Picture) -> float:
    """Return the structural similarity of two pictures in grey (Wang et al., IEEE TIP 2004), in 8 x 8 windows."""
    return _ssim(_grey(a), _grey(b))


def ms_ssim(a: Picture, b: Picture) -> float:
    """Return the mean of the SSIM at three scales: 1 for the same picture."""
    x, y = _grey(a), _grey(b)
    found = []
    for _ in range(SCALES):
        found.append(_ssim(x, y))
        x, y = _halve(x), _halve(y)
    return float(np.mean(found))


def sharpness(picture: Picture) -> float:
    """Return the variance of the Laplacian of a picture in grey: large for edges, small for ghosts and blur."""
    grey = _grey(picture)
    inner = grey[1:-1, 1:-1]
    return float((grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner).var())


def local_sharpness(picture: Picture) -> float:
    """Return the geometric mean, over blocks of 16 x 16 pixels, of the Laplacian's root mean square plus one level.

    Unlike :func:`sharpness` it sees a blurred half beside a half of sharp marks, whatever the marks' contrast.
    """
    grey = _grey(picture)
    inner = grey[1:-1, 1:-1]
    laplacian = np.pad(grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner, 1)
    height, width = (side // BLOCK for side in laplacian.shape)
    blocks = laplacian[: height * BLOCK, : width * BLOCK].reshape(height, BLOCK, width, BLOCK)
    return float(np.exp(np.log(np.sqrt((blocks**2).mean((1, 3))) + 1).mean()))


def middle_sharpness(frames: Sequence[Picture]) -> float:
    """Return the sharpness of a film's middle third relative to its two ends."""
    third = len(frames) // 3
    middle = np.mean([sharpness(frame) for frame in frames[third : len(frames) - third]])
    return float(middle / np.mean([sharpness(frames[0]), sharpness(frames[-1])]))


def black_frames(frames: Sequence[Picture]) -> int:
    """Return the number of black frames."""
    return sum(int(frame.max()) < BLACK for frame in frames)


def doubled_frames(steps: Sequence[float]) -> int:
    """Return the number of a film's steps that are almost zero."""
    return int((np.asarray(steps) < DOUBLED * np.mean(steps)).sum())


def fit(picture: Picture, own: Picture, others: Mapping[str, Picture]) -> float:
    """Return how clearly a picture is nearer to its own reference than to the nearest other one; 1 is certain.

    0.5 means that it could as well be the other one. It stands in for a viewer who knows the prompts.
    """
    apart = min(rms(picture, other) for other in others.values())
    near = rms(picture, own)
    return apart / (near + apart) if near + apart else 0.5


def _grey(picture: Picture) -> NDArray[np.float64]:
    return np.asarray(Image.fromarray(picture).convert("L"), np.float64)


def _halve(x: NDArray[np.float64]) -> NDArray[np.float64]:
    height, width = x.shape[0] // 2 * 2, x.shape[1] // 2 * 2
    return x[:height, :width].reshape(height // 2, 2, width // 2, 2).mean((1, 3))


def _ssim(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mx, my = _windows(x), _windows(y)
    vx, vy, both = _windows(x * x) - mx * mx, _windows(y * y) - my * my, _windows(x * y) - mx * my
    similarity = (2 * mx * my + c1) * (2 * both + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    return float(similarity.mean())


def _windows(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the means of all windows, by integral images."""
    sums = np.pad(x, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    size = min(WINDOW, *x.shape)
    corners = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    return np.asarray(corners / size**2)
