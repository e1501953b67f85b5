"""Pair a style's colours with colours of scenes, so that pictures of scenes get the style's palette.

The colours of all the style's pictures are paired with colours of scenes at the least total difference (optimal
transport). With a palette of two colours, each of them stands for many colours of scenes; with a palette as large as
that of scenes, red things stay red. The pairs are used in one of two ways. Either scenes are recoloured when pictures
are generated, by a table made of the pairs. Or training sketches get colours such as scenes have, so that the model
learns to answer these with the style's.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.optimize import linear_sum_assignment

from sketch import colour, rendering
from sketch.colour import Array
from sketch.layers import drawn
from sketch.sketchbook import Sketchbook
from sketch.styling import colour_table
from sketch.styling.colour_table import HUE, ColourTable
from studio.scenes import subjects
from studio.scenes.picture_sketches import Mask

PAIRS = 1024
"""The number of pairs of colours."""

SCENES = 128
"""The number of scenes that the colours of scenes are taken from."""

DRAWN = 64
"""The number of pairs drawn at random for a sketch; each of its colours moves as the nearest of them does."""

ALIKE = 0.08
"""The least distance of two colours that move differently, so that the grain of paper does not become a pattern."""


def library_colours(book: Sketchbook, seed: int) -> Array:
    """Return colours (n, 3), in Oklab, from sketches of random scenes of a drawing library."""
    programme = subjects.Programme(subjects.Plan(SCENES, seed), book)
    scenes = (programme.subject(number).first.scene for number in range(SCENES))
    return sample_colours((rendering.draw(scene, book, drawn.SKETCH).sketch() for scene in scenes), SCENES, seed)


def sample_colours(sketches: Iterable[Array], count: int, seed: int) -> Array:
    """Return colours (n, 3), in Oklab, at random places: equally many from each of ``count`` sketches."""
    rng = np.random.default_rng(seed)
    each = -(-PAIRS // count)
    colours = [sketch[:3].reshape(3, -1)[:, rng.integers(sketch[0].size, size=each)].T for sketch in sketches]
    return colour.lab((np.concatenate(colours) / 2 + 0.5).astype(np.float32))


class SceneColours:
    """Pairs of colours: one of a style with one of scenes."""

    def __init__(self, own: Array, scenes: Array) -> None:
        """Pair random subsets, equal in size, of a style's colours (n, 3) and colours of scenes (m, 3), in Oklab."""
        rng = np.random.default_rng(len(own))
        count = min(PAIRS, len(own), len(scenes))
        own, scenes = (of[rng.permutation(len(of))[:count]] for of in (own, scenes))
        apart = (own[:, None] - scenes[None]) * np.array([1, HUE, HUE], np.float32)
        rows, columns = linear_sum_assignment((apart**2).sum(-1))
        self._own, self._moves = own[rows], scenes[columns] - own[rows]

    def table(self, words: str) -> ColourTable:
        """Return the table that recolours scenes in the style's colours; ``words`` are the style's in prompts."""
        return colour_table.fit(words, self._own + self._moves, self._own)

    def laid_on(self, sketch: Array, inside: Mask | None, rng: np.random.Generator) -> Array:
        """Return a sketch (4, side, side) recoloured with colours of scenes, separately inside and outside ``inside``.

        Small differences remain: each colour moves as the nearest of a few random pairs does.
        """
        of = colour.lab((sketch[:3].transpose(1, 2, 0) / 2 + 0.5).astype(np.float32))
        moved = self._moved(of, rng)
        if inside is not None:
            moved = np.where(inside[..., None], self._moved(of, rng), moved)
        return np.concatenate([colour.rgb(moved).transpose(2, 0, 1) * 2 - 1, sketch[3:]]).astype(np.float32)

    def _moved(self, of: Array, rng: np.random.Generator) -> Array:
        """Return Oklab colours (…, 3), each moved as the nearest of a few random pairs."""
        chosen: list[int] = []
        for pair in rng.integers(len(self._own), size=DRAWN):
            if not chosen or np.linalg.norm(self._own[chosen] - self._own[pair], axis=-1).min() > ALIKE:
                chosen.append(int(pair))
        apart = ((of[..., None, :] - self._own[chosen]) ** 2).sum(-1)
        return np.asarray(of + self._moves[chosen][apart.argmin(-1)], np.float32)
