"""What is heard in a sound: onsets, beats, tempo, downbeats, loudness and a waveform; times in seconds.

Computed with numpy alone. Decision 85 says why not with librosa, and `tests/worker/sound` how exact it is.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.sound import beats, onsets

VERSION = 2
"""Raised when the same sound gives other results."""
PEAKS = 1_000
LOUDNESS_STEP = 0.1


@dataclass(frozen=True, slots=True)
class Analysis:
    """An analysis. Times ascend and lie within the sound.

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

    def to_json(self) -> dict[str, Any]:
        """Return the plain form, as `app.walks.uploads.sound_analysis` and `worker.planning.music` read it."""
        return asdict(self)


def analyse(sound: NDArray[np.float32], rate: int) -> Analysis:
    """Return the analysis of a sound (mono, 1 for full scale)."""
    rise = onsets.flux(sound, rate)
    onset_times, strengths = onsets.pick(rise.all, sound, rate)
    tempo, beat_times = beats.track(rise.all)
    firsts = beats.downbeats(beat_times, rise.low)
    snapped = beats.snap(beat_times, onset_times, strengths)
    downbeats = snapped[firsts] if len(snapped) == len(beat_times) else snapped[:0]
    if len(snapped) > 2:
        tempo = 60 * (len(snapped) - 1) / float(snapped[-1] - snapped[0]) if _is_even(snapped) else tempo
    return Analysis(
        version=VERSION,
        seconds=len(sound) / rate,
        tempo=None if tempo is None else round(tempo, 2),
        beats=_times(snapped),
        downbeats=_times(downbeats),
        onsets=_times(onset_times),
        strengths=_rounded(strengths),
        step=LOUDNESS_STEP,
        loudness=_rounded(_loudness(sound, rate), 5),
        peaks=_rounded(_peaks(sound)),
    )


def _is_even(times: NDArray[np.float64]) -> bool:
    """Return whether no beat is missing or doubled, so that the mean distance is the tempo."""
    distances = np.diff(times)
    return bool(np.ptp(distances) < 0.25 * np.median(distances))


def _loudness(sound: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    half = round(LOUDNESS_STEP * rate / 2)
    centres = (round(index * LOUDNESS_STEP * rate) for index in range(int(len(sound) / rate / LOUDNESS_STEP) + 1))
    parts = (sound[max(0, centre - half) : centre + half] for centre in centres)
    return np.array([float(np.sqrt(part @ part / max(1, len(part)))) for part in parts])


def _peaks(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    edges = np.unique(np.linspace(0, len(sound), PEAKS + 1).astype(int))[:-1]
    highest, lowest = np.maximum.reduceat(sound, edges), np.minimum.reduceat(sound, edges)
    return np.minimum(np.maximum(highest, -lowest).astype(np.float64), 1.0)


def _times(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(sorted({round(float(value), 3) for value in values}))


def _rounded(values: NDArray[np.float64], digits: int = 3) -> tuple[float, ...]:
    return tuple(round(float(value), digits) for value in values)
