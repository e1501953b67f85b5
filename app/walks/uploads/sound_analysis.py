"""What a worker heard in a sound, as it is stored in ``Sound.analysis``; the plain form of worker.sound.analysis."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

BESIDE = 2
"""How many steps of loudness beside a part are kept: it is read between two steps."""


@dataclass(frozen=True, slots=True)
class SoundAnalysis:
    """An analysis. Times are in seconds from the beginning and ascend.

    `strengths` belong to `onsets`; the strongest is 1. `downbeats` are among `beats`, and empty unless they are sure;
    `tempo` is in beats a minute, and `None` without beats. `loudness[i]` is the root mean square around `i * step`
    seconds, 1 for full scale. `peaks` are the greatest absolute values of up to 1,000 equal parts.
    """

    version: int
    seconds: float
    tempo: float | None
    beats: tuple[float, ...]
    downbeats: tuple[float, ...]
    onsets: tuple[float, ...]
    strengths: tuple[float, ...]
    step: float
    loudness: tuple[float, ...]
    peaks: tuple[float, ...]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SoundAnalysis:
        """Return the analysis in a row's column.

        :raises KeyError: when a part is missing.
        """
        values: dict[str, Any] = {field.name: data[field.name] for field in fields(cls)}
        for name, value in values.items():
            values[name] = tuple(value) if isinstance(value, list) else value
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """Return the analysis as a row's column holds it."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def only(self, start: float, seconds: float) -> SoundAnalysis:
        """Return what is heard in a part, at its times in the whole sound, which is silent elsewhere."""
        end = start + seconds
        onsets = [pair for pair in zip(self.onsets, self.strengths, strict=True) if start <= pair[0] < end]
        each = self.seconds / max(1, len(self.peaks))
        first, last = math.floor(start / self.step) - BESIDE, math.ceil(end / self.step) + BESIDE
        return replace(
            self,
            beats=tuple(time for time in self.beats if start <= time < end),
            downbeats=tuple(time for time in self.downbeats if start <= time < end),
            onsets=tuple(time for time, _ in onsets),
            strengths=tuple(strength for _, strength in onsets),
            loudness=tuple(value if first <= index <= last else 0.0 for index, value in enumerate(self.loudness)),
            peaks=tuple(
                value if start <= (index + 1) * each and index * each <= end else 0.0
                for index, value in enumerate(self.peaks)
            ),
        )
