"""Beats, tempo and downbeats from the flux, after Ellis, "Beat tracking by dynamic programming" (2007)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worker.sound.onsets import STEP, Floats

TEMPO_USUAL, TEMPO_SPREAD = 120.0, 1.0
"""The tempo that is likeliest, in beats a minute, and the standard deviation around it in octaves."""
TEMPO_LEAST, TEMPO_MOST = 40.0, 240.0
SURE = 0.1
"""The least autocorrelation at the period of the beats; below it no beats are given."""
TIGHT = 100.0
"""How much a beat's distance from the one before it counts against its strength."""
NEAR = 0.04
"""How far in seconds a beat moves to the onset that it belongs to."""
STRONG = 0.3
"""The least strength of an onset to which a beat moves, as a share of the mean strength of all."""
METRES = 3, 4
BARS = 4
"""The least number of bars from which downbeats are inferred."""
CERTAIN = 4.0
"""How many standard errors the first beats of bars are stronger than the next strongest ones."""


def track(rise: Floats) -> tuple[float | None, Floats]:
    """Return the tempo in beats a minute and the times of the beats in seconds; no tempo where nothing repeats."""
    period = _period(rise)
    if period is None:
        return None, np.zeros(0)
    steps = _best_path(rise, period)
    beats = np.asarray(steps * STEP, np.float64)
    return (60 / float(np.median(np.diff(beats))), beats) if len(beats) > 2 else (None, np.zeros(0))


def snap(beats: Floats, onsets: Floats, strengths: Floats) -> Floats:
    """Return the beats, each moved to a strong onset within :data:`NEAR` seconds, and the others as they are."""
    strong = onsets[strengths >= STRONG * strengths.mean()] if len(onsets) else onsets
    if not len(strong) or not len(beats):
        return beats
    after = np.clip(np.searchsorted(strong, beats), 1, max(1, len(strong) - 1))
    before = strong[after - 1]
    after_times = strong[np.minimum(after, len(strong) - 1)]
    nearest = np.where(np.abs(before - beats) <= np.abs(after_times - beats), before, after_times)
    moved = np.where(np.abs(nearest - beats) <= NEAR, nearest, beats)
    return np.asarray(moved[np.concatenate([[True], np.diff(moved) > NEAR])], np.float64)


def downbeats(beats: Floats, low: Floats) -> NDArray[np.int64]:
    """Return the indices of the beats that begin a bar of three or four; none unless that is sure.

    It is sure where the first beats of bars are stronger in the low bands than the others, by far.
    """
    if not len(beats):
        return np.zeros(0, np.int64)
    centres = np.round(beats / STEP).astype(int)
    around = np.clip(centres[:, None] + np.arange(-3, 4), 0, len(low) - 1)
    strengths = low[around].max(axis=1)
    best, found = CERTAIN, np.zeros(0, np.int64)
    for metre in METRES:
        if len(beats) < BARS * metre:
            continue
        phases = [strengths[phase::metre] for phase in range(metre)]
        means = np.array([phase.mean() for phase in phases])
        first, second = np.argsort(means)[::-1][:2]
        spread = np.sqrt(sum(phases[i].var() / len(phases[i]) for i in (first, second))) + 0.05 * strengths.std()
        if spread > 0 and (certainty := (means[first] - means[second]) / spread) > best:
            best, found = float(certainty), np.arange(first, len(beats), metre)
    return found


def _period(rise: Floats) -> float | None:
    """Return the steps between beats: a period that recurs, as does its double, and that is near a usual tempo."""
    smooth = np.convolve(rise, np.array([1, 4, 6, 4, 1]) / 16, "same")  # or a period between two steps would be missed
    centred = smooth - smooth.mean()
    size = 1 << (2 * len(centred) - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2, size)[: len(centred)]
    if correlation[0] <= 0:
        return None
    correlation = correlation / correlation[0] * len(centred) / np.arange(len(centred), 0, -1)
    least, most = round(60 / TEMPO_MOST / STEP), round(60 / TEMPO_LEAST / STEP)
    if len(correlation) <= 2 * most:
        correlation = np.pad(correlation, (0, 2 * most + 2 - len(correlation)))
    lags = np.arange(1, 2 * most + 1)
    usual = np.exp(-0.5 * (np.log2(60 / (lags * STEP) / TEMPO_USUAL) / TEMPO_SPREAD) ** 2)
    weighted = np.concatenate([[0.0], correlation[1 : 2 * most + 1] * usual])
    periods = np.arange(least, most + 1)
    double = np.stack([weighted[np.minimum(2 * periods + shift, 2 * most)] for shift in (-1, 0, 1)]).max(axis=0)
    best = int(periods[np.argmax(weighted[periods] + 0.5 * double)])
    if correlation[best - 1 : best + 2].max() < SURE:
        return None
    left, middle, right = correlation[best - 1 : best + 2]
    bend = left - 2 * middle + right
    return best + (0.5 * (left - right) / bend if bend < 0 else 0.0)


def _best_path(rise: Floats, period: float) -> NDArray[np.int64]:
    """Return the steps of the beats that are strong and evenly spaced, by dynamic programming."""
    spread = rise.std() or 1.0
    kernel = np.exp(-0.5 * (np.arange(-round(period), round(period) + 1) * 32 / period) ** 2)
    score = np.convolve(rise / spread, kernel, "same")
    distances = np.arange(-round(2 * period), -round(period / 2) + 1)
    cost = -TIGHT * np.log(-distances / period) ** 2
    total, link = score.copy(), np.full(len(score), -1, np.int64)
    padded = np.concatenate([np.full(-distances[0], -np.inf), total])
    shift = -int(distances[0])
    begun = False
    for step in range(len(score)):
        before = padded[step : step + len(distances)] + cost
        best = int(np.argmax(before))
        if before[best] > -np.inf and (begun or score[step] >= 0.01 * score.max()):
            total[step] += max(0.0, before[best])
            link[step] = step + int(distances[best]) if before[best] > 0 and begun else -1
        begun = begun or bool(score[step] >= 0.01 * score.max())
        padded[step + shift] = total[step]
    last = _last_beat(total)
    path = [last]
    while link[path[-1]] >= 0:
        path.append(int(link[path[-1]]))
    return _without_weak_ends(np.array(path[::-1], np.int64), score)


def _last_beat(total: Floats) -> int:
    """Return the last local maximum of the total that is at least half the median one."""
    inner = (total[1:-1] > total[:-2]) & (total[1:-1] >= total[2:])
    (peaks,) = np.nonzero(inner)
    if not len(peaks):
        return int(np.argmax(total))
    peaks = peaks + 1
    return int(peaks[total[peaks] >= 0.5 * np.median(total[peaks])][-1])


def _without_weak_ends(path: NDArray[np.int64], score: Floats) -> NDArray[np.int64]:
    """Return the beats without those at both ends where nothing sounds."""
    least = 0.5 * np.sqrt(np.mean(score[path] ** 2))
    (strong,) = np.nonzero(score[path] > least)
    return path[strong[0] : strong[-1] + 1] if len(strong) else path[:0]
