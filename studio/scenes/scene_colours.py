"""Map a style's colours to colours of scenes, so that a model learns the style's palette.

If a picture's own colours were in its sketch, the model would learn to copy them, and would later keep the colours of
any scene. So a sketch gets colours such as scenes have. These are paired with the colours of all the style's pictures
at the least cost (optimal transport). A palette of two colours stands for many; a palette as large as the scenes' keeps
red things red.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.optimize import linear_sum_assignment

from sketch import colour, rendering
from sketch.colour import Array
from sketch.layers import drawn
from sketch.sketchbook import Sketchbook
from studio.scenes import subjects
from studio.scenes.picture_sketches import Mask

PAIRS = 1024
"""Number of colours on each side that are paired."""

SCENES = 128
"""Number of scenes that these colours come from."""

DRAWN = 64
"""Number of random pairs, of which the nearest moves a colour."""

ALIKE = 0.08
"""Distance below which colours of a style move as one, so that the grain of paper does not become a pattern."""

HUE = 2.0
"""Weight of differences in hue and chroma relative to lightness, which spans three times as much."""


def library_colours(book: Sketchbook, seed: int) -> Array:
    """Return colours (n, 3), in Oklab, of sketches of random scenes from a drawing library."""
    programme = subjects.Programme(subjects.Plan(SCENES, seed), book)
    scenes = (programme.subject(number).first.scene for number in range(SCENES))
    return sample_colours((rendering.draw(scene, book, drawn.SKETCH).sketch() for scene in scenes), SCENES, seed)


def sample_colours(sketches: Iterable[Array], count: int, seed: int) -> Array:
    """Return colours (n, 3), in Oklab, of random places: equally many from each of ``count`` sketches."""
    rng = np.random.default_rng(seed)
    each = -(-PAIRS // count)
    colours = [sketch[:3].reshape(3, -1)[:, rng.integers(sketch[0].size, size=each)].T for sketch in sketches]
    return colour.lab((np.concatenate(colours) / 2 + 0.5).astype(np.float32))


class SceneColours:
    """Pairs of colours: a style's, and those of scenes."""

    def __init__(self, own: Array, scenes: Array) -> None:
        """Pair random subsets of equal size of the colours (n, 3) and (m, 3), in Oklab."""
        rng = np.random.default_rng(len(own))
        count = min(PAIRS, len(own), len(scenes))
        own, scenes = (of[rng.permutation(len(of))[:count]] for of in (own, scenes))
        apart = (own[:, None] - scenes[None]) * np.array([1, HUE, HUE], np.float32)
        rows, columns = linear_sum_assignment((apart**2).sum(-1))
        self._own, self._moves = own[rows], scenes[columns] - own[rows]

    def laid_on(self, sketch: Array, inside: Mask | None, rng: np.random.Generator) -> Array:
        """Recolour a sketch (4, side, side) with colours of scenes, separately inside and outside of ``inside``.

        Small differences remain: each colour moves as the nearest of a few random pairs does.
        """
        of = colour.lab((sketch[:3].transpose(1, 2, 0) / 2 + 0.5).astype(np.float32))
        moved = self._moved(of, rng)
        if inside is not None:
            moved = np.where(inside[..., None], self._moved(of, rng), moved)
        return np.concatenate([colour.rgb(moved).transpose(2, 0, 1) * 2 - 1, sketch[3:]]).astype(np.float32)

    def _moved(self, of: Array, rng: np.random.Generator) -> Array:
        chosen: list[int] = []
        for pair in rng.integers(len(self._own), size=DRAWN):
            if not chosen or np.linalg.norm(self._own[chosen] - self._own[pair], axis=-1).min() > ALIKE:
                chosen.append(int(pair))
        apart = ((of[..., None, :] - self._own[chosen]) ** 2).sum(-1)
        return np.asarray(of + self._moves[chosen][apart.argmin(-1)], np.float32)
