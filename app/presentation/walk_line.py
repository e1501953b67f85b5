"""The geometry of the line that every walk is drawn as: where its marks stand, how long they are, what hangs from them.

Places along the line are in percent of its width, sizes in pixels, so that pages can write both into SVG attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

LENGTHS = (25, 19, 15, 11, 7, 5)
"""How long a mark is by rank: stops, middles, quarters, eighths, sixteenths, and all that follow."""

THICKNESSES = (3, 2, 1)
CAPTION_LENGTHS = (13, 9, 5)
PICTURES = (88, 80, 64, 48, 36)
"""The sides of the pictures that hang from the marks of the first five ranks."""

WIDE, PHONE = 1096.0, 306.0
"""The line between its end marks, in pixels, on a wide page and on a phone; there the pictures are half as large."""

PHONE_RANKS = 4

CHART = 72
"""How high the chart of a walk's steps is, in pixels, with its base."""

MEAN = 42
"""How high its mean step stands: an even walk fills the same part of every chart, and half as much again has room."""


class Painted(Protocol):
    """What is asked of a frame: its place in the film and on the walk, and how early it was painted."""

    @property
    def index(self) -> int:
        """Count the frame in film order."""

    @property
    def position(self) -> float:
        """Place the frame between 0 and the number of legs."""

    @property
    def rank(self) -> int:
        """Name the halving in which the frame was painted."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A stroke across the line: its place in percent, its size, and the shift that keeps it within the line's ends."""

    x: float
    width: int
    height: int
    shift: float
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Hanging:
    """A picture that hangs from the line: of which frame, where, how large, and whether a phone has room for it."""

    frame: Painted
    x: float
    side: int
    on_phones: bool


def place(position: float, stops: int) -> float:
    """Turn a position on the walk into percent of the line."""
    return round(100 * position / max(1, stops - 1), 3)


def mark(x: float, rank: int, lengths: Sequence[int] = LENGTHS) -> Mark:
    """Make the mark of a rank at ``x`` percent; at the very ends it stands inside the line."""
    width = THICKNESSES[min(rank, len(THICKNESSES) - 1)]
    shift = 0.0 if x <= 0 else -float(width) if x >= 100 else -width / 2
    return Mark(x, width, lengths[min(rank, len(lengths) - 1)], shift, rank)


def stop_marks(stops: int) -> list[Mark]:
    """Mark the stops alone: the line before anything is painted."""
    return [mark(place(stop, stops), 0) for stop in range(stops)]


def frame_marks(frames: Sequence[Painted], stops: int) -> list[Mark]:
    """Mark every painted frame, the early ones last so that they stand over the late ones."""
    marks = [mark(place(frame.position, stops), frame.rank) for frame in frames]
    return sorted(marks, key=lambda each: (-each.rank, each.x))


def ruler(frames: Sequence[Painted], stops: int) -> list[Mark]:
    """Mark the painted frames, and the stops even where no frame is painted yet."""
    there = {mark.x for mark in frame_marks(frames, stops)}
    return [*frame_marks(frames, stops), *(stop for stop in stop_marks(stops) if stop.x not in there)]


def caption_marks(stops: int) -> list[Mark]:
    """Mark the small line of a caption: the stops, their middles, and the quarters of a walk of one leg."""
    ends = [mark(place(stop, stops), 0 if stop in (0, stops - 1) else 1, CAPTION_LENGTHS) for stop in range(stops)]
    stations = [Mark(m.x, 2 if m.rank == 0 else 1, 13, _shift(m.x, 2 if m.rank == 0 else 1)) for m in ends]
    halves = [mark(place(leg + 0.5, stops), 1, CAPTION_LENGTHS) for leg in range(stops - 1)]
    middles = [Mark(m.x, 1, 9 if stops == 2 else 5, -0.5, 1) for m in halves]
    quarters = [mark(place(part, stops), 2, CAPTION_LENGTHS) for part in (0.25, 0.75)] if stops == 2 else []
    return [*quarters, *middles, *stations]


def hung(frames: Sequence[Painted], stops: int) -> list[Hanging]:
    """Choose the pictures that hang from the line: those of the first five ranks that have room beside earlier ones."""
    wide: list[tuple[float, float]] = []
    phone: list[tuple[float, float]] = []
    chosen: list[Hanging] = []
    for frame in sorted(frames, key=lambda each: (each.rank, each.position)):
        if frame.rank >= len(PICTURES):
            break
        side, x = PICTURES[frame.rank], place(frame.position, stops)
        if not _takes_room(wide, x * WIDE / 100, side):
            continue
        on_phones = frame.rank < PHONE_RANKS and _takes_room(phone, x * PHONE / 100, side / 2)
        chosen.append(Hanging(frame, x, side, on_phones))
    return sorted(chosen, key=lambda each: each.x)


@dataclass(frozen=True, slots=True)
class Stride:
    """A stroke of the chart: where it stands in percent, how high it is in pixels, and its upper end from the top."""

    x: float
    height: int

    @property
    def y(self) -> int:
        """Place its upper end."""
        return CHART - 1 - self.height


def chart(strides: Sequence[float]) -> list[Stride]:
    """Draw a film's steps, one stroke each, from a base of one pixel; the scale is that of the mean step."""
    if not strides:
        return []
    largest, mean = max(strides), sum(strides) / len(strides)
    scale = min(MEAN / mean, (CHART - 1) / largest) if largest > 0 else 0.0
    return [
        Stride(round(100 * (index + 0.5) / len(strides), 3), round(scale * stride))
        for index, stride in enumerate(strides)
    ]


def _takes_room(taken: list[tuple[float, float]], x: float, side: float) -> bool:
    if any(abs(x - other) < (side + wide) / 2 + 2 for other, wide in taken):
        return False
    taken.append((x, side))
    return True


def _shift(x: float, width: int) -> float:
    return 0.0 if x <= 0 else -float(width) if x >= 100 else -width / 2
