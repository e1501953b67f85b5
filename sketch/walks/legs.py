"""Conditioning along the legs of a walk: sketches of the scenes at its stops, and of the transitions between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import NamedTuple
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from sketch import mixing, rendering
from sketch.framing import Frame, Size
from sketch.layers.drawn import Drawn
from sketch.mixing import Mixture
from sketch.parts import PartCache
from sketch.scene import Scene
from sketch.sketchbook import Sketchbook

FINER = 2
"""The factor by which a scene is drawn larger than its sketch, so that edges are soft and distances exact."""

GUIDE = 2
"""The factor from a sketch's side to that of the decoder's guide, which is half the side of usual pictures."""

STOP_FINER = 4
"""The factor by which a stop's scene is drawn larger than its sketch if there are guides. A stop's things are placed by
whole pixels, and half a pixel of the guide would be visible; between stops, things are placed by fractions of
pixels."""


class Conditioning(NamedTuple):
    """The conditioning of a picture: a sketch (4, height, width), and the guide of the same drawing, or None."""

    sketch: NDArray[np.float32]
    guide: NDArray[np.float16] | None


@dataclass(frozen=True)
class Order:
    """Everything necessary to draw the legs of a walk in any process.

    ``scenes`` has one entry per stop, None for a stop without a scene; ``size`` is that of the sketches; ``guide`` is
    the factor from a sketch's side to a guide's, 0 for no guides. ``drawings`` holds SVGs and ``cut_outs`` the cut-outs
    of photos (n, n, 4), both by digest. ``key`` identifies the order.
    """

    scenes: tuple[Scene | None, ...]
    size: Size
    guide: int = 0
    drawings: Mapping[str, str] = field(default_factory=dict)
    cut_outs: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    key: str = field(default_factory=lambda: uuid4().hex)

    @classmethod
    def from_scenes(cls, scenes: Sequence[Scene | None], book: Sketchbook, size: Size, *, guide: int = 0) -> Order:
        """Return an order with those drawings of a library that the scenes contain.

        :raises SketchbookError: when a drawing does not exist.
        """
        things = {thing.drawing for scene in scenes if scene is not None for thing in scene.things}
        cut_outs = {digest: book.cut_out(digest) for digest in things if book.is_cut_out(digest)}
        drawings = {digest: book.svg(digest) for digest in things - cut_outs.keys()}
        return cls(tuple(scenes), size, guide, drawings, cut_outs)

    def book(self) -> Sketchbook:
        """Return a library that has only this order's drawings."""
        return Sketchbook((), self.drawings, pictures=self.cut_outs)


class Legs:
    """Draws the conditioning of a walk, leg by leg; a stop without a scene has a blank sketch."""

    def __init__(self, order: Order) -> None:
        self._scenes, self._guide = order.scenes, order.guide
        self._book, self._frame = order.book(), Frame.from_size(order.size)
        self._step = max(FINER, order.guide)
        self._part_cache = PartCache(self._book, side=self._frame.side * self._step)
        self._mixture = lru_cache(maxsize=8)(partial(Mixture, book=self._book, part_cache=self._part_cache))

    def draw(self, leg: int, t: float) -> Conditioning:
        """Return the conditioning at ``t``, 0…1, of a leg; the leg after the last stop leads back to the first stop.

        :raises SketchbookError: when a drawing cannot be rendered.
        """
        first, last = self._scenes[leg], self._scenes[(leg + 1) % len(self._scenes)]
        if t in (0.0, 1.0) or first == last:  # at a stop there is nothing to mix
            return self._alone(last if t == 1.0 else first)
        if first is not None and last is not None:
            return self._condition(self._mixture(first, last).at(t, self._finer(self._step)))
        (sketch, guide), (other, further) = self._alone(first), self._alone(last)
        shown = None
        if guide is not None and further is not None:
            shown = ((1 - t) * guide.astype(np.float32) + t * further.astype(np.float32)).astype(np.float16)
        return Conditioning(mixing.mix_sketches(sketch, other, t), shown)

    def _alone(self, scene: Scene | None) -> Conditioning:
        """Return the conditioning of a stop: that of its scene, or a blank one."""
        if scene is None:
            return self._blank
        finer = STOP_FINER // GUIDE * self._guide or FINER
        return self._condition(rendering.draw(scene, self._book, self._finer(finer)))

    def _condition(self, drawn: Drawn) -> Conditioning:
        """Return the sketch of a drawn scene and, if guides are requested, its guide."""
        height = self._frame.height
        guide = drawn.guide(height * self._guide).astype(np.float16) if self._guide else None
        return Conditioning(drawn.sketch(height), guide)

    def _finer(self, step: int) -> tuple[int, int]:
        """Return the height and the width of a sketch times ``step``."""
        return self._frame.height * step, self._frame.width * step

    @cached_property
    def _blank(self) -> Conditioning:
        """Return the conditioning of a stop without a scene: all zeros."""
        height, width, times = self._frame.height, self._frame.width, self._guide
        guide = np.zeros((4, height * times, width * times), np.float16) if times else None
        return Conditioning(np.zeros((4, height, width), np.float32), guide)
