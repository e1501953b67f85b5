"""The 256 colours of a GIF, and which of them each pixel gets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SAMPLE = 60_000
"""How many pixels the palette is computed from; more take longer without a visible difference."""
ROUNDS = 10
"""How often colours are moved to the means of their pixels; more rounds change little."""
BOX_SHARE = 8  # pixels
"""For how many pixels of a box median cut is given its colour once."""

BLOCK = 4  # pixels
"""The side of the blocks within which errors are passed on."""
PASSED_ON = 0.85
"""The share of an error that the next pixel makes good; all of it would be visible as grain."""
PATH = ((0, 0), (0, 1), (1, 1), (1, 0), (2, 0), (3, 0), (3, 1), (2, 1), (2, 2), (3, 2), (3, 3), (2, 3), (1, 3), (1, 2),
        (0, 2), (0, 3))  # fmt: skip
"""The pixels (row, column) of a block in the order of Hilbert's curve, in which each is beside the one before."""
BITS = 6
"""How many bits of each channel tell colours apart when the nearest of the palette is looked for."""
UNKNOWN = -1


def sample(frame: NDArray[np.uint8], index: int, count: int) -> NDArray[np.uint8]:
    """Return the pixels (n x 3) from which the palette is chosen, of the frame `index` of `count`."""
    pixels = frame.reshape(-1, 3)
    step = len(pixels) * count // SAMPLE + 1
    return pixels[-index * len(pixels) % step :: step].copy()  # a view would keep the whole frame


def choose(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return 256 colours (256 x 3) for pixels (n x 3): median cut's, moved to the means of their pixels.

    Heckbert, "Color image quantization for frame buffer display" (1982), then Lloyd, "Least squares quantization in
    PCM" (1982). Colours that no pixel is nearest to become those of the pixels that are farthest from theirs.
    Median cut is given the boxes of the histogram: with each pixel, it takes ten times as long and is no better.
    """
    colours, weights = _histogram(pixels)
    boxes = colours.round().astype(np.uint8).repeat(np.ceil(weights / BOX_SHARE).astype(int), 0)
    start = Image.fromarray(boxes[None]).quantize(256, Image.Quantize.MEDIANCUT)
    found = np.array(start.getpalette(), np.float32).reshape(-1, 3)
    palette = np.pad(found, ((0, 256 - len(found)), (0, 0)), mode="edge")
    for _ in range(ROUNDS):
        distances = _distances(colours, palette)
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


def _distances(colours: NDArray[np.float32], palette: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the squared distance of each colour (n x 3) to each of a palette (m x 3), less the colour's own square."""
    ones = np.ones((len(colours), 1), np.float32)
    found: NDArray[np.float32] = np.hstack([colours, ones]) @ np.vstack([-2 * palette.T, (palette**2).sum(1)])
    return found


class NearestColours:
    """For each colour the nearest of a palette, by squared differences of the channels, in steps of four levels.

    Pillow 13.0.0's ``quantize(palette=…)`` misses entries that a pixel equals. Each step of the colour cube is
    compared with the whole palette once, when a pixel is first in it.
    """

    def __init__(self, palette: NDArray[np.uint8]) -> None:
        self._palette = palette.astype(np.float32)
        self._table = np.full(1 << 3 * BITS, UNKNOWN, np.int16)

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the index of the nearest colour (…) for each pixel of a picture (… x 3)."""
        steps = (picture >> 8 - BITS).astype(np.int32)
        places = steps[..., 0] << 2 * BITS | steps[..., 1] << BITS | steps[..., 2]
        found = self._table.take(places)
        new = found == UNKNOWN
        if new.any():
            self._compare(np.unique(places[new]))
            found = self._table.take(places)
        return found.astype(np.uint8)

    def _compare(self, places: NDArray[np.int32]) -> None:
        steps = np.stack([places >> 2 * BITS, places >> BITS & (1 << BITS) - 1, places & (1 << BITS) - 1], -1)
        width = 1 << 8 - BITS
        self._table[places] = _distances(steps.astype(np.float32) * width + (width - 1) / 2, self._palette).argmin(1)


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
        in_blocks = whole.reshape(rows, BLOCK, columns, BLOCK, 3).transpose(1, 3, 0, 2, 4)
        wanted = in_blocks.astype(np.float32, order="C")
        chosen = np.empty(wanted.shape[:-1], np.uint8)
        error = np.zeros((rows, columns, 3), np.float32)
        for pixel in PATH:
            wanted[pixel] += np.float32(PASSED_ON) * error
            chosen[pixel] = self._nearest(wanted[pixel].round().clip(0, 255).astype(np.uint8))
            error = wanted[pixel] - self._palette.take(chosen[pixel], 0)
        return chosen.transpose(2, 0, 3, 1).reshape(whole.shape[:2])[:height, :width]
