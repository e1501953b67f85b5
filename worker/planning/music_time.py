"""The time of a walk set to music: when each stop is reached, and how the walk moves between stops.

The *path* of a film gives for each frame how far the walk is: stop `i` is at `i`, and between stops the fraction is a
share of the leg's length as `pacing` measures it. So music decides when, and the ruler how far. Frame `k` is shown from
`k / fps` on, so a time belongs to the frame whose beginning is nearest, within half a frame. Pure arithmetic.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from worker.planning.music import Music

Way = Literal["steady", "pulse", "energy"]
"""How a walk follows the music: evenly in time, moved on by each onset, or as fast as it is loud."""

WAYS: tuple[Way, ...] = get_args(Way)

REST = 0.05
"""The share of a leg that is moved evenly whatever the music does, so that a quiet passage nearly rests."""

PULSE_S, DECAY_S = 0.12, 0.03
"""How long an onset moves the walk on, and in which time its speed falls to 1 / e: most of it within two frames of 25
a second."""


def nearest_frame(time: float, fps: float) -> int:
    """Return the frame whose beginning is nearest to a time in seconds."""
    return int(np.floor(time * fps + 0.5))


def stop_frames(music: Music, at: Sequence[float | None], *, fps: float, closed: bool = False) -> tuple[int, ...]:
    """Return the frame at which each stop is reached; those without a time are placed on beats.

    `at` has a time in seconds for each stop, or None. Without one, the first stop is at the beginning and the last at
    the end; in a closed walk the end is the first stop again. The others divide the time between their neighbours
    evenly, and each moves to the beat within a third of such a part at which the music changes most; to the best onset
    where there is no beat there, and nowhere without one.

    :raises ValueError: for times outside the film, and stops less than a frame apart; it names the stop, from 1.
    """
    last = nearest_frame(music.seconds, fps) - 1
    end = music.seconds if closed else last / fps
    wanted = [*at, end] if closed else [*at]
    wanted[0] = 0.0 if wanted[0] is None else wanted[0]
    wanted[-1] = end if wanted[-1] is None else wanted[-1]
    fixed = [(number, time) for number, time in enumerate(wanted) if time is not None]
    times = [fixed[0][1]]
    for (left, start), (right, stop) in itertools.pairwise(fixed):
        times += [*_on_beats(music, start, stop, right - left - 1), stop]
    frames = [nearest_frame(time, fps) for time in times[: len(at)]]
    for number, (time, frame) in enumerate(zip(times, frames, strict=False), 1):
        if not 0 <= frame <= last:
            raise ValueError(f"stop {number} is at {time:g} s, outside the film of {music.seconds:g} s")
        if number > 1 and frame <= frames[number - 2]:
            raise ValueError(f"stop {number} is at {time:g} s, less than a frame after the stop before it")
    return tuple(frames)


def _on_beats(music: Music, start: float, end: float, count: int) -> list[float]:
    """Return `count` times between two others, on the beats with the strongest changes, in ascending order."""
    part = (end - start) / (count + 1)
    placed = []
    for number in range(1, count + 1):
        even = start + number * part
        for candidates in (music.beats, music.onsets):
            near = [time for time in candidates if abs(time - even) < part / 3]
            if near:
                even = near[int(np.argmax(music.changes(near)))]
                break
        placed.append(even)
    return placed


def onset_frames(music: Music, stops: Sequence[int], *, frames: int, fps: float) -> dict[int, float]:
    """Return the frames on which an onset moves the walk, in film order, and how strongly.

    They lie after the first stop and up to the end of the path. Of onsets in one frame the strongest counts.
    """
    strengths: dict[int, float] = {}
    for time, strength in zip(music.onsets, music.strengths, strict=True):
        frame = nearest_frame(time, fps)
        if stops[0] < frame < frames and strength > 0:
            strengths[frame] = max(strength, strengths.get(frame, 0.0))
    return strengths


def path(
    music: Music,
    stops: Sequence[int],
    *,
    frames: int,
    fps: float,
    way: Way,
    onsets: dict[int, float],
    closed: bool = False,
) -> NDArray[np.float64]:
    """Return for each frame how far the walk is: it never falls, and is `i` at the frame of stop `i`.

    Before the first stop the walk rests there, after the last stop there. `onsets` are those of `onset_frames`, or of
    them the ones that move the walk. An onset at a stop's frame arrives there at once, so that the stop is seen until
    the next onset.
    """
    places = np.zeros(frames + 1)
    ends = [*stops, frames] if closed else [*stops]
    for leg, (start, end) in enumerate(itertools.pairwise(ends)):
        speeds = _speeds(music, start, end, fps, way, onsets)
        reached = np.cumsum(speeds)
        places[start + 1 : end] = leg + reached[:-1] / reached[-1]
        places[end:] = leg + 1
    return places[:frames]


def _speeds(music: Music, start: int, end: int, fps: float, way: Way, onsets: dict[int, float]) -> NDArray[np.float64]:
    """Return how far each frame of a leg is from the one before, for the frames after `start` up to `end`.

    They are relative to each other, and all greater than 0.
    """
    frames = np.arange(start + 1, end + 1)
    if way == "steady":
        return np.ones(len(frames))
    moved = music.loudness_at((frames - 0.5) / fps) if way == "energy" else _pulses(start, end, fps, onsets)
    total = float(moved.sum())
    return moved / total * (1 - REST) + REST / len(frames) if total > 0 else np.ones(len(frames))


def _pulses(start: int, end: int, fps: float, onsets: dict[int, float]) -> NDArray[np.float64]:
    """Return the movement of the frames after `start` up to `end`; each onset moves by its strength in all."""
    moved = np.zeros(end - start)
    for begin, until in pulse_spans(start, end, fps, onsets):
        decay = np.exp(-np.arange(until - begin) / (DECAY_S * fps))
        moved[begin - start - 1 : until - start - 1] = onsets[begin] * decay / decay.sum()
    moved[-1] = onsets.get(end, 0.0)
    return moved


def pulse_spans(start: int, end: int, fps: float, onsets: dict[int, float]) -> list[tuple[int, int]]:
    """Return the frames of each pulse between two stops, from its onset to before its rest, the next or the stop."""
    inside = [frame for frame in onsets if start < frame < end]
    longest = max(1, nearest_frame(PULSE_S, fps))
    return [(begin, min(begin + longest, after)) for begin, after in itertools.pairwise([*inside, end])]
