"""The sketches that condition a model along a walk: of the scenes at its stops, and interpolated between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sketch.framing import Size
from sketch.scene import Scene
from sketch.sketchbook import Drawing, Sketchbook
from sketch.styling.colour_table import ColourTable
from sketch.walks import drawing_pool
from sketch.walks.drawing_pool import DrawingPool, Place
from sketch.walks.legs import GUIDE, Conditioning, Legs, Order
from worker.diffusion import tuning
from worker.diffusion.model import Model
from worker.diffusion.rendering import GenerationError
from worker.planning import frame_schedule

REMEMBERED = 256
"""How many sketches of a walk are cached: each pass needs some of them again."""

THUMBNAIL = 16
"""The side of a thumbnail of a sketch, in pixels."""


@lru_cache(maxsize=1)
def _pool() -> DrawingPool:
    """Return the pool of drawing processes that all walks of this process share."""
    return DrawingPool(drawing_pool.extra_processes(tuning.allowed_cores()))


def make_sketches(
    model: Model,
    scenes: Sequence[Scene | None],
    *,
    styles: Sequence[str] = (),
    latents: tuple[int, int] | None = None,
    finer: int = 1,
    added: Mapping[str, str],
    closed: bool,
    cut_outs: Mapping[str, NDArray[np.uint8]] = MappingProxyType({}),
) -> WalkSketches | None:
    """Return the sketches of a walk; None where the model takes none, or no stop has a scene.

    `styles` are the words of each stop's style: those in the style of the model's palette are recoloured. `latents` are
    the latents' (height, width), by default the model's own; `finer` is the multiple of the usual size
    that they are decoded to. `added` are reference drawings as SVG by digest, which may be missing beside the weights;
    `cut_outs` are those that were cut out of photos.

    :raises GenerationError: when a drawing is missing.
    """
    if model.sketch_side is None or all(scene is None for scene in scenes):
        return None
    book = model.sketchbook
    if new := {digest: svg for digest, svg in added.items() if digest not in book}:
        book = book.join(Sketchbook([Drawing(digest, "") for digest in new], new))
    if cut_outs:
        book = book.join(Sketchbook((), {}, pictures=cut_outs))
    drawings = [thing.drawing for scene in scenes if scene is not None for thing in scene.things]
    if missing := [drawing for drawing in drawings if drawing not in book]:
        raise GenerationError(f"the drawing {missing[0]}, which the walk is to be painted after, is not here")
    fold = model.sketch_side // model.latent_shape[-1]
    height, width = latents or model.latent_shape[1:]
    guide = GUIDE * finer if model.decodes_scenes else 0
    table, shares = model.palette, [0.0] * len(scenes)
    if table is not None and styles:
        shares = [float(scene is not None and each == table.words) for scene, each in zip(scenes, styles, strict=True)]
    palette = Palette(table, shares) if table is not None and any(shares) else None
    return WalkSketches(scenes, book, (fold * height, fold * width), closed=closed, guide=guide, palette=palette)


def thumbnails(model: Model, scenes: Sequence[Scene | None], *, added: Mapping[str, str]) -> NDArray[np.float32] | None:
    """Return small sketches of scenes (scenes x 4 x side x side), colours and outlines, from -1 to 1.

    Return None where the model takes no sketches.

    :raises GenerationError: when a drawing is missing.
    """
    drawn = make_sketches(model, scenes, added=added, closed=False)
    if drawn is None:
        return None
    whole = drawn.at([float(index) for index in range(len(scenes))])
    count, channels, side, _ = whole.shape
    step = max(1, side // THUMBNAIL)
    tiles = whole.reshape(count, channels, side // step, step, side // step, step)
    return np.asarray(tiles.mean((3, 5)), np.float32)


class Palette(NamedTuple):
    """A table that recolours sketches, and how far it does so at each stop, 0…1."""

    table: ColourTable
    shares: Sequence[float]

    def recolour(self, conditioning: Conditioning, leg: int, t: float) -> Conditioning:
        """Return the conditioning at `t`, 0…1, of a leg with its sketch and its guide recoloured."""
        first, last = self.shares[leg], self.shares[(leg + 1) % len(self.shares)]
        share, guide = (1 - t) * first + t * last, conditioning.guide
        if guide is not None:
            guide = self.table.recolour_guide(guide.astype(np.float32), share).astype(np.float16)
        return Conditioning(self.table.recolour_sketch(conditioning.sketch, share), guide)


class WalkSketches:
    """The sketches of one walk, by position; a stop without a scene has a blank sketch.

    For a decoder that is given scenes there are guides too: the same drawings, at least twice as large.
    """

    def __init__(
        self,
        scenes: Sequence[Scene | None],
        book: Sketchbook,
        side: Size,
        *,
        closed: bool = False,
        guide: int = 0,
        palette: Palette | None = None,
    ) -> None:
        """Prepare the sketches of scenes, one for each stop, from the drawings of a library.

        `side` is the sketches' width and height, or (height, width) where they are not square. `guide` is the multiple
        of that size of the guides; 0 makes none. `palette` recolours both.

        :raises SketchbookError: when a drawing is missing.
        """
        self.scenes = tuple(scenes)
        self._closed, self._palette = closed, palette
        self._order = Order.from_scenes(scenes, book, side, guide=guide)
        self._legs = Legs(self._order)
        self._remembered: dict[float, Conditioning] = {}

    def at(self, positions: Sequence[float]) -> NDArray[np.float32]:
        """Return the sketches at global positions (positions x 4 x height x width), from -1 to 1."""
        return np.stack([led.sketch for led in self._led(positions)])

    def guides(self, positions: Sequence[float]) -> list[NDArray[np.float32] | None]:
        """Return a decoder's guides at global positions, each (4 x height x width), from -1 to 1.

        They are None where the model's decoder takes none.
        """
        return [None if led.guide is None else led.guide.astype(np.float32) for led in self._led(positions)]

    def draw_ahead(self, positions: Sequence[float]) -> None:
        """Begin to draw the sketches at global positions in other processes, while this one does something else."""
        _pool().draw_ahead(self._order, self._places(self._missing(positions)))

    def _led(self, positions: Sequence[float]) -> list[Conditioning]:
        requested = dict.fromkeys(positions)
        missing = self._missing(requested)
        places = self._places(missing)
        # A stop takes as long as four positions between stops, so stops are shared however few they are.
        stops = [place for place in places if place[1] in (0.0, 1.0)]
        _pool().draw_ahead(self._order, stops[: len(stops) // 2])
        drawn = _pool().draw(self._order, self._legs, places)
        if self._palette is not None:
            drawn = [self._palette.recolour(each, *place) for each, place in zip(drawn, places, strict=True)]
        by_position = {position: self._remembered[position] for position in requested if position in self._remembered}
        by_position |= zip(missing, drawn, strict=True)
        self._remembered |= by_position
        for position in [*self._remembered][:-REMEMBERED]:
            del self._remembered[position]
        return [by_position[position] for position in positions]

    def _missing(self, positions: Iterable[float]) -> list[float]:
        """Return the positions whose sketches are not cached."""
        return [position for position in positions if position not in self._remembered]

    def _places(self, positions: Iterable[float]) -> list[Place]:
        return [frame_schedule.leg(position, len(self.scenes), closed=self._closed) for position in positions]
