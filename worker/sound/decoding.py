"""Decode a sound in blocks, and store it as FLAC: 16 bits, mono or stereo, at most 48 kHz, without metadata.

Everything that follows reads this file, so that its times are those of the analysis, and what a visitor uploaded is
read by one decoder alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from worker.sound.reading import Unreadable

Samples = NDArray[np.float32]

RATE_MAX = 48_000
"""The highest sampling rate of stored sounds; higher ones are divided by a whole number."""
BLOCK_SECONDS = 4
SILENT = 10 ** (-60 / 20)
"""The peak below which a sound counts as silent: -60 dB of full scale."""
TAPS = 32
"""The taps of the low-pass filter on either side, for each whole number that a rate is divided by."""
SHORT = 0.99
"""The share of the samples that the header promises below which a file counts as cut off."""
FORMATS = {"wav": ("WAV", "WAVEX"), "flac": ("FLAC",), "vorbis": ("OGG",), "opus": ("OGG",), "mp3": ("MP3",)}
"""What libsndfile calls the formats that the site accepts."""


class Reader:
    """A sound file that is read in blocks of (samples, 1 or 2) at the rate of the stored file."""

    def __init__(self, path: Path, kind: str, *, seconds_max: float) -> None:
        """Open a file of a kind of :data:`FORMATS`.

        :raises Unreadable: when the file is of another kind, or cannot be opened.
        """
        try:
            self._file = soundfile.SoundFile(path)
        except (soundfile.SoundFileError, OSError, ValueError) as error:
            raise Unreadable("damaged") from error
        if self._file.format not in FORMATS[kind]:
            raise Unreadable("damaged")
        self._factor = -(-self._file.samplerate // RATE_MAX)
        self.rate = round(self._file.samplerate / self._factor)
        self.channels = min(2, self._file.channels)
        self._most = round(seconds_max * self._file.samplerate)

    def blocks(self) -> Iterator[Samples]:
        """Yield the sound block by block.

        :raises Unreadable: when it is damaged, cut off, or longer than it may be.
        """
        promised, seen = self._file.frames, 0
        decimated = _Decimated(self._factor, self.channels)
        with self._file as file:
            while True:
                try:
                    block = file.read(BLOCK_SECONDS * file.samplerate, dtype="float32", always_2d=True)
                except (soundfile.SoundFileError, RuntimeError) as error:
                    raise Unreadable("damaged") from error
                seen += len(block)
                if seen > self._most:
                    raise Unreadable("long")
                if not len(block):
                    break
                yield decimated.feed(_downmixed(np.nan_to_num(block, posinf=0.0, neginf=0.0)))
        if 0 < promised < 1 << 62 and seen < SHORT * promised:
            raise Unreadable("damaged")
        yield decimated.end()


def store(reader: Reader, path: Path) -> Samples:
    """Write a sound as FLAC and return its mean over the channels, for the analysis.

    :raises Unreadable: when it is damaged, too long or silent.
    """
    mono: list[Samples] = []
    with soundfile.SoundFile(path, "w", reader.rate, reader.channels, "PCM_16", format="FLAC") as file:
        for block in reader.blocks():
            file.write(np.clip(block, -1.0, 1.0))
            mono.append(block.mean(axis=1))
    sound = np.concatenate(mono) if mono else np.zeros(0, np.float32)
    if not len(sound):
        raise Unreadable("damaged")
    if max(float(sound.max()), -float(sound.min())) < SILENT:
        raise Unreadable("silent")
    return sound


def _downmixed(block: Samples) -> Samples:
    """Return a block as mono or stereo.

    Of more channels, those of 5.1 count as in ITU-R BS.775: front left and right, centre and surround at -3 dB, without
    the low frequencies; of other layouts, every second channel belongs to a side.
    """
    channels = block.shape[1]
    if channels <= 2:
        return block
    weights = np.zeros((channels, 2), np.float32)
    if channels == 6:
        weights[[0, 2, 4], 0] = 1.0, 0.707, 0.707
        weights[[1, 2, 5], 1] = 1.0, 0.707, 0.707
    else:
        weights[0::2, 0] = weights[1::2, 1] = 1.0
    return np.asarray(block @ (weights / weights.sum(axis=0)), np.float32)


class _Decimated:
    """Blocks of which every n-th sample is kept, after a low-pass filter (a sinc in a Blackman window)."""

    def __init__(self, factor: int, channels: int) -> None:
        self._factor, self._half = factor, TAPS * factor
        taps = np.arange(-self._half, self._half + 1)
        kernel = np.sinc(0.9 * taps / factor) * np.blackman(len(taps))
        self._kernel = (kernel / kernel.sum()).astype(np.float32)
        self._rest = np.zeros((self._half if factor > 1 else 0, channels), np.float32)
        self._seen = self._given = 0

    def feed(self, block: Samples) -> Samples:
        """Return what the filter gives once it has seen this block as well."""
        self._seen += len(block)
        kept = block if self._factor == 1 else self._keep(block)
        self._given += len(kept)
        return kept

    def end(self) -> Samples:
        """Return the rest, as if silence followed."""
        if self._factor == 1:
            return self._rest
        missing = -(-self._seen // self._factor) - self._given
        return self._keep(np.zeros((2 * self._half, self._rest.shape[1]), np.float32))[:missing]

    def _keep(self, block: Samples) -> Samples:
        signal = np.concatenate([self._rest, block])
        whole = (len(signal) - 2 * self._half) // self._factor
        if whole <= 0:
            self._rest = signal
            return signal[:0]
        used = signal[: (whole - 1) * self._factor + 2 * self._half + 1]
        kept = np.stack([_filtered(channel, self._kernel) for channel in used.T], axis=1)[:: self._factor]
        self._rest = signal[whole * self._factor :]
        return kept


def _filtered(signal: Samples, kernel: Samples) -> Samples:
    """Return the valid part of a convolution, by the fast Fourier transform."""
    size = 1 << (len(signal) + len(kernel) - 2).bit_length()
    product = np.fft.rfft(signal, size) * np.fft.rfft(kernel, size)
    return np.fft.irfft(product, size)[len(kernel) - 1 : len(signal)].astype(np.float32)
