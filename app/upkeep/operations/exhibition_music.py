"""The music of the first exhibition: three pieces of fourteen seconds, played from their scores by arithmetic.

Composed for this project, which so has the rights in them. In a film of 25 frames a second each beat of a piece lasts a
whole number of frames, and the first one is on the fourth frame. The web process does not import this module, as numpy
would take a sixth of its memory.
"""

from __future__ import annotations

import hashlib
import io
import wave
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from app.upkeep.operations.exhibition_instruments import RATE, Samples, bell, brush, drum, in_room, mallet, pad, string

SECONDS, FIRST = 14.0, 0.12
LOUDEST = 0.8
SEED = 64
REST = "--"

Chord = tuple[int, ...]
"""Notes as numbers of MIDI; the first is the bass."""


class Track:
    """Samples to which sounds are added at their times."""

    def __init__(self) -> None:
        """Begin with silence."""
        self.samples = np.zeros(round(SECONDS * RATE))
        self.dice = np.random.default_rng(SEED)

    def add(self, time: float, sound: Samples) -> None:
        """Add a sound that begins at a time in seconds; what lies behind the end of the track is cut off."""
        first = round(time * RATE)
        self.samples[first : first + len(sound)] += sound[: len(self.samples) - first]

    def add_line(self, times: Iterable[float], notes: Iterable[str], sound: Callable[[int], Samples]) -> None:
        """Add the sounds of a line of notes at their times, without its rests."""
        for time, note in zip(times, notes, strict=True):
            if note != REST:
                self.add(time, sound(int(note)))


@dataclass(frozen=True)
class Score:
    """A piece: a chord and a line of melody for each bar, and how a bar of them is played.

    ``beat`` is in seconds. ``melody`` has a note or a rest for each half of a beat. ``swell`` is the loudness of each
    bar. ``play`` adds a bar's notes to a track from its time on.
    """

    beat: float
    chords: tuple[Chord, ...]
    melody: tuple[str, ...]
    last_chord: Chord
    swell: tuple[float, ...]
    play: Callable[[Track, float, float, Chord, list[str], float], None]
    close: Callable[[Track, float, Chord], None]

    @property
    def metre(self) -> int:
        """Return the number of beats of a bar."""
        return len(self.melody[0].split()) // 2

    def beats(self) -> list[float]:
        """Return the times of the beats in seconds, up to the last chord's."""
        return [round(FIRST + number * self.beat, 3) for number in range(self.metre * len(self.chords) + 1)]

    def wav(self) -> bytes:
        """Return the piece as a WAV of 16 bits, mono: the same bytes each time."""
        track = Track()
        bar = self.metre * self.beat
        for number, (chord, notes, louder) in enumerate(zip(self.chords, self.melody, self.swell, strict=True)):
            self.play(track, FIRST + number * bar, self.beat, chord, notes.split(), louder)
        self.close(track, FIRST + len(self.chords) * bar, self.last_chord)
        sound = in_room(track.samples, track.dice)
        samples = (LOUDEST / abs(sound).max() * 32_767 * sound).round().astype("<i2")
        file = io.BytesIO()
        with wave.open(file, "wb") as written:
            written.setnchannels(1)
            written.setsampwidth(2)
            written.setframerate(RATE)
            written.writeframes(samples.tobytes())
        return file.getvalue()


def _halves(begin: float, beat: float, notes: list[str]) -> list[float]:
    """Return the times of a bar's half beats, one for each note or rest."""
    return [begin + half * beat / 2 for half in range(len(notes))]


def _play_band(track: Track, begin: float, beat: float, chord: Chord, notes: list[str], louder: float) -> None:
    halves = _halves(begin, beat, notes)
    track.add_line(halves, notes, lambda note: 0.3 * louder * mallet(note))
    for time in halves[1::2]:
        track.add(time, 0.05 * louder * brush(track.dice, 0.02))
    for number in range(4):
        stroke = 0.3 * brush(track.dice, 0.04) if number % 2 else 0.7 * drum()
        track.add(begin + number * beat, louder * stroke)
    for place, note in ((0, chord[0]), (1.5, chord[0]), (2, chord[0] + 7), (3.5, chord[0] + 12)):
        track.add(begin + place * beat, 0.3 * louder * string(note))
    for note in chord[1:]:
        track.add(begin, 0.035 * louder * pad(note, 4 * beat))


def _close_band(track: Track, time: float, chord: Chord) -> None:
    track.add(time, 0.8 * drum())
    for note in chord:
        track.add(time, 0.12 * mallet(note))
        track.add(time, 0.12 * string(note))


def _play_waltz(track: Track, begin: float, beat: float, chord: Chord, notes: list[str], louder: float) -> None:
    track.add_line(_halves(begin, beat, notes), notes, lambda note: 0.28 * louder * bell(note))
    track.add(begin, 0.5 * louder * string(chord[0]))
    for number in (1, 2):
        track.add(begin + number * beat, 0.06 * louder * brush(track.dice, 0.03))
        for note in chord[1:]:
            track.add(begin + number * beat, 0.14 * louder * string(note))
    for note in chord[1:]:
        track.add(begin, 0.05 * louder * pad(note, 3 * beat))


def _close_waltz(track: Track, time: float, chord: Chord) -> None:
    for note in chord:
        track.add(time, 0.12 * bell(note))
        track.add(time, 0.1 * string(note))


def _play_machine(track: Track, begin: float, beat: float, chord: Chord, notes: list[str], louder: float) -> None:
    bass = chord[0]
    halves = _halves(begin, beat, notes)
    track.add_line(halves, notes, lambda note: 0.26 * louder * mallet(note))
    for time, step in zip(halves, (0, 0, 12, 0, 7, 0, 12, 10), strict=True):
        track.add(time, 0.07 * louder * brush(track.dice, 0.015))
        track.add(time, 0.26 * louder * string(bass + step))
    for number, loud in enumerate((0.9, 0.35, 0.5, 0.35)):
        track.add(begin + number * beat, louder * loud * (brush(track.dice, 0.06) if number % 2 else drum()))
    for note in (bass + 12, bass + 19, bass + 24):
        track.add(begin, 0.06 * louder * pad(note, 4 * beat))


BAND = Score(
    beat=0.52,
    chords=((50, 57, 62, 66), (47, 54, 59, 62), (43, 55, 59, 62), (45, 52, 57, 61), (47, 54, 59, 62), (43, 55, 59, 64)),
    melody=(
        "78 -- 81 -- 83 -- 81 78",
        "74 -- 78 -- 76 -- 74 71",
        "79 -- 83 -- 86 -- 83 79",
        "76 -- 81 -- 85 83 81 76",
        "78 -- 83 -- 86 83 81 78",
        "79 -- 83 81 76 -- 81 85",
    ),
    last_chord=(38, 50, 57, 62, 66, 74),
    swell=tuple(0.85 + 0.05 * bar for bar in range(6)),
    play=_play_band,
    close=_close_band,
)
"""Six bars of four beats in D major, for mallets, strings, a drum and a brush."""

WALTZ = Score(
    beat=0.64,
    chords=((45, 57, 60, 64), (41, 57, 60, 65), (48, 55, 60, 64), (43, 55, 59, 62), (45, 57, 60, 64), (40, 56, 59, 64)),
    melody=(
        "76 -- -- -- 72 74",
        "76 -- 77 -- 76 72",
        "79 -- -- 76 72 76",
        "74 -- -- -- 71 74",
        "76 -- 81 -- 84 83",
        "80 -- 76 -- 71 68",
    ),
    last_chord=(33, 45, 57, 60, 64, 69, 76),
    swell=(0.55, 0.7, 0.85, 0.75, 1.0, 0.8),
    play=_play_waltz,
    close=_close_waltz,
)
"""Six slow bars of three beats in A minor, for bells and strings."""

MACHINE = Score(
    beat=0.44,
    chords=((40,), (38,), (36,), (35,), (40,), (38,), (36,)),
    melody=(
        "76 -- 76 79 -- 76 83 --",
        "74 -- 74 79 -- 74 81 --",
        "72 -- 72 76 -- 79 84 --",
        "71 -- 75 78 -- 83 -- 81",
        "76 -- 76 79 83 -- 88 --",
        "74 -- 78 81 -- 86 -- 81",
        "79 76 -- 79 83 -- 84 83",
    ),
    last_chord=(28, 40, 52, 59, 64, 67, 76),
    swell=tuple(0.7 + 0.05 * bar for bar in range(7)),
    play=_play_machine,
    close=_close_band,
)
"""Seven quick bars of four beats in E minor, for mallets, one string, a drum and a brush."""

SCORES = {
    "da0be4ce00f3d899936423b29b9e770ad8a00d200aa663e91c819856b965d3fe": BAND,
    "aea112418624af00ba9798696ea426f24524abcf6c649ff3daae00b13c427ab4": WALTZ,
    "2501927980778a36fc594394803d8f0ed615c5051de9db9074fcb3748072a9f2": MACHINE,
}
"""The scores by the SHA-256 of their WAVs, by which the programme names them."""


def find(digest: str) -> Score | None:
    """Return the score of a WAV by its SHA-256: as written down here, or as this processor rounds its samples."""
    played = (score for score in SCORES.values() if hashlib.sha256(score.wav()).hexdigest() == digest)
    return SCORES.get(digest) or next(played, None)
