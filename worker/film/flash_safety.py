"""Check whether a film flashes more than three times a second, by WCAG 2.2, success criterion 2.3.1.

A flash is a pair of opposing changes of a pixel: of its relative luminance by a tenth, with the darker side below 0.8;
or to and from a saturated red. It counts where more of the picture flashes within the same second than is safe, for a
film as large as on its page. That is stricter than the criterion, which considers each ten degrees of the visual field
separately.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate, cycle, pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FLASHES_MAX = 3
SAFE_FPS = 2.0 * FLASHES_MAX
"""At this rate no film flashes too often: a flash takes two changes, and a second has no more frames."""

SAFE_MS = 10 * ceil(100 / SAFE_FPS)
"""How long a picture is shown at that rate, rounded up to a GIF's hundredths of a second."""

SIDE = 128  # pixels that are analysed: finer patterns are not seen as flashes
FILM_SIDE = 434  # a film's side on its page, in CSS pixels
SAFE_AREA = 0.25 * 341 * 256 / FILM_SIDE**2  # a quarter of ten degrees of the visual field, as a share of the film

LUMINANCE, DARK, REDNESS, RED_RATIO = 0.1, 0.8, 20.0, 0.8

Mask = NDArray[np.bool_]
Values = NDArray[np.float32]


def flashes(frames: Sequence[NDArray[np.uint8]], fps: float, holds: Sequence[int] | None = None) -> bool:
    """Return whether a film that repeats flashes too often.

    `frames` are RGB (height x width x 3), in the order in which they are shown; they may be reduced by :func:`small`.
    `holds` says for how many frame times each is shown, by default for one. A repeated frame changes nothing, so that
    only changes are looked at, however long the film is.
    """
    if not frames:
        return False
    second = max(1, int(fps))  # changes within a second, with its first and last frame
    order, starts = _looped(len(frames), holds or [1] * len(frames), ceil(fps) + 1)
    light = [_linear(frames[index]) for index in order]
    return _too_many(_general(light), starts[1:], second) or _too_many(_red(light), starts[1:], second)


def _looped(frames: int, holds: Sequence[int], more: int) -> tuple[list[int], list[int]]:
    """Return the indices of a film's frames and when each begins, once through and `more` frame times of the repeat."""
    order: list[int] = []
    starts: list[int] = []
    begun = 0
    for index in cycle(range(frames)):
        if begun >= sum(holds) + more:
            return order, starts
        if holds[index]:
            order.append(index)
            starts.append(begun)
            begun += holds[index]
    raise AssertionError("a cycle has no end")


def limit_fps(frames: Sequence[NDArray[np.uint8]], fps: float) -> float:
    """Return how many frames a second may be shown: `fps`, or the fastest safe rate if the film would flash.

    That is at least :data:`SAFE_FPS`, and no rate whose frames take whole hundredths of a second, which a request may
    state: so the site tells that the film was slowed down.
    """
    if fps <= SAFE_FPS or not flashes(frames, fps):
        return fps
    safe, unsafe = int(SAFE_FPS), int(fps)
    while unsafe - safe > 1:
        middle = (safe + unsafe) // 2
        safe, unsafe = (safe, middle) if flashes(frames, middle) else (middle, unsafe)
    return safe + 0.5 if 100 % safe == 0 else float(safe)  # within a second, both show the same number of frames


def thin_holds(
    frames: Sequence[NDArray[np.uint8]], holds: Sequence[int], fps: float, stops: Collection[int]
) -> list[int]:
    """Return for how many frame times each frame is shown in a film whose length is fixed, so that it does not flash.

    That is `holds` if it is safe. Otherwise each frame is shown for at least some frame times, as few as are safe, and
    those that begin sooner after another are left out (0), of two near each other rather not one of `stops`.
    """
    if fps <= SAFE_FPS or not flashes(frames, fps, holds):
        return list(holds)
    unsafe, safe = 1, ceil(fps / SAFE_FPS)
    while safe - unsafe > 1:
        middle = (safe + unsafe) // 2
        shown = _held_for(holds, middle, stops)
        safe, unsafe = (safe, middle) if flashes(frames, fps, shown) else (middle, unsafe)
    return _held_for(holds, safe, stops)


def _held_for(holds: Sequence[int], least: int, stops: Collection[int]) -> list[int]:
    """Return holds of at least so many frame times, without frames that begin sooner after another.

    A stop at the very end is shown as much earlier as it needs.
    """
    end = sum(holds)
    kept: list[tuple[int, int]] = []  # frames and when they begin
    for index, start in enumerate(accumulate(holds[:-1], initial=0)):
        if not holds[index]:
            continue
        if not kept or start - kept[-1][1] >= least:
            kept.append((index, start))
        elif index in stops and kept[-1][0] not in stops and len(kept) > 1:
            kept[-1] = index, start
    last, start = kept[-1]
    if len(kept) > 1 and end - start < least:
        kept.pop()
        while last in stops and len(kept) > 1 and end - least - kept[-1][1] < least:
            kept.pop()
        if last in stops and end - least - kept[-1][1] >= least:
            kept.append((last, end - least))
    shown = [0] * len(holds)
    for (index, start), (_, after) in pairwise([*kept, (len(holds), end)]):
        shown[index] = after - start
    return shown


def _too_many(changes: Iterator[Mask], starts: Sequence[int], second: int) -> bool:
    """Return whether, within any second, an unsafe share of the picture changes more often than is allowed.

    `starts` are the frame times of the changes, `second` is how many frame times a second has.
    """
    window: deque[tuple[int, NDArray[np.uint8]]] = deque()
    count: NDArray[np.int32] | None = None
    for start, changed in zip(starts, changes, strict=True):
        window.append((start, changed.astype(np.uint8)))
        count = window[-1][1].astype(np.int32) if count is None else count + window[-1][1]
        while start - window[0][0] >= second:
            count = count - window.popleft()[1]
        if (count > 2 * FLASHES_MAX).mean() > SAFE_AREA:
            return True
    return False


def _general(frames: Sequence[Values]) -> Iterator[Mask]:
    """Yield the pixels whose luminance flashed, frame by frame."""
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32)
    return _turns([frame @ weights for frame in frames], LUMINANCE, below=DARK)


def _red(frames: Sequence[Values]) -> Iterator[Mask]:
    """Yield the pixels that became or ceased to be a saturated red, frame by frame."""
    redness, saturated = [], []
    for frame in frames:
        total = frame.sum(axis=-1)
        saturated.append((frame[..., 0] >= RED_RATIO * total) & (total > 0))
        redness.append(np.maximum(0, 2 * frame[..., 0] - total) * 320)
    return _turns(redness, REDNESS, only=saturated)


def _turns(
    values: Sequence[Values], step: float, *, below: float = np.inf, only: Sequence[Mask] | None = None
) -> Iterator[Mask]:
    """Yield, for each frame after the first, the pixels that have changed by ``step`` in the opposite direction.

    The change is measured from the extreme value since a pixel's last such change. Its lower side must be less than
    ``below``; with ``only``, one of its sides must be marked there.
    """
    if not values:
        return
    low = high = values[0]  # each pixel's extreme values since its last flash change
    marked = np.ones(low.shape, bool) if only is None else only[0]
    going = np.zeros(low.shape, np.int8)
    for index, value in enumerate(values[1:], 1):
        low, high = np.minimum(low, value), np.maximum(high, value)
        if only is not None:
            marked = marked | only[index]
        rises = marked & (going < 1) & (value - low >= step) & (low < below)
        falls = marked & (going > -1) & (high - value >= step) & (value < below) & ~rises
        low, high = np.where(falls, value, low), np.where(rises, value, high)
        going = np.where(rises, 1, np.where(falls, -1, going)).astype(np.int8)
        turned = rises | falls
        if only is not None:
            marked = np.where(turned, only[index], marked)
        yield turned


def small(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a frame reduced to the size that is analysed, by averaging; a smaller frame is returned as it is."""
    height, width = frame.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    if scale == 1:
        return frame
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BOX))


def _linear(frame: NDArray[np.uint8]) -> Values:
    """Return a frame's linear light, 0-1."""
    share = np.asarray(small(frame), np.float32) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4).astype(np.float32)
