"""What is known of a track: beats, onsets and loudness, in seconds from its beginning. Pure numbers.

The analysis itself is made elsewhere; this is what the plan of a film needs of it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

CHANGE_S = 2.0
"""The seconds before and after a beat whose loudness is compared: about a bar of a quick piece."""

NEAR_S = 0.07
"""How far an onset may be from the beat that it belongs to."""


@dataclass(frozen=True, slots=True)
class Music:
    """A track: its length, beats, onsets with their strengths, and loudness at equal steps.

    Times are in seconds and ascend. Strengths and loudness are linear, at least 0, and relative to each other only;
    `loudness[i]` is that at `i * step` seconds. Any of the lists may be empty.
    """

    seconds: float
    beats: tuple[float, ...] = ()
    onsets: tuple[float, ...] = ()
    strengths: tuple[float, ...] = ()
    loudness: tuple[float, ...] = ()
    step: float = 0.1

    def __post_init__(self) -> None:
        for name in ("beats", "onsets"):
            times = getattr(self, name)
            if any(not 0 <= time <= self.seconds for time in times):
                raise ValueError(f"{name} must lie within the {self.seconds:g} seconds of the track")
            if any(after <= before for before, after in itertools.pairwise(times)):
                raise ValueError(f"{name} must ascend")
        if len(self.onsets) != len(self.strengths):
            raise ValueError(f"{len(self.onsets)} onsets have {len(self.strengths)} strengths")
        if not all(math.isfinite(value) and value >= 0 for value in (*self.strengths, *self.loudness)):
            raise ValueError("strengths and loudness must be finite and at least 0")
        if not (math.isfinite(self.seconds) and self.seconds > 0 and math.isfinite(self.step) and self.step > 0):
            raise ValueError("seconds and step must be greater than 0")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Music:
        """Return the music of an analysis in its stored form: an object with the names of the fields.

        :raises KeyError, TypeError, ValueError: for any other data.
        """
        lists = {name: tuple(map(float, data.get(name, ()))) for name in ("beats", "onsets", "strengths", "loudness")}
        return cls(float(data["seconds"]), **lists, step=float(data.get("step", 0.1)))

    def part(self, start: float, seconds: float) -> Music:
        """Return a part of the track, with times from the beginning of the part.

        What lies beyond the end of the track is silent.
        """

        def within(time: float) -> bool:
            return start <= time < start + seconds

        heard = [(time - start, strength) for time, strength in zip(self.onsets, self.strengths, strict=True)
                 if within(time)]  # fmt: skip
        steps = np.arange(0, seconds + self.step, self.step) if self.loudness else np.empty(0)
        return Music(
            seconds,
            beats=tuple(time - start for time in self.beats if within(time)),
            onsets=tuple(time for time, _ in heard),
            strengths=tuple(strength for _, strength in heard),
            loudness=tuple(self.loudness_at(start + steps).tolist()),
            step=self.step,
        )

    def loudness_at(self, times: ArrayLike) -> NDArray[np.float64]:
        """Return the loudness at some times, interpolated; 0 after the end, and where nothing is known."""
        if not self.loudness:
            return np.zeros_like(np.asarray(times, np.float64))
        known = np.arange(len(self.loudness)) * self.step
        return np.asarray(np.interp(np.asarray(times, np.float64), known, np.asarray(self.loudness), right=0.0))

    def strength_near(self, time: float) -> float:
        """Return the strength of the strongest onset within :data:`NEAR_S` of a time; 0 without one."""
        near = (strength for onset, strength in zip(self.onsets, self.strengths, strict=True)
                if abs(onset - time) <= NEAR_S)  # fmt: skip
        return max(near, default=0.0)

    def changes(self, times: Sequence[float]) -> NDArray[np.float64]:
        """Return how much the music changes at each of some times, from 0 to 2.

        That is the strength of the onset there, and the difference of the mean loudness before and after, each as a
        share of the greatest among `times`.
        """
        around = np.linspace(0, CHANGE_S, 20)
        after = np.array([self.loudness_at(np.minimum(time + around, self.seconds)).mean() for time in times])
        before = np.array([self.loudness_at(np.maximum(time - around, 0)).mean() for time in times])
        strengths = np.array([self.strength_near(time) for time in times])
        return _relative(strengths) + _relative(np.abs(after - before))


def _relative(values: NDArray[np.float64]) -> NDArray[np.float64]:
    most = float(values.max(initial=0.0))
    return values / most if most > 0 else np.zeros_like(values)
