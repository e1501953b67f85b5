"""Sounds are accepted or refused by their length and header alone, with a sentence that names the limit."""

import random
import subprocess
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from imageio_ffmpeg import get_ffmpeg_exe

from app.walks.uploads import sound_check, sound_headers
from app.walks.uploads.sound_headers import SoundHeader, Unread
from tests.support import sounds
from tests.support.loaded_modules import modules_after

KINDS = "These are read: WAV, FLAC, Ogg Vorbis, Opus, MP3."

FILES: dict[str, tuple[str, tuple[str, ...], tuple[str, int, int]]] = {
    "16 bits": ("a.wav", (), ("wav", 22_050, 1)),
    "24 bits": ("a.wav", ("-c:a", "pcm_s24le"), ("wav", 22_050, 1)),
    "8 kHz": ("a.wav", ("-ar", "8000"), ("wav", 8_000, 1)),
    "192 kHz": ("a.wav", ("-ar", "192000"), ("wav", 192_000, 1)),
    "5.1 in WAV": ("a.wav", ("-ac", "6"), ("wav", 22_050, 6)),
    "5.1 in FLAC": ("a.flac", ("-ac", "6"), ("flac", 22_050, 6)),
    "Vorbis": ("a.ogg", ("-c:a", "libvorbis", "-ac", "2"), ("vorbis", 22_050, 2)),
    "Opus": ("a.opus", ("-c:a", "libopus"), ("opus", 48_000, 1)),
    "MP3": ("a.mp3", ("-b:a", "64k"), ("mp3", 22_050, 1)),
    "MP3 of 44.1 kHz": ("a.mp3", ("-ar", "44100", "-ac", "2"), ("mp3", 44_100, 2)),
    "MP3, variable bit rate": ("a.mp3", ("-q:a", "3"), ("mp3", 22_050, 1)),
    "MP3 without a tag": ("a.mp3", ("-write_xing", "0", "-id3v2_version", "0", "-b:a", "64k"), ("mp3", 22_050, 1)),
}


@pytest.mark.parametrize("which", FILES)
def test_header_says_format_length_rate_and_channels(tmp_path: Path, which: str) -> None:
    name, options, expected = FILES[which]
    header = sound_headers.read_header(sounds.encoded(tmp_path, name, *options))
    assert (header.kind, header.rate, header.channels) == expected
    assert header.seconds == pytest.approx(6, abs=0.15)


def test_album_cover_is_passed_over(tmp_path: Path) -> None:
    cover = tmp_path / "cover.png"
    noise = ("-f", "lavfi", "-i", "nullsrc=s=400x400,geq=random(1)*255:128:128", "-frames:v", "1")
    subprocess.run([get_ffmpeg_exe(), "-y", "-loglevel", "error", *noise, str(cover)], check=True)
    both = "-i", str(cover), "-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic"
    song = sounds.encoded(tmp_path, "a.mp3", *both)
    assert len(song) > 100_000
    assert sound_headers.read_header(song).seconds == pytest.approx(6, abs=0.15)


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("a.m4a", (), f"is a film or an M4A, which is not read. {KINDS}"),
        ("a.mkv", ("-c:a", "flac"), f"is a film or an M4A, which is not read. {KINDS}"),
        ("a.avi", ("-c:a", "mp3"), f"is a film or an M4A, which is not read. {KINDS}"),
        ("a.aac", (), f"is no sound that we read, whatever its name says. {KINDS}"),
        ("a.mp2", (), f"is no sound that we read, whatever its name says. {KINDS}"),
        ("a.spx.ogg", ("-c:a", "flac"), f"is coded in a way that is not read. {KINDS}"),
        ("a.wav", ("-c:a", "adpcm_ms"), f"is coded in a way that is not read. {KINDS}"),
    ],
)
def test_file_of_another_kind_is_refused(
    app: Flask, tmp_path: Path, name: str, options: tuple[str, ...], sentence: str
) -> None:
    assert refusal(sounds.encoded(tmp_path, name, *options)) == sentence


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.opus", "a.mp3"])
def test_file_that_is_cut_off_is_refused_or_read_as_far_as_it_goes(app: Flask, tmp_path: Path, name: str) -> None:
    options = {"a.ogg": ("-c:a", "libvorbis")}.get(name, ())
    whole = sounds.encoded(tmp_path, name, *options)
    half = whole[: len(whole) // 2]
    if name == "a.flac":  # its header does not say how many bytes follow: the worker finds out
        assert sound_check.check(half).seconds == pytest.approx(6, abs=0.1)
    else:
        assert refusal(half) == "is cut off or damaged: it cannot be read to its end."


def test_mp3_without_a_count_has_the_length_of_its_frames(app: Flask, tmp_path: Path) -> None:
    bare = "-write_xing", "0", "-id3v2_version", "0"
    quiet = np.zeros(3 * 22_050, np.float32)
    quiet_then_loud = sounds.wav(np.concatenate([quiet, sounds.clicks(600, 17)]))
    varied = sounds.encoded(tmp_path, "a.mp3", "-q:a", "0", *bare, sound=quiet_then_loud)
    assert sound_check.check(varied).seconds == pytest.approx(20, abs=0.1)
    even = sounds.encoded(tmp_path, "b.mp3", "-b:a", "64k", *bare)
    assert sound_check.check(even[: len(even) * 2 // 3]).seconds == pytest.approx(4, abs=0.1)
    assert sound_check.check(even + b"TAG" + bytes(125)).seconds == pytest.approx(6, abs=0.1)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty: no bytes came along."),
        (b"This is a text.\n" * 1000, f"is no sound that we read, whatever its name says. {KINDS}"),
        (b"RIFF\x24\0\0\0WAVE", "is cut off or damaged: it cannot be read to its end."),
        (b"ID3\x04\0\0\x7f\x7f\x7f\x7f", f"is no sound that we read, whatever its name says. {KINDS}"),
        (sounds.wav(sounds.clicks(120, 1)), "lasts 1 s; at least 2 seconds are needed."),
        (sounds.wav(np.zeros((4_000, 2), np.float32), 4_000),
         "has a sampling rate of 4,000 Hz; from 8,000 to 192,000 Hz are read."),
        (sounds.wav(np.zeros((30_000, 10), np.float32), 8_000), "has 10 channels; 1 to 8 are read."),
    ],
)  # fmt: skip
def test_refusal_names_the_limit(app: Flask, data: bytes, sentence: str) -> None:
    assert refusal(data) == sentence


@pytest.mark.parametrize("name", ["a.mp3", "a.opus", "a.flac"])
def test_hour_of_sound_is_refused_by_its_header(app: Flask, tmp_path: Path, name: str) -> None:
    quiet = "-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-map", "1:a", "-t", "3600", "-b:a", "8k"
    hour = sounds.encoded(tmp_path, name, *quiet)
    assert refusal(hour) == "lasts 3,600 seconds; at most 600 are read."


def test_file_that_is_too_large_is_refused(app: Flask) -> None:
    app.config["SOUND_MAX"] = 1_000_000
    assert refusal(bytes(1_000_001)) == "has more than 1.0 MB; more is not read."


def test_length_that_the_header_does_not_say_is_left_to_the_worker() -> None:
    streamed = bytearray(sounds.track())
    streamed[40:44] = b"\xff\xff\xff\xff"
    assert sound_headers.read_header(bytes(streamed)).seconds == pytest.approx(6, abs=0.01)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.opus", "a.mp3"])
def test_altered_bytes_raise_nothing_else(tmp_path: Path, name: str) -> None:
    options = {"a.ogg": ("-c:a", "libvorbis")}.get(name, ())
    whole, rng = sounds.encoded(tmp_path, name, *options), random.Random(name)
    for _ in range(300):
        altered = bytearray(whole[: rng.choice((len(whole), rng.randrange(200)))])
        for _ in range(rng.randrange(1, 6)):
            if altered:
                altered[rng.randrange(min(len(altered), 120))] = rng.randrange(256)
        try:
            assert isinstance(sound_headers.read_header(bytes(altered)), SoundHeader)
        except Unread as error:
            assert error.flaw in ("damaged", "kind", "coding", "video")


def test_site_checks_without_libraries_for_sound() -> None:
    assert not modules_after("import app.walks.uploads.sound_check") & {"soundfile", "librosa", "worker"}


def refusal(data: bytes) -> str:
    """Return why a sound is refused."""
    with pytest.raises(ValueError, match=r".") as caught:
        sound_check.check(data)
    return str(caught.value)
