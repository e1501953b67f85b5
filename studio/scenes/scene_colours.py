"""Which colours of scenes stand for which of a style's, so that a painter learns the style's palette.

A picture that made its own sketch would lead a painter by the very colours that it is to paint: it learned to copy
them, and kept to the colours of any scene that led it later. So a sketch is given colours such as scenes have. They are
paired with those of all pictures of the style at once, at the least cost (optimal transport): where these are two,
either stands for many; where they are as many as a scene's, a red thing stays red.
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
"""How many colours of either side are paired."""

SCENES = 128
"""How many scenes these are of."""

DRAWN = 64
"""Of how many pairs, by dice, the nearest one moves a colour."""

ALIKE = 0.08
"""How near to each other colours of a style move as one: the grain of its paper is not to become a pattern."""

HUE = 2.0
"""How much more a difference in hue and chroma counts than one in lightness, which spans three times as much."""


def shown_in(book: Sketchbook, seed: int) -> Array:
    """Return colours (n, 3), in Oklab, of scenes by dice of a sketchbook's drawings, as their sketches show them."""
    programme = subjects.Programme(subjects.Plan(SCENES, seed), book)
    scenes = (programme.subject(number).first.scene for number in range(SCENES))
    return sampled((rendering.draw(scene, book, drawn.SKETCH).sketch() for scene in scenes), SCENES, seed)


def sampled(sketches: Iterable[Array], count: int, seed: int) -> Array:
    """Return colours (n, 3), in Oklab, of places by dice in so many sketches: as many of each, and enough to pair."""
    dice = np.random.default_rng(seed)
    each = -(-PAIRS // count)
    found = [sketch[:3].reshape(3, -1)[:, dice.integers(sketch[0].size, size=each)].T for sketch in sketches]
    return colour.lab((np.concatenate(found) / 2 + 0.5).astype(np.float32))


class SceneColours:
    """Pairs of colours: a style's, and those of scenes."""

    def __init__(self, own: Array, shown: Array) -> None:
        """Pair colours (n, 3) and (m, 3), in Oklab; as many of each as there are of the fewer, by dice."""
        dice = np.random.default_rng(len(own))
        count = min(PAIRS, len(own), len(shown))
        own, shown = (of[dice.permutation(len(of))[:count]] for of in (own, shown))
        apart = (own[:, None] - shown[None]) * np.array([1, HUE, HUE], np.float32)
        rows, columns = linear_sum_assignment((apart**2).sum(-1))
        self._own, self._moves = own[rows], shown[columns] - own[rows]

    def laid_on(self, sketch: Array, inside: Mask | None, dice: np.random.Generator) -> Array:
        """Give a sketch (4, side, side) colours of scenes: other pairs for what is ``inside`` than for what is around.

        What differs a little stays so: each colour moves as the nearest of a few pairs does.
        """
        of = colour.lab((sketch[:3].transpose(1, 2, 0) / 2 + 0.5).astype(np.float32))
        moved = self._moved(of, dice)
        if inside is not None:
            moved = np.where(inside[..., None], self._moved(of, dice), moved)
        return np.concatenate([colour.rgb(moved).transpose(2, 0, 1) * 2 - 1, sketch[3:]]).astype(np.float32)

    def _moved(self, of: Array, dice: np.random.Generator) -> Array:
        chosen: list[int] = []
        for pair in dice.integers(len(self._own), size=DRAWN):
            if not chosen or np.linalg.norm(self._own[chosen] - self._own[pair], axis=-1).min() > ALIKE:
                chosen.append(int(pair))
        apart = ((of[..., None, :] - self._own[chosen]) ** 2).sum(-1)
        return np.asarray(of + self._moves[chosen][apart.argmin(-1)], np.float32)
