"""A stored FLAC is cut at its frames: the part sounds as before, and says where in the sound it begins."""

import io
import subprocess

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from imageio_ffmpeg import get_ffmpeg_exe
from numpy.typing import NDArray

from app.walks.uploads import sound_parts

Samples = NDArray[np.int16]
FRAME = 4096
"""How many samples a frame of libsndfile has."""


def stored(seconds: float, rate: int, channels: int) -> tuple[bytes, Samples]:
    """Return noise with a silent second as a worker stores it, and its samples."""
    sound = np.random.default_rng(rate).integers(-9000, 9000, (round(seconds * rate), channels), np.int16)
    sound[rate : 2 * rate] = 0
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", rate, channels, "PCM_16", format="FLAC") as written:
        written.write(sound)
    return file.getvalue(), sound


def decoded(flac: bytes, channels: int) -> Samples:
    """Return the samples of a FLAC, as ffmpeg decodes them without a complaint."""
    command = [get_ffmpeg_exe(), "-v", "warning", "-i", "pipe:0", "-f", "s16le", "-"]
    done = subprocess.run(command, input=flac, capture_output=True, check=True)
    assert done.stderr == b""
    return np.frombuffer(done.stdout, "<i2").reshape(-1, channels)


def cut(whole: bytes, start: float, seconds: float, reads: list[int] | None = None) -> bytes:
    """Cut a file; note in ``reads`` how many bytes are read of it each time."""

    def read(begins: int, ends: int) -> bytes:
        assert 0 <= begins <= ends <= len(whole)
        if reads is not None:
            reads.append(ends - begins)
        return whole[begins:ends]

    return sound_parts.cut(read, len(whole), start, seconds)


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (44_100, 2), (48_000, 1)])
@pytest.mark.parametrize(("start", "seconds"), [(0.0, 2.0), (3.3, 2.0), (12.25, 4.5), (18.0, 2.0), (0.0, 20.0)])
def test_part_has_the_samples_of_its_seconds(rate: int, channels: int, start: float, seconds: float) -> None:
    whole, samples = stored(20, rate, channels)
    part = cut(whole, start, seconds)
    begins = round(sound_parts.begins_at(part) * rate)
    heard = decoded(part, channels)
    assert np.array_equal(heard, samples[begins : begins + len(heard)])
    assert begins <= start * rate < begins + FRAME
    assert 0 <= begins + len(heard) - min(len(samples), (start + seconds) * rate) <= 2 * FRAME
    assert cut(part, start, seconds) == part


@pytest.mark.slow
def test_part_of_a_part_begins_where_it_is_in_the_sound() -> None:
    whole, samples = stored(20, 8_000, 1)
    part = cut(cut(whole, 5.0, 10.0), 9.0, 2.0)
    begins = round(sound_parts.begins_at(part) * 8_000)
    heard = decoded(part, 1)
    assert 8 < begins / 8_000 <= 9 and np.array_equal(heard, samples[begins : begins + len(heard)])


@pytest.mark.slow
def test_of_a_long_sound_little_more_is_read_than_the_part() -> None:
    whole, samples = stored(300, 48_000, 2)
    reads: list[int] = []
    part = cut(whole, 212.5, 2.0, reads)
    begins = round(sound_parts.begins_at(part) * 48_000)
    assert np.array_equal(decoded(part, 2), samples[begins : begins + len(decoded(part, 2))])
    assert len(whole) > 30_000_000 and sum(reads) < len(part) + 5_000_000


def test_whole_sound_begins_at_its_beginning() -> None:
    assert sound_parts.begins_at(stored(2, 8_000, 1)[0]) == 0


def test_nothing_is_cut_beyond_the_end() -> None:
    with pytest.raises(ValueError, match="nothing from second 9"):
        cut(stored(4, 8_000, 1)[0], 9.0, 2.0)


@given(data=st.binary(max_size=120), head=st.sampled_from([b"", b"fLaC", b"fLaC\x80\0\0\x22", b"fLaC\0\0\0\x22"]))
def test_other_bytes_are_refused_by_a_value_error(data: bytes, head: bytes) -> None:
    with pytest.raises(ValueError, match="FLAC"):
        cut(head + data, 1.0, 2.0)


@pytest.mark.parametrize("end", [20, 46, 60, 3_000])
def test_cut_off_file_is_refused(end: int) -> None:
    whole = stored(10, 8_000, 1)[0]
    with pytest.raises(ValueError, match="FLAC"):
        cut(whole[:end], 6.0, 2.0)
