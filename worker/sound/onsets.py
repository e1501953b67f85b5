"""Onsets: the times at which something new sounds, by the flux of a mel spectrum.

After Böck and Widmer, "Maximum filter vibrato suppression for onset detection" (DAFx 2013), without the maximum filter,
and Ellis, "Beat tracking by dynamic programming" (2007), for the spectrum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEP = 0.01
"""The seconds between values of the flux."""
WINDOW_SECONDS = 0.04
BANDS, LOWEST, HIGHEST = 64, 30.0, 11_000.0
LOW_BANDS = 8
"""The bands that count for the strength of a downbeat: below about 300 Hz."""
FLOOR = 10 ** (-60 / 10)
"""The power, relative to the loudest, below which nothing is heard."""
CHUNK = 1_000
"""The windows that are transformed together, which bounds the memory."""
APART = 0.05
"""The least seconds between two onsets."""
AROUND = 0.1
"""The seconds on either side whose mean an onset exceeds."""
LEAST = 0.1
"""The least strength of an onset, as a share of the strongest."""
NOISE, NOISE_SECONDS = 6.0, 1.0
"""How many median deviations an onset exceeds the median flux, and the seconds on either side that these are taken of.

Hiss rises all the time. Six median deviations are about four standard deviations of a normal distribution.
"""
FINE = 0.002
"""The seconds of the blocks by whose rise of energy a time is refined."""
EARLY, REACH = 0.012, 0.01
"""How long before a click the flux is strongest, as a window hears it before its middle does; and how far a time moves.

Where a sound swells, as a syllable does, its energy may rise steeply long before most of it is heard.
"""


@dataclass(frozen=True, slots=True)
class Flux:
    """How much the spectrum rises, in all bands and in the low ones; value `i` is at `i * STEP` seconds."""

    all: Floats
    low: Floats


def flux(sound: NDArray[np.float32], rate: int) -> Flux:
    """Return the flux of a sound (mono)."""
    bands = _mel_spectrum(sound, rate)
    decibels = 10 * np.log10(np.maximum(bands, FLOOR * bands.max()))
    rise = np.maximum(np.diff(decibels, axis=0, prepend=decibels[:1]), 0)
    return Flux(rise.mean(axis=1), rise[:, :LOW_BANDS].mean(axis=1))


def pick(rise: Floats, sound: NDArray[np.float32], rate: int) -> tuple[Floats, Floats]:
    """Return the times of the onsets in seconds and their strengths, of which the strongest is 1.

    A strength is how far the flux is above that of the noise around it.
    """
    most = float(rise.max(initial=0.0))
    if most <= 0:
        return np.zeros(0), np.zeros(0)
    apart, around = round(APART / STEP), round(AROUND / STEP)
    highest = np.lib.stride_tricks.sliding_window_view(np.pad(rise, apart), 2 * apart + 1).max(axis=1)
    mean = np.convolve(np.pad(rise, around, mode="edge"), np.full(2 * around + 1, 1 / (2 * around + 1)), "valid")
    noise, spread = _noise(rise)
    is_clear = (rise > mean + LEAST * most / 2) & (rise > LEAST * most) & (rise > noise + NOISE * spread)
    (peaks,) = np.nonzero((rise == highest) & is_clear)
    times = refine(np.asarray(peaks * STEP, np.float64), sound, rate)
    first = np.concatenate([[True], np.diff(times) > APART / 2]) if len(times) else np.zeros(0, bool)
    above = (rise - noise)[peaks][first]
    return times[first], above / above.max() if len(above) else above


def _noise(rise: Floats) -> tuple[Floats, Floats]:
    """Return the median of a flux around each value, and the median distance from it; both 0 where little rises."""
    reach = round(NOISE_SECONDS / STEP)
    centres = range(0, len(rise), reach // 2)
    near = [rise[max(0, centre - reach) : centre + reach + 1] for centre in centres]
    medians = np.array([np.median(part) for part in near])
    spreads = np.array([np.median(np.abs(part - median)) for part, median in zip(near, medians, strict=True)])
    steps = np.arange(len(rise))
    return np.interp(steps, centres, medians), np.interp(steps, centres, spreads)


def refine(times: Floats, sound: NDArray[np.float32], rate: int) -> Floats:
    """Return each time of the flux moved to where the energy rises most nearby."""
    size = max(1, round(FINE * rate))
    blocks = sound[: len(sound) // size * size].reshape(-1, size)
    energy = np.einsum("ij,ij->i", blocks, blocks, dtype=np.float64) / size
    reach = round(REACH * rate / size)
    level = np.log(energy + 1e-4 * float(energy.max(initial=0.0)) + 1e-12)
    rises = np.pad(np.diff(level, prepend=level[:1]), reach)
    moved = []
    for time in times:
        centre = min(round((time + EARLY) * rate / size), len(level) - 1)
        moved.append((centre - reach + int(np.argmax(rises[centre : centre + 2 * reach + 1]))) * size / rate)
    return np.maximum.accumulate(np.clip(np.array(moved), 0, len(sound) / rate)) if moved else np.zeros(0)


def window_size(rate: int) -> int:
    """Return the samples of a window: the power of two nearest to :data:`WINDOW_SECONDS`."""
    return 1 << round(math.log2(WINDOW_SECONDS * rate))


def _mel_spectrum(sound: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Return the power in each band (steps, bands)."""
    size = window_size(rate)
    count = round(len(sound) / rate / STEP) + 1
    window, filters = np.hanning(size).astype(np.float32), _filters(rate, size)
    starts = np.round(np.arange(count) * STEP * rate).astype(int) - size // 2
    spectrum = np.empty((count, BANDS), np.float32)
    for begin in range(0, count, CHUNK):
        samples = starts[begin : begin + CHUNK, None] + np.arange(size)
        mirrored = np.minimum(np.abs(samples), 2 * (len(sound) - 1) - samples)  # silence would make an onset of an end
        part = sound[np.clip(mirrored, 0, len(sound) - 1)] * window
        spectrum[begin : begin + CHUNK] = np.abs(np.fft.rfft(part)).astype(np.float32) ** 2 @ filters
    return spectrum


def _filters(rate: int, size: int) -> NDArray[np.float32]:
    """Return triangular filters (bins, bands) that are evenly spaced in mel (O'Shaughnessy 1987)."""
    highest = min(HIGHEST, rate / 2)
    edges = 700 * (10 ** (np.linspace(_mel(LOWEST), _mel(highest), BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(size, 1 / rate)[:, None]
    width = np.maximum(np.diff(edges), rate / size)  # at least a bin, or a low band would be empty
    rising = 1 - (edges[1:-1] - bins) / width[:-1]
    falling = 1 - (bins - edges[1:-1]) / width[1:]
    return np.clip(np.minimum(rising, falling), 0, 1).astype(np.float32)


def _mel(frequency: float) -> float:
    return float(2595 * np.log10(1 + frequency / 700))
