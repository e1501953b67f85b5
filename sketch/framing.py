"""Fit scenes, which are arranged in a square, into frames that are wider or higher.

A scene is drawn in a square whose side is the longer one of the frame, and the middle is cropped. Before that, things
are moved together and reduced, so that none is cropped that was whole; overlapping things stay together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sketch.layers.drawn import Drawn
from sketch.scene import Scene, Setting, Thing
from sketch.sketchbook import SEEN_AT, Sketchbook, visible_points

Size = int | tuple[int, int]
"""The size of a picture in pixels: the side of a square, or height and width."""

MARGIN = 0.5
"""The least share of its distance from the square's edge that a thing keeps in the frame."""

CROPPED = 0.02
"""A thing is cropped on purpose if it reaches further beyond the square than this, as a share of the square's side."""

FLOORLESS = ("split", "pattern", "sky", "space", "underwater")
"""Settings without a floor on which things stand; whether a plain one has a floor depends on its horizon."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The height and width of a picture in pixels."""

    height: int
    width: int

    @classmethod
    def from_size(cls, size: Size) -> Frame:
        """Return the frame of a size: a square's side, or height and width."""
        return cls(size, size) if isinstance(size, int) else cls(*size)

    @property
    def side(self) -> int:
        """Return the side of the square that the frame is cropped from: its longer side."""
        return max(self.height, self.width)

    @property
    def short(self) -> int:
        """Return the length of its shorter side."""
        return min(self.height, self.width)

    @property
    def is_square(self) -> bool:
        """Return whether the frame is a square."""
        return self.height == self.width

    def cut(self, drawn: Drawn) -> Drawn:
        """Return a square drawn scene, :attr:`side` pixels a side, cropped to the frame in its middle."""
        if self.is_square:
            return drawn
        top, left = (self.side - self.height) // 2, (self.side - self.width) // 2
        at = slice(top, top + self.height), slice(left, left + self.width)
        return replace(drawn, things=drawn.things[at], ground=drawn.ground[at], numbers=drawn.numbers[at])

    def fit(self, scene: Scene, book: Sketchbook) -> Scene:
        """Return a scene rearranged in the square, so that the frame crops nothing that was whole in the square.

        A thing that fills the square and is not rotated, such as a view, continues to fill it. The visible part of each
        drawing counts.

        :raises SketchbookError: when one of its drawings does not exist or cannot be rendered.
        """
        if self.is_square:
            return scene
        share = self.short / self.side
        moved = [thing for thing in scene.things if not _fills(thing)]
        arranged = iter(_rearrange(moved, scene.setting, share, book, is_wide=self.width > self.height))
        things = tuple(thing if _fills(thing) else next(arranged) for thing in scene.things)
        setting = scene.setting
        if self.width > self.height and not setting.is_wall:  # its horizon is as high as before; a wall gets no floor
            setting = replace(setting, horizon=_within(setting.horizon, share))
        return replace(scene, things=things, setting=setting)


@dataclass(frozen=True, slots=True)
class _Span:
    """A thing's extent along one side of the square, and its centre, as shares of that side."""

    low: float
    middle: float
    high: float

    @classmethod
    def from_thing(cls, thing: Thing, book: Sketchbook, *, is_across: bool) -> _Span:
        """Return the span of a thing's visible part; that of its square if nothing is visible."""
        middle = thing.x if is_across else thing.y
        across, down = visible_points(book.picture(thing.drawing, SEEN_AT), turn=thing.turn, mirrored=thing.mirrored)
        seen, half = across if is_across else down, 0.5 / SEEN_AT
        low, high = (float(seen.min() - half), float(seen.max() + half)) if len(seen) else (-0.5, 0.5)
        return cls(middle + low * thing.size, middle, middle + high * thing.size)


def _fills(thing: Thing) -> bool:
    """Return whether an unrotated thing covers the whole square."""
    half = thing.size / 2
    return thing.turn == 0 and all(at - half <= 0 and at + half >= 1 for at in (thing.x, thing.y))


def _within(place: float, share: float) -> float:
    """Return a place in the frame, 0…1, as a place in the square; ``share`` is the frame's share of its side."""
    return 0.5 + share * (place - 0.5)


def _rearrange(
    things: Sequence[Thing], setting: Setting, share: float, book: Sketchbook, *, is_wide: bool
) -> list[Thing]:
    """Return things reduced by one factor so that the frame shows them; groups that overlap are moved as a whole.

    ``share`` is the frame's shorter side as a share of its longer one.
    """
    if not things:
        return []
    spans = [_Span.from_thing(thing, book, is_across=not is_wide) for thing in things]
    has_floor = setting.kind not in FLOORLESS and not setting.is_wall
    floor = setting.horizon if has_floor else None
    anchor = _anchor(spans, floor if is_wide else None)
    smaller = _smaller(spans, anchor, share)
    across = [_within(anchor, share) + smaller * (span.middle - anchor) for span in spans]
    along = [_Span.from_thing(thing, book, is_across=is_wide) for thing in things]
    if not is_wide and has_floor:
        level = _anchor(along, floor)
        moved = [level + smaller * (span.middle - level) for span in along]
    else:
        moved = _apart(along, smaller)
    places = zip(moved, across, strict=True) if is_wide else zip(across, moved, strict=True)
    return [replace(thing, x=x, y=y, size=smaller * thing.size) for thing, (x, y) in zip(things, places, strict=True)]


def _anchor(spans: Sequence[_Span], floor: float | None) -> float:
    """Return the place about which things are reduced: the edge that crops them, else the floor, else their middle."""
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
    """Return the factor, ``share`` to 1, that reduces things so that what was whole is whole in the frame."""
    limits = []
    for span in spans:
        if span.low >= -CROPPED and span.low < anchor:
            limits.append(share * (anchor - MARGIN * max(0.0, span.low)) / (anchor - span.low))
        if span.high <= 1 + CROPPED and span.high > anchor:
            limits.append(share * (1 - anchor - MARGIN * max(0.0, 1 - span.high)) / (span.high - anchor))
    if not limits:  # a close-up is partly reduced and partly cropped
        return math.sqrt(share)
    return min(1.0, max(share, min(limits)))


def _apart(spans: Sequence[_Span], smaller: float) -> list[float]:
    """Return the centres of reduced things: those that overlap stay together, and each group stays at its own place."""
    moved = [0.0] * len(spans)
    for group in _groups(spans):
        middle = (min(spans[at].low for at in group) + max(spans[at].high for at in group)) / 2
        for at in group:
            moved[at] = middle + smaller * (spans[at].middle - middle)
    return moved


def _groups(spans: Sequence[_Span]) -> list[list[int]]:
    """Return groups of things, by index, that overlap directly or through others."""
    groups: list[list[int]] = []
    reach = -math.inf
    for at in sorted(range(len(spans)), key=lambda at: spans[at].low):
        if spans[at].low >= reach:
            groups.append([])
        groups[-1].append(at)
        reach = max(reach, spans[at].high)
    return groups
