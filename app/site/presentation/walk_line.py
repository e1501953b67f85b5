"""The geometry of the line that stands for a walk: the position and size of its marks, thumbnails and chart.

Positions along the line are in percent of its width, sizes in pixels, so that pages can write both into SVG attributes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

LENGTHS = (25, 19, 15, 11, 7, 5)
"""The length of a mark by rank: stops, halves, quarters, eighths, sixteenths, and all further ranks."""

THICKNESSES = (3, 2, 1)
CAPTION_LENGTHS = (13, 9, 5)
PICTURES = (88, 80, 64, 48, 36)
"""The sides of the thumbnails below the marks of the first five ranks."""

WIDE, PHONE = 1096.0, 306.0
"""The length of the line in pixels on a wide page and on a phone, where thumbnails are half as large."""

PHONE_RANKS = 4

CHART = 72
"""The height of the chart of a walk's steps, in pixels, including its base."""

MEAN = 42
"""The height of the mean step, in pixels: even walks look the same in every chart, with room above for larger steps."""


class GeneratedFrame(Protocol):
    """The attributes of a frame that the line needs."""

    @property
    def index(self) -> int:
        """Return the frame's index in film order."""

    @property
    def position(self) -> float:
        """Return the frame's position on the walk, from 0 to the number of legs."""

    @property
    def rank(self) -> int:
        """Return the pass in which the frame was generated: 0 for the stops, 1 for the halves, and so on."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A stroke across the line: position in percent, size in pixels, and a shift that keeps it inside the ends."""

    x: float
    width: int
    height: int
    shift: float
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture below the line: its frame, position in percent, side in pixels, and whether a phone has room for it."""

    frame: GeneratedFrame
    x: float
    side: int
    on_phones: bool


def place(position: float, stops: int) -> float:
    """Return a position on the walk in percent of the line."""
    return round(100 * position / max(1, stops - 1), 3)


def mark(x: float, rank: int, lengths: Sequence[int] = LENGTHS) -> Mark:
    """Return the mark of a rank at ``x`` percent; a mark at either end is shifted inside the line."""
    width = THICKNESSES[min(rank, len(THICKNESSES) - 1)]
    shift = 0.0 if x <= 0 else -float(width) if x >= 100 else -width / 2
    return Mark(x, width, lengths[min(rank, len(lengths) - 1)], shift, rank)


def stop_marks(stops: int) -> list[Mark]:
    """Return the marks of the stops alone, for a walk without frames."""
    return [mark(place(stop, stops), 0) for stop in range(stops)]


def frame_marks(frames: Sequence[GeneratedFrame], stops: int) -> list[Mark]:
    """Return a mark for each generated frame, the early ranks last so that they are drawn over the late ones."""
    marks = [mark(place(frame.position, stops), frame.rank) for frame in frames]
    return sorted(marks, key=lambda each: (-each.rank, each.x))


def ruler(frames: Sequence[GeneratedFrame], stops: int) -> list[Mark]:
    """Return the marks of the generated frames, and of the stops even if they have no frame yet."""
    present = {mark.x for mark in frame_marks(frames, stops)}
    return [*frame_marks(frames, stops), *(stop for stop in stop_marks(stops) if stop.x not in present)]


def caption_marks(stops: int) -> list[Mark]:
    """Return the marks of a caption's small line: stops, halves, and for a walk of one leg the quarters."""
    ends = [mark(place(stop, stops), 0 if stop in (0, stops - 1) else 1, CAPTION_LENGTHS) for stop in range(stops)]
    stations = [Mark(m.x, 2 if m.rank == 0 else 1, 13, _shift(m.x, 2 if m.rank == 0 else 1)) for m in ends]
    halves = [mark(place(leg + 0.5, stops), 1, CAPTION_LENGTHS) for leg in range(stops - 1)]
    middles = [Mark(m.x, 1, 9 if stops == 2 else 5, -0.5, 1) for m in halves]
    quarters = [mark(place(part, stops), 2, CAPTION_LENGTHS) for part in (0.25, 0.75)] if stops == 2 else []
    return [*quarters, *middles, *stations]


def thumbnails(frames: Sequence[GeneratedFrame], stops: int) -> list[Thumbnail]:
    """Choose the thumbnails below the line: frames of the first five ranks that do not overlap earlier ranks."""
    wide: list[tuple[float, float]] = []
    phone: list[tuple[float, float]] = []
    chosen: list[Thumbnail] = []
    for frame in sorted(frames, key=lambda each: (each.rank, each.position)):
        if frame.rank >= len(PICTURES):
            break
        side, x = PICTURES[frame.rank], place(frame.position, stops)
        if not _takes_room(wide, x * WIDE / 100, side):
            continue
        on_phones = frame.rank < PHONE_RANKS and _takes_room(phone, x * PHONE / 100, side / 2)
        chosen.append(Thumbnail(frame, x, side, on_phones))
    return sorted(chosen, key=lambda each: each.x)


@dataclass(frozen=True, slots=True)
class Stride:
    """A stroke of the chart: position in percent, height in pixels, and the distance of its upper end from the top."""

    x: float
    height: int

    @property
    def y(self) -> int:
        """Return the distance of its upper end from the top, in pixels."""
        return CHART - 1 - self.height


def chart(strides: Sequence[float]) -> list[Stride]:
    """Return one stroke for each step of a film, scaled so that the mean step has the height ``MEAN``.

    The scale is smaller if the largest step would not fit. A stroke of height 0 still shows as one pixel.
    """
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
