"""The instruments of the exhibition's music: sounds computed as samples, and the room in which they are heard.

Notes are numbers of MIDI: 69 is the A of 440 Hz.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

RATE = 44_100


def mallet(note: int) -> Samples:
    """Return a struck bar of wood, whose partials are those of a marimba."""
    clock, pitch = _clock(1.4), _pitch(note)
    return _sine(clock, pitch, 0.32) + 0.35 * _sine(clock, 3.93 * pitch, 0.07) + 0.12 * _sine(clock, 9.6 * pitch, 0.02)


def bell(note: int) -> Samples:
    """Return a struck bar of metal, which rings on and trembles as a vibraphone does."""
    clock, pitch = _clock(2.4), _pitch(note)
    bar = _sine(clock, pitch, 0.6) + 0.2 * _sine(clock, 4 * pitch, 0.25) + 0.05 * _sine(clock, 10 * pitch, 0.05)
    return np.asarray(bar * (1 - 0.15 * np.sin(2 * np.pi * 5 * clock)))


def string(note: int) -> Samples:
    """Return a plucked string, mostly its fundamental."""
    clock, pitch = _clock(1.2), _pitch(note)
    tone = sum(_sine(clock, number * pitch, 0.35 / number) / number**1.5 for number in (1, 2, 3, 4))
    return np.asarray(tone * np.minimum(clock / 0.004, 1))


def pad(note: int, seconds: float) -> Samples:
    """Return a soft held note that swells and ebbs."""
    clock = _clock(seconds)
    tone = np.sin(2 * np.pi * _pitch(note) * clock) + 0.3 * np.sin(4 * np.pi * _pitch(note) * clock)
    return np.asarray(tone * np.sin(np.pi * clock / seconds))


def drum() -> Samples:
    """Return a small drum, whose pitch falls from 130 to 52 Hz."""
    clock = _clock(0.4)
    phase = 2 * np.pi * (52 * clock + 78 * 0.03 * (1 - np.exp(-clock / 0.03)))
    return np.asarray(np.sin(phase) * np.exp(-clock / 0.11))


def brush(dice: np.random.Generator, decay: float) -> Samples:
    """Return the stroke of a brush: noise without low frequencies, which falls to 1/e in ``decay`` seconds."""
    clock = _clock(0.25)
    noise = np.diff(dice.random(len(clock) + 2) - 0.5, n=2)
    return np.asarray(noise * np.exp(-clock / decay))


def in_room(track: Samples, dice: np.random.Generator) -> Samples:
    """Return a track with the echo of a small room."""
    clock = _clock(0.6)
    echo = (dice.random(len(clock)) - 0.5) * np.exp(-clock / 0.12) * np.minimum(clock / 0.01, 1)
    echo *= 0.25 / np.sqrt((echo**2).sum())
    size = 1 << (len(track) + len(echo)).bit_length()
    wet = np.fft.irfft(np.fft.rfft(track, size) * np.fft.rfft(echo, size), size)
    return np.asarray(track + wet[: len(track)])


def _sine(clock: Samples, pitch: float, decay: float) -> Samples:
    return np.asarray(np.sin(2 * np.pi * pitch * clock) * np.exp(-clock / decay))


def _clock(seconds: float) -> Samples:
    return np.arange(round(seconds * RATE)) / RATE


def _pitch(note: int) -> float:
    return float(440 * 2 ** ((note - 69) / 12))
