"""The sketches that lead a painter along a walk: of the scenes at its stops, and of what lies between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from sketch import mixing, rendering
from sketch.framing import Frame, Size
from sketch.layers.drawn import Drawn
from sketch.mixing import Mixture
from sketch.parts import Taken
from sketch.scene import Scene
from sketch.sketchbook import Drawing, Sketchbook
from worker.diffusion.model import Model
from worker.diffusion.rendering import PaintingError
from worker.planning import frame_schedule

FINER = 2
"""How much finer a scene is drawn than its sketch, so that edges are soft and distances exact."""

REMEMBERED = 256
"""How many sketches of a walk are remembered: each level of a ladder asks for some of them again."""

Beside = tuple[NDArray[np.float32], NDArray[np.float16] | None]
"""A sketch, and the guide of the same drawing, in half the memory."""

GUIDE = 2
"""How much larger than a sketch the guide is that a decoder is shown: half the side of usual pictures."""

STOP_FINER = 4
"""How much finer than a sketch stops are drawn for guides: things are placed by whole pixels there, and half of one of
the guide's is seen. What lies between stops is placed more finely than by pixels."""

THUMBNAIL = 16
"""The side of a thumbnail: as much as one sees of a picture at a glance."""


def of_walk(
    model: Model,
    scenes: Sequence[Scene | None],
    *,
    latents: tuple[int, int] | None = None,
    finer: int = 1,
    added: Mapping[str, str],
    closed: bool,
    cut_outs: Mapping[str, NDArray[np.uint8]] = MappingProxyType({}),
) -> WalkSketches | None:
    """Return what leads a painter from stop to stop; None where nothing does.

    `latents` are the height and width of what it paints, by default the model's own; `finer` is how many times as large
    as usual they are decoded. `added` are drawings as SVG by digest, which may not lie beside the weights, `cut_outs`
    what was cut out of photos. Raises PaintingError where one is to be had nowhere.
    """
    if model.sketch_side is None or all(scene is None for scene in scenes):
        return None
    book = model.sketchbook
    if more := {digest: svg for digest, svg in added.items() if digest not in book}:
        book = book.joined(Sketchbook([Drawing(digest, "") for digest in more], more))
    if cut_outs:
        book = book.joined(Sketchbook((), {}, pictures=cut_outs))
    drawings = [thing.drawing for scene in scenes if scene is not None for thing in scene.things]
    if gone := [drawing for drawing in drawings if drawing not in book]:
        raise PaintingError(f"the drawing {gone[0]}, which the walk is to be painted after, is not here")
    fold = model.sketch_side // model.latent_shape[-1]
    height, width = latents or model.latent_shape[1:]
    guide = GUIDE * finer if model.decodes_scenes else 0
    return WalkSketches(scenes, book, (fold * height, fold * width), closed=closed, guide=guide)


def thumbnails(model: Model, scenes: Sequence[Scene | None], *, added: Mapping[str, str]) -> NDArray[np.float32] | None:
    """Return small sketches of scenes: (scenes x 4 x side x side), colours and outlines, within -1 and 1.

    None where no sketch leads the model. Raises PaintingError as :func:`of_walk` does.
    """
    drawn = of_walk(model, scenes, added=added, closed=False)
    if drawn is None:
        return None
    whole = drawn.at([float(place) for place in range(len(scenes))])
    count, channels, side, _ = whole.shape
    step = max(1, side // THUMBNAIL)
    tiles = whole.reshape(count, channels, side // step, step, side // step, step)
    return np.asarray(tiles.mean((3, 5)), np.float32)


class WalkSketches:
    """The sketches of one walk, by position; a stop without a scene has a blank one.

    With a decoder that is shown the scene there are guides as well, twice as large or more, of the same drawings.
    """

    def __init__(
        self,
        scenes: Sequence[Scene | None],
        book: Sketchbook,
        side: Size,
        *,
        closed: bool = False,
        guide: int = 0,
    ) -> None:
        """Draw scenes, one for each stop, from the drawings of a sketchbook; sketches are `side` wide and high.

        Where a sketch is not square, `side` is its height and width. `guide` is how many times as large guides are;
        there are none where it is 0.
        """
        self.scenes = tuple(scenes)
        self._book, self._frame, self._closed, self._guide = book, Frame.of(side), closed, guide
        self._step = max(FINER, guide)
        self._taken = Taken(book, side=self._frame.side * self._step)
        self._mixture = lru_cache(maxsize=8)(self._mixed)
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._drawn)

    def at(self, positions: Sequence[float]) -> NDArray[np.float32]:
        """Return the sketches at global positions: (positions x 4 x height x width), within -1 and 1.

        Raises SketchbookError where a drawing is not there.
        """
        return np.stack([self._remembered(position)[0] for position in positions])

    def guides(self, positions: Sequence[float]) -> list[NDArray[np.float32] | None]:
        """Return what a decoder is shown at global positions: (4 x height x width of a guide), within -1 and 1.

        None where the model's decoder is shown nothing. Raises SketchbookError as :meth:`at`.
        """
        found = [self._remembered(position)[1] for position in positions]
        return [None if guide is None else guide.astype(np.float32) for guide in found]

    def _drawn(self, position: float) -> Beside:
        i, t = frame_schedule.leg(position, len(self.scenes), closed=self._closed)
        first, last = self.scenes[i], self.scenes[(i + 1) % len(self.scenes)]
        if t in (0.0, 1.0) or first == last:  # at a stop: nothing needs to be matched
            return self._alone(last if t == 1.0 else first)
        if first is not None and last is not None:
            return self._beside(self._mixture(i).at(t, self._finer(self._step)))
        (sketch, guide), (other, further) = self._alone(first), self._alone(last)
        shown = None
        if guide is not None and further is not None:
            shown = ((1 - t) * guide.astype(np.float32) + t * further.astype(np.float32)).astype(np.float16)
        return mixing.mixed(sketch, other, t), shown

    def _mixed(self, leg: int) -> Mixture:
        first, last = self.scenes[leg], self.scenes[(leg + 1) % len(self.scenes)]
        assert first is not None and last is not None  # noqa: S101 - asked for only there
        return Mixture(first, last, self._book, self._taken)

    def _alone(self, scene: Scene | None) -> Beside:
        if scene is None:
            return self._blank
        finer = STOP_FINER // GUIDE * self._guide or FINER
        return self._beside(rendering.draw(scene, self._book, self._finer(finer)))

    def _beside(self, drawn: Drawn) -> Beside:
        height = self._frame.height
        guide = drawn.guide(height * self._guide).astype(np.float16) if self._guide else None
        return drawn.sketch(height), guide

    def _finer(self, step: int) -> tuple[int, int]:
        return self._frame.height * step, self._frame.width * step

    @cached_property
    def _blank(self) -> Beside:
        height, width = self._frame.height, self._frame.width
        times = self._guide
        guide = np.zeros((4, height * times, width * times), np.float16) if times else None
        return np.zeros((4, height, width), np.float32), guide
