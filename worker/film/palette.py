"""The 256 colours of a GIF, and which of them each pixel gets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SAMPLE = 60_000
"""How many pixels the palette is computed from; more take longer without a visible difference."""
ROUNDS = 10
"""How often colours are moved to the means of their pixels; more rounds change little."""

BLOCK = 4  # pixels
"""The side of the blocks within which errors are passed on."""
PASSED_ON = 0.85
"""The share of an error that the next pixel makes good; all of it would be visible as grain."""
PATH = ((0, 0), (0, 1), (1, 1), (1, 0), (2, 0), (3, 0), (3, 1), (2, 1), (2, 2), (3, 2), (3, 3), (2, 3), (1, 3), (1, 2),
        (0, 2), (0, 3))  # fmt: skip
"""The pixels (row, column) of a block in the order of Hilbert's curve, in which each is beside the one before."""
BITS = 6
"""How many bits of each channel tell colours apart when the nearest of the palette is looked for."""


def sample(frame: NDArray[np.uint8], index: int, count: int) -> NDArray[np.uint8]:
    """Return the pixels (n x 3) from which the palette is chosen, of the frame `index` of `count`."""
    pixels = frame.reshape(-1, 3)
    step = len(pixels) * count // SAMPLE + 1
    return pixels[-index * len(pixels) % step :: step].copy()  # a view would keep the whole frame


def choose(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return 256 colours (256 x 3) for pixels (n x 3): median cut's, moved to the means of their pixels.

    Heckbert, "Color image quantization for frame buffer display" (1982), then Lloyd, "Least squares quantization in
    PCM" (1982). Colours that no pixel is nearest to become those of the pixels that are farthest from theirs.
    """
    start = Image.fromarray(pixels[None]).quantize(256, Image.Quantize.MEDIANCUT)
    found = np.array(start.getpalette(), np.float32).reshape(-1, 3)
    palette = np.pad(found, ((0, 256 - len(found)), (0, 0)), mode="edge")
    colours, weights = _histogram(pixels)
    for _ in range(ROUNDS):
        distances = (palette**2).sum(1) - 2 * colours @ palette.T
        nearest = distances.argmin(1)
        sums = np.stack(
            [np.bincount(nearest, weights * each, minlength=256) for each in (*colours.T, np.float32(1))], -1
        )
        used = sums[:, 3] > 0
        palette[used] = (sums[used, :3] / sums[used, 3:]).astype(np.float32)
        error = (distances[np.arange(len(colours)), nearest] + (colours**2).sum(1)) * weights
        worst = np.argsort(-error, kind="stable")[: (~used).sum()]
        palette[np.flatnonzero(~used)[: len(worst)]] = colours[worst]
    return palette.round().clip(0, 255).astype(np.uint8)


def _histogram(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean colour and the number of pixels of each box of five bits a channel that has pixels."""
    boxes = (pixels >> 3) @ np.array([1 << 10, 1 << 5, 1], np.uint32)
    counts = np.bincount(boxes, minlength=1 << 15)
    sums = np.stack([np.bincount(boxes, channel, minlength=1 << 15) for channel in pixels.T], -1)
    there = counts > 0
    return (sums[there] / counts[there, None]).astype(np.float32), counts[there].astype(np.float32)


class NearestColours:
    """For each colour the nearest of a palette, by squared differences of the channels, in steps of four levels.

    Pillow 13.0.0's ``quantize(palette=…)`` misses entries that a pixel equals. Each step of the colour cube is
    compared with the whole palette once, when a pixel is first in it.
    """

    def __init__(self, palette: NDArray[np.uint8]) -> None:
        self._palette = palette.astype(np.float32)
        self._squares = (self._palette**2).sum(1)
        self._table = np.zeros(1 << 3 * BITS, np.uint8)
        self._known = np.zeros(1 << 3 * BITS, bool)

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the index of the nearest colour for each pixel (height x width) of a picture (height x width x 3)."""
        red, green, blue = (picture[..., channel].astype(np.uint32) >> 8 - BITS for channel in range(3))
        places = red << 2 * BITS | green << BITS | blue
        new = places[~self._known[places]]
        if new.size:
            self._compare(np.unique(new))
        found: NDArray[np.uint8] = self._table[places]
        return found

    def _compare(self, places: NDArray[np.uint32]) -> None:
        steps = np.stack([places >> 2 * BITS, places >> BITS & (1 << BITS) - 1, places & (1 << BITS) - 1], -1)
        width = 1 << 8 - BITS
        colours = steps.astype(np.float32) * width + (width - 1) / 2
        self._table[places] = (self._squares - 2 * colours @ self._palette.T).argmin(1)
        self._known[places] = True


class Ditherer:
    """Gives each pixel a colour of a palette, so that a block of pixels has on average the colour that it should have.

    Within a block, the error of each pixel is passed on to the next (Velho and Gomes, "Digital halftoning with space
    filling curves", 1991). A block depends on no other, so that a still ground does not flicker.
    """

    def __init__(self, palette: NDArray[np.uint8]) -> None:
        self._palette = palette.astype(np.float32)
        self._nearest = NearestColours(palette)

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the index of a colour for each pixel (height x width) of a picture (height x width x 3)."""
        height, width, _ = picture.shape
        whole = np.pad(picture, ((0, -height % BLOCK), (0, -width % BLOCK), (0, 0)), mode="edge")
        rows, columns = (side // BLOCK for side in whole.shape[:2])
        blocks = whole.reshape(rows, BLOCK, columns, BLOCK, 3).astype(np.float32)
        chosen = np.empty((rows, BLOCK, columns, BLOCK), np.uint8)
        error = np.zeros((rows, columns, 3), np.float32)
        for row, column in PATH:
            wanted = blocks[:, row, :, column] + PASSED_ON * error
            chosen[:, row, :, column] = self._nearest(wanted.round().clip(0, 255).astype(np.uint8))
            error = wanted - self._palette[chosen[:, row, :, column]]
        return chosen.reshape(whole.shape[:2])[:height, :width]
