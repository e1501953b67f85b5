"""The distinct pictures of a film set to music: which positions are generated, and how long each is shown.

A film of two minutes has thousands of frames, and only a few hundred pictures are generated for it. Each is shown until
the next one, for a whole number of frames. Where the walk moves on an onset, pictures change on that frame, and the
last one rests until the next onset. Where it moves all the time, pictures change at a regular pace: within a movement
no picture is shown longer than one before it, and no two differ by more than a frame, so none stutters.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.planning import frame_schedule, music_time, pacing
from worker.planning.music import Music

QUICK_S = 0.04
"""How long each picture of a pulse but the last is shown: spread over the pulse, a film of few pictures would jump on
the onset and creep a little further long after it."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """The distinct pictures of a film, in film order.

    `positions` are where they are generated, as in `frame_schedule`; the picture at `positions[i]` is shown from frame
    `starts[i]` on.
    """

    positions: tuple[float, ...]
    starts: tuple[int, ...]
    frames: int

    @property
    def holds(self) -> tuple[int, ...]:
        """Return for how many frames each picture is shown."""
        return hold_until_next(self.starts, self.frames)

    def coarse_to_fine(self) -> list[int]:
        """Return the indices of all pictures in the order of generation: the stops, then the middle of the widest gap.

        Gaps are measured in time, so that the whole film soon moves.
        """
        stops = [i for i, position in enumerate(self.positions) if position.is_integer()]
        starts = [float(start) for start in self.starts]
        ends = [*stops] if stops[-1] == len(starts) - 1 else [*stops, len(starts)]
        return [*stops, *frame_schedule.coarse_to_fine([*starts, float(self.frames)], ends)]


def hold_until_next(starts: Sequence[int], frames: int) -> tuple[int, ...]:
    """Return for how many frames each picture is shown that waits for its own time; their sum is `frames`.

    So a film of few pictures is in time too. The first one is shown from the beginning on.
    """
    return tuple(after - before for before, after in itertools.pairwise([0, *starts[1:], frames]))


def choose(
    music: Music,
    stops: Sequence[int],
    *,
    frames: int,
    fps: float,
    way: music_time.Way,
    budget: int,
    positions: Sequence[float],
    thumbnails: Sequence[NDArray[np.floating]],
    closed: bool = False,
) -> Pictures:
    """Return the distinct pictures of a film, at most `budget`.

    `stops` are the frames of `music_time.stop_frames`; `positions` and `thumbnails` measure the path, as in
    `pacing.place_frames`. Pictures are shared among movements by their picture distances. Where they are too few for
    all onsets, the weakest ones do not move the film.

    :raises ValueError: for a budget of fewer pictures than stops.
    """
    if budget < len(stops):
        raise ValueError(f"a film of {len(stops)} stops needs at least {len(stops)} pictures, not {budget}")
    legs = pacing.measured_legs(positions, thumbnails, stops=len(stops), closed=closed)
    ends = [*stops, frames] if closed else [*stops]
    onsets: dict[int, float] = {}
    if way == "pulse":
        heard = music_time.onset_frames(music, stops, frames=ends[-1] + (not closed), fps=fps)
        onsets = _strongest(heard, stops, budget - len(stops))
    path = music_time.path(music, stops, frames=frames, fps=fps, way=way, onsets=onsets, closed=closed)
    movements = [
        movement
        for (start, end), (_, widths) in zip(itertools.pairwise(ends), legs, strict=True)
        for movement in _movements(start, end, sum(widths), path, onsets, fps)
    ]
    spare = budget - len(stops) + sum(movement.is_even for movement in movements)
    counts = pacing.share_parts(
        [movement.distance for movement in movements],
        spare,
        most=[movement.end - movement.start for movement in movements],
    )
    arrives = {0, *stops[1:]}
    starts = set(arrives)
    for movement, count in zip(movements, counts, strict=True):
        begun = _begun(movement, count, fps)
        starts.update(begun)
        if movement.is_even:
            arrives.update(begun)
    if stops[0]:
        starts.discard(stops[0])
    ordered = sorted(starts)
    shown = [path[start] if start in arrives else path[after - 1] for start, after in
             itertools.pairwise([*ordered, frames])]  # fmt: skip
    return Pictures(_on_ruler(shown, legs), tuple(ordered), frames)


@dataclass(frozen=True, slots=True)
class _Movement:
    """Frames in which the walk moves, from `start` to before `end`, and the picture distance that it covers.

    An even movement is a whole leg, and begins with its stop: a picture is shown when the walk has arrived there. A
    pulse begins with its onset: a picture shows where the walk is going, so that the onset is seen at once.
    """

    start: int
    end: int
    distance: float
    is_even: bool


def _strongest(onsets: dict[int, float], stops: Sequence[int], count: int) -> dict[int, float]:
    """Return the `count` strongest onsets, and those at stops, in film order."""
    between = sorted(set(onsets) - set(stops), key=lambda frame: (-onsets[frame], frame))
    kept = {*between[:count], *stops}
    return {frame: strength for frame, strength in onsets.items() if frame in kept}


def _movements(
    start: int, end: int, length: float, path: NDArray[np.float64], onsets: dict[int, float], fps: float
) -> list[_Movement]:
    """Return the movements of a leg: its pulses, or the whole leg where no onset moves it."""
    if not any(start < frame <= end for frame in onsets):
        return [_Movement(start, end, length, is_even=True)]
    return [
        _Movement(begin, until, length * float(path[until - 1] - path[begin - 1]), is_even=False)
        for begin, until in music_time.pulse_spans(start, end, fps, onsets)
    ]


def _begun(movement: _Movement, count: int, fps: float) -> list[int]:
    """Return the frames at which the pictures of a movement begin; fewer than `count` where that is more regular.

    In an even movement each is shown for the same whole number of frames, or the later ones for one frame less. In a
    pulse they follow quickly, and the last one rests.
    """
    frames = movement.end - movement.start
    if not movement.is_even:
        hold = max(1, min(music_time.nearest_frame(QUICK_S, fps), frames // count))
        return [movement.start + i * hold for i in range(count)]
    count = math.ceil(frames / math.ceil(frames / count))
    share, longer = divmod(frames, count)
    return [movement.start + i * share + min(i, longer) for i in range(count)]


def _on_ruler(path: Sequence[float], legs: Sequence[tuple[Sequence[float], Sequence[float]]]) -> tuple[float, ...]:
    """Return the positions at which the pictures of a path are generated; a stop is at its number."""
    placed: list[float] = []
    for leg, (knots, widths) in enumerate(legs):
        fractions = [place - leg for place in path if leg < place < leg + 1]
        placed += [float(leg), *pacing.keep_apart(pacing.positions_at(knots, widths, fractions).tolist(), leg)]
    return tuple(placed if path[-1] < len(legs) else (*placed, float(len(legs))))
