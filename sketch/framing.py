"""Frames that are not square: scenes are arranged in a square, and fitted into what is wider or higher than that.

What a square shows is drawn on one whose side is the frame's longer one, and its middle is cut out. So that nothing
is cropped that was whole, things come nearer together and become smaller before; their relations, all that lies
between things which overlap, stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sketch.layers.drawn import Drawn
from sketch.scene import Scene, Setting, Thing
from sketch.sketchbook import Sketchbook

Size = int | tuple[int, int]
"""The side of a square, or height and width, in pixels."""

MARGIN = 0.5
"""How much of the margin that a thing had in the square it keeps at least, as a share of the frame."""

OVERLAPPING = 0.85
"""How much of the square of a drawing counts where two overlap: few fill it."""

CROPPED = 0.02
"""How far a thing reaches beyond the square, as a share of its side, that is meant to be cropped."""

SEEN_AT, SEEN = 48, 0.3
"""How many pixels a side a drawing is looked at in, and from which cover on a pixel of it is seen."""

NO_FLOOR = 0.95
"""From which horizon on a plain ground is a wall without a floor."""

WALLS = ("plain", "split", "pattern")
FLOORLESS = ("split", "pattern", "sky", "space", "underwater")
"""Settings, besides a plain wall, in which nothing stands on a floor."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The shape of a picture in pixels."""

    height: int
    width: int

    @classmethod
    def of(cls, size: Size) -> Frame:
        """Read a size."""
        return cls(size, size) if isinstance(size, int) else cls(*size)

    @property
    def side(self) -> int:
        """Return the side of the square that it is cut from."""
        return max(self.height, self.width)

    @property
    def short(self) -> int:
        """Return its shorter side."""
        return min(self.height, self.width)

    @property
    def is_square(self) -> bool:
        """Return whether it is the square itself."""
        return self.height == self.width

    def cut(self, drawn: Drawn) -> Drawn:
        """Cut the frame from the middle of a drawn square of its :attr:`side`."""
        if self.is_square:
            return drawn
        top, left = (self.side - self.height) // 2, (self.side - self.width) // 2
        at = slice(top, top + self.height), slice(left, left + self.width)
        return replace(drawn, things=drawn.things[at], ground=drawn.ground[at], numbers=drawn.numbers[at])

    def fitted(self, scene: Scene, book: Sketchbook | None = None) -> Scene:
        """Return a scene so arranged in the square that the frame shows all of it that was whole.

        What fills the square without being turned, a view or a photo, goes on filling it. Of a drawing counts what is
        seen of it; without the book, its whole square.

        :raises SketchbookError: where one of its drawings is not there.
        """
        if self.is_square:
            return scene
        share = self.short / self.side
        moved = [thing for thing in scene.things if not _fills(thing)]
        arranged = iter(_arranged(moved, scene.setting, share, is_wide=self.width > self.height, book=book))
        things = tuple(thing if _fills(thing) else next(arranged) for thing in scene.things)
        setting = _levelled(scene.setting, share) if self.width > self.height else scene.setting
        return replace(scene, things=things, setting=setting)


@dataclass(frozen=True, slots=True)
class _Span:
    """From where to where a thing reaches along one side of the square, and its middle."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, thing: Thing, *, is_across: bool, share: float = 1.0, book: Sketchbook | None = None) -> _Span:
        middle = thing.x if is_across else thing.y
        if book is not None:
            low, high = _seen(thing, book)[0 if is_across else 1]
            return cls(middle + low * thing.size, middle, middle + high * thing.size)
        half = share * thing.size * (abs(math.cos(thing.turn)) + abs(math.sin(thing.turn))) / 2
        return cls(middle - half, middle, middle + half)


def _seen(thing: Thing, book: Sketchbook) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return from where to where a thing is seen off its middle, across and down, as shares of its size."""
    alpha = book.picture(thing.drawing, SEEN_AT)[..., 3]
    rows, columns = np.nonzero((alpha[:, ::-1] if thing.mirrored else alpha) > SEEN)
    if not len(rows):
        return (-0.5, 0.5), (-0.5, 0.5)
    x, y = ((each + 0.5) / SEEN_AT - 0.5 for each in (columns, rows))
    across, down = (
        x * math.cos(thing.turn) - y * math.sin(thing.turn),
        x * math.sin(thing.turn) + y * math.cos(thing.turn),
    )
    half = 0.5 / SEEN_AT
    return (float(across.min() - half), float(across.max() + half)), (
        float(down.min() - half),
        float(down.max() + half),
    )


def _fills(thing: Thing) -> bool:
    spans = [_Span.of(thing, is_across=is_across) for is_across in (True, False)]
    return thing.turn == 0 and all(span.low <= 0 and span.high >= 1 for span in spans)


def _levelled(setting: Setting, share: float) -> Setting:
    """Keep the horizon at its share of a wide frame's height; a wall stays one without a floor."""
    if setting.kind in WALLS and setting.horizon > NO_FLOOR:
        return setting
    return replace(setting, horizon=_within(setting.horizon, share))


def _within(place: float, share: float) -> float:
    """Return where in the square a place lies that is at the same share of the frame."""
    return 0.5 + share * (place - 0.5)


def _arranged(
    things: Sequence[Thing], setting: Setting, share: float, *, is_wide: bool, book: Sketchbook | None
) -> list[Thing]:
    """Make things smaller, all alike, about the horizon or what crops them, and move groups of them apart."""
    if not things:
        return []
    spans = [_Span.of(thing, is_across=not is_wide, book=book) for thing in things]
    has_floor = setting.kind not in FLOORLESS and (setting.kind != "plain" or setting.horizon <= NO_FLOOR)
    floor = setting.horizon if has_floor else None
    anchor = _anchor(spans, floor if is_wide else None)
    smaller = _smaller(spans, anchor, share)
    across = [_within(anchor, share) + smaller * (span.middle - anchor) for span in spans]
    along = [_Span.of(thing, is_across=is_wide, book=book) for thing in things]
    if not is_wide and has_floor:
        level = _anchor(along, floor)
        moved = [level + smaller * (span.middle - level) for span in along]
    else:
        moved = _apart([_Span.of(thing, is_across=is_wide, share=OVERLAPPING, book=book) for thing in things], smaller)
    places = zip(moved, across, strict=True) if is_wide else zip(across, moved, strict=True)
    return [replace(thing, x=x, y=y, size=smaller * thing.size) for thing, (x, y) in zip(things, places, strict=True)]


def _anchor(spans: Sequence[_Span], floor: float | None) -> float:
    """Return the place about which things become smaller: an edge that crops them, the horizon, or their middle."""
    low, high = min(span.low for span in spans), max(span.high for span in spans)
    is_cropped = low < -CROPPED, high > 1 + CROPPED
    if is_cropped == (False, True):
        return 1.0
    if is_cropped == (True, False):
        return 0.0
    if is_cropped == (True, True):
        return 0.5
    return (low + high) / 2 if floor is None else floor


def _smaller(spans: Sequence[_Span], anchor: float, share: float) -> float:
    """Return the measure at which what was whole is whole in the frame: from its ``share`` to 1."""
    limits = []
    for span in spans:
        if span.low >= -CROPPED and span.low < anchor:
            limits.append(share * (anchor - MARGIN * max(0.0, span.low)) / (anchor - span.low))
        if span.high <= 1 + CROPPED and span.high > anchor:
            limits.append(share * (1 - anchor - MARGIN * max(0.0, 1 - span.high)) / (span.high - anchor))
    if not limits:  # a close-up: what the frame takes from it, both sides have to bear
        return math.sqrt(share)
    return min(1.0, max(share, min(limits)))


def _apart(spans: Sequence[_Span], smaller: float) -> list[float]:
    """Return the middles of things that became smaller: groups that overlap stay together, each about its place."""
    moved = [0.0] * len(spans)
    for group in _groups(spans):
        middle = (min(spans[at].low for at in group) + max(spans[at].high for at in group)) / 2
        for at in group:
            moved[at] = middle + smaller * (spans[at].middle - middle)
    return moved


def _groups(spans: Sequence[_Span]) -> list[list[int]]:
    """Put together what overlaps, directly or by others between."""
    groups: list[list[int]] = []
    reach = -math.inf
    for at in sorted(range(len(spans)), key=lambda at: spans[at].low):
        if spans[at].low >= reach:
            groups.append([])
        groups[-1].append(at)
        reach = max(reach, spans[at].high)
    return groups
