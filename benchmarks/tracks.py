"""Tracks made by arithmetic, for benchmarks of films set to music: clicks, and five kinds of sound. 44,100 Hz, mono."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 44_100
Samples = NDArray[np.float64]


def write(path: Path, samples: Samples) -> Path:
    """Write a track as WAV, 16 bits, and return its path."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def beats(seconds: float, bpm: float) -> list[float]:
    """Return the times of the beats of a steady tempo, in seconds; the first is on no frame of 25 a second."""
    return [float(time) for time in np.arange(0.51, seconds - 0.2, 60 / bpm)]


def clicks(seconds: float, times: list[float]) -> Samples:
    """Return a track that clicks at some times, each click at its loudest within a millisecond."""
    track = np.zeros(round(seconds * RATE))
    for time in times:
        _add(track, time, 0.8 * _tone(1500, 0.03, 0.005))
    return track


def drums(seconds: float, dice: np.random.Generator) -> Samples:
    """Return a bass drum, a snare and a hi-hat at 97 beats a minute."""
    track, beat = np.zeros(round(seconds * RATE)), 60 / 97
    for number, time in enumerate(np.arange(0.3, seconds - 0.5, beat / 2)):
        _add(track, time, 0.08 * _noise(0.05, 0.015, dice))
        if number % 4 == 0:
            _add(track, time, 0.8 * _tone(60, 0.3, 0.08))
        elif number % 4 == 2:
            _add(track, time, 0.5 * _noise(0.2, 0.05, dice) + 0.2 * _tone(190, 0.2, 0.05))
    return track


def arpeggio(seconds: float, dice: np.random.Generator) -> Samples:
    """Return broken chords, plucked, four notes a second and some of them left out."""
    track = np.zeros(round(seconds * RATE))
    chords = [(220, 277, 330, 440), (196, 247, 294, 392), (175, 220, 262, 349), (196, 247, 330, 392)]
    for number, time in enumerate(np.arange(0.2, seconds - 1, 0.25)):
        if dice.random() < 0.8:
            pitch = chords[number // 16 % 4][number % 4]
            pluck = sum(_tone(pitch * k, 0.9, 0.3 / k) / k for k in (1, 2, 3, 4))
            _add(track, time, 0.25 * dice.uniform(0.4, 1) * pluck)
    return track


def speech(seconds: float, dice: np.random.Generator) -> Samples:
    """Return syllables of a buzz through two formants, in sentences with pauses."""
    track, time = np.zeros(round(seconds * RATE)), 0.3
    while time < seconds - 1.5:
        for _ in range(dice.integers(4, 10)):
            length = dice.uniform(0.12, 0.25)
            clock = np.arange(round(length * RATE)) / RATE
            pitch, low, high = dice.uniform(100, 140), dice.uniform(300, 800), dice.uniform(1000, 2300)
            harmonics = np.arange(1, 24)
            shape = np.exp(-(((harmonics * pitch - low) / 150) ** 2)) + 0.5 * np.exp(
                -(((harmonics * pitch - high) / 250) ** 2)
            )
            voice = (shape[:, None] * np.sin(2 * np.pi * pitch * harmonics[:, None] * clock)).sum(0)
            envelope = np.minimum(clock / 0.02, 1) * np.minimum((length - clock) / 0.06, 1)
            if dice.random() < 0.5:
                _add(track, time - 0.05, 0.06 * _noise(0.06, 0.03, dice))
            _add(track, time, 0.3 * dice.uniform(0.4, 1) * voice * envelope)
            time += length + dice.uniform(0.01, 0.08)
            if time > seconds - 1.5:
                break
        time += dice.uniform(0.4, 0.9)
    return track


def near_silence(seconds: float, dice: np.random.Generator) -> Samples:
    """Return the hiss of a room at -66 dB, with a faint knock every few seconds."""
    track, time = dice.normal(0, 0.0005, round(seconds * RATE)), 1.0
    while time < seconds - 0.5:
        _add(track, time, 0.02 * dice.uniform(0.5, 1) * _tone(400, 0.1, 0.02))
        time += dice.uniform(1, 4)
    return track


def crescendo(seconds: float, dice: np.random.Generator) -> Samples:
    """Return a chord that swells from nothing under strokes that grow with it, at 120 beats a minute."""
    clock = np.arange(round(seconds * RATE)) / RATE
    track = (clock / seconds) ** 2 * 0.15 * sum(np.sin(2 * np.pi * pitch * clock) for pitch in (110, 165, 220))
    for time in np.arange(0.5, seconds - 0.5, 0.5):
        _add(track, time, (0.03 + 0.6 * (time / seconds) ** 2) * _noise(0.2, 0.04, dice))
    return track


KINDS: dict[str, Callable[[float, np.random.Generator], Samples]] = {
    "drums": drums,
    "arpeggio": arpeggio,
    "speech-like": speech,
    "near silence": near_silence,
    "crescendo": crescendo,
}


def _tone(pitch: float, seconds: float, decay: float) -> Samples:
    clock = np.arange(round(seconds * RATE)) / RATE
    return np.asarray(np.sin(2 * np.pi * pitch * clock) * np.exp(-clock / decay))


def _noise(seconds: float, decay: float, dice: np.random.Generator) -> Samples:
    clock = np.arange(round(seconds * RATE)) / RATE
    return np.asarray(dice.normal(0, 0.5, len(clock)) * np.exp(-clock / decay))


def _add(track: Samples, time: float, sound: Samples) -> None:
    first = max(0, round(time * RATE))
    track[first : first + len(sound)] += sound[: len(track) - first]
