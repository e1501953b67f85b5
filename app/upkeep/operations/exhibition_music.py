"""The music of the first exhibition: fourteen seconds, played from a score by arithmetic.

Composed for this project, which so has the rights in it. The score has six bars of four beats in D major and a last
chord. A beat lasts 13 frames of a film of 25 frames a second, and the first one is on its fourth frame. The web process
does not import this module, as numpy would take a sixth of its memory.
"""

from __future__ import annotations

import io
import wave

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

RATE = 44_100
SECONDS = 14.0
BEAT, FIRST = 0.52, 0.12
BARS = 6
CHORDS = (50, 57, 62, 66), (47, 54, 59, 62), (43, 55, 59, 62), (45, 52, 57, 61), (47, 54, 59, 62), (43, 55, 59, 64)
LAST_CHORD = 38, 50, 57, 62, 66, 74
"""Notes are numbers of MIDI: 69 is the A of 440 Hz. The first of a chord is its bass."""
MELODY = (
    "78 -- 81 -- 83 -- 81 78",
    "74 -- 78 -- 76 -- 74 71",
    "79 -- 83 -- 86 -- 83 79",
    "76 -- 81 -- 85 83 81 76",
    "78 -- 83 -- 86 83 81 78",
    "79 -- 83 81 76 -- 81 85",
)
"""A note or a rest for each half of a beat."""
LOUDEST = 0.8
SEED = 64


def wav() -> bytes:
    """Return the music as a WAV of 16 bits, mono: the same bytes each time."""
    track = _play()
    samples = (LOUDEST / abs(track).max() * 32_767 * track).round().astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE)
        written.writeframes(samples.tobytes())
    return file.getvalue()


def beats() -> list[float]:
    """Return the times of the beats in seconds, up to the last chord's."""
    return [round(FIRST + number * BEAT, 3) for number in range(4 * BARS + 1)]


def _play() -> Samples:
    """Return the score as it sounds in a small room."""
    dice = np.random.default_rng(SEED)
    track = np.zeros(round(SECONDS * RATE))
    for bar, (chord, notes) in enumerate(zip(CHORDS, MELODY, strict=True)):
        begin, louder = FIRST + 4 * bar * BEAT, 0.85 + 0.05 * bar
        for half, sign in enumerate(notes.split()):
            if sign != "--":
                _add(track, begin + half * BEAT / 2, 0.3 * louder * _mallet(int(sign)))
            if half % 2:
                _add(track, begin + half * BEAT / 2, 0.05 * louder * _brush(dice, 0.02))
        for beat in range(4):
            drum = 0.3 * _brush(dice, 0.04) if beat % 2 else 0.7 * _drum()
            _add(track, begin + beat * BEAT, louder * drum)
        for place, note in ((0, chord[0]), (1.5, chord[0]), (2, chord[0] + 7), (3.5, chord[0] + 12)):
            _add(track, begin + place * BEAT, 0.3 * louder * _bass(note))
        for note in chord[1:]:
            _add(track, begin, 0.035 * louder * _pad(note, 4 * BEAT))
    end = FIRST + 4 * BARS * BEAT
    _add(track, end, 0.8 * _drum())
    for note in LAST_CHORD:
        _add(track, end, 0.12 * _mallet(note))
        _add(track, end, 0.12 * _bass(note))
    return _in_room(track, dice)


def _mallet(note: int) -> Samples:
    """Return a struck bar of wood, whose partials are those of a marimba."""
    clock, pitch = _clock(1.4), _pitch(note)
    return _sine(clock, pitch, 0.32) + 0.35 * _sine(clock, 3.93 * pitch, 0.07) + 0.12 * _sine(clock, 9.6 * pitch, 0.02)


def _bass(note: int) -> Samples:
    """Return a plucked string, mostly its fundamental."""
    clock, pitch = _clock(1.2), _pitch(note)
    string = sum(_sine(clock, number * pitch, 0.35 / number) / number**1.5 for number in (1, 2, 3, 4))
    return np.asarray(string * np.minimum(clock / 0.004, 1))


def _pad(note: int, seconds: float) -> Samples:
    """Return a soft held note that swells and ebbs."""
    clock = _clock(seconds)
    tone = np.sin(2 * np.pi * _pitch(note) * clock) + 0.3 * np.sin(4 * np.pi * _pitch(note) * clock)
    return np.asarray(tone * np.sin(np.pi * clock / seconds))


def _drum() -> Samples:
    """Return a small drum, whose pitch falls from 130 to 52 Hz."""
    clock = _clock(0.4)
    phase = 2 * np.pi * (52 * clock + 78 * 0.03 * (1 - np.exp(-clock / 0.03)))
    return np.asarray(np.sin(phase) * np.exp(-clock / 0.11))


def _brush(dice: np.random.Generator, decay: float) -> Samples:
    """Return the stroke of a brush: noise without low frequencies."""
    clock = _clock(0.25)
    noise = np.diff(dice.random(len(clock) + 2) - 0.5, n=2)
    return np.asarray(noise * np.exp(-clock / decay))


def _in_room(track: Samples, dice: np.random.Generator) -> Samples:
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


def _add(track: Samples, time: float, sound: Samples) -> None:
    first = round(time * RATE)
    track[first : first + len(sound)] += sound[: len(track) - first]
