"""Files of every kind are decoded and analysed in a process of its own, and those that cannot be read are refused."""

import io
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.support import sounds
from tests.support.loaded_modules import modules_after
from worker.sound import process, reading
from worker.sound.reading import Limits, Sound, Unreadable

pytestmark = pytest.mark.slow  # each starts a process

LIMITS = Limits(memory_max=600_000_000, cpu_seconds=60, wall_seconds=300.0, seconds_max=600)

FILES = {
    "24 bits": ("a.wav", "wav", ("-c:a", "pcm_s24le")),
    "32 bits, floating point": ("a.wav", "wav", ("-c:a", "pcm_f32le")),
    "8 kHz": ("a.wav", "wav", ("-ar", "8000")),
    "192 kHz": ("a.wav", "wav", ("-ar", "192000")),
    "5.1": ("a.flac", "flac", ("-ac", "6")),
    "FLAC": ("a.flac", "flac", ()),
    "Vorbis": ("a.ogg", "vorbis", ("-c:a", "libvorbis", "-ac", "2")),
    "Opus": ("a.opus", "opus", ("-c:a", "libopus")),
    "MP3, constant bit rate": ("a.mp3", "mp3", ("-b:a", "128k")),
    "MP3, variable bit rate": ("a.mp3", "mp3", ("-q:a", "4")),
}


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put temporary files into a folder of the test's own."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("which", FILES)
def test_file_is_decoded_and_its_beats_are_on_the_clicks(tmp_path: Path, scratch: Path, which: str) -> None:
    name, kind, options = FILES[which]
    read = reading.read_sound(sounds.encoded(tmp_path, name, *options), kind, LIMITS)
    times, beats = sounds.click_times(120, 6), np.array(read.analysis["beats"])
    assert np.abs(times[:, None] - beats).min(axis=1).max() < 0.01
    assert read.analysis["seconds"] == pytest.approx(6, abs=0.001)
    stored = soundfile.info(io.BytesIO(read.data))
    assert (stored.format, stored.subtype) == ("FLAC", "PCM_16")
    assert (stored.samplerate, stored.channels) == (read.rate, read.channels)
    assert read.rate <= 48_000 and read.channels <= 2 and stored.frames == round(6 * read.rate)
    assert list(scratch.iterdir()) == []


def test_stored_file_has_neither_metadata_nor_cover(tmp_path: Path) -> None:
    cover = sounds.encoded(tmp_path, "cover.mp3", "-metadata", "title=SECRET", "-metadata", "artist=SECRET")
    assert b"SECRET" in cover
    assert b"SECRET" not in reading.read_sound(cover, "mp3", LIMITS).data


def test_rate_is_divided_without_a_shift_or_an_alias() -> None:
    time = np.arange(4 * 96_000) / 96_000
    tone, beyond = np.sin(2 * np.pi * 1_000 * time), np.sin(2 * np.pi * 40_000 * time)
    read = reading.read_sound(sounds.wav((0.4 * tone + 0.4 * beyond).astype(np.float32), 96_000), "wav", LIMITS)
    decoded, rate = soundfile.read(io.BytesIO(read.data))
    assert rate == 48_000 and len(decoded) == 4 * 48_000
    assert np.abs(decoded - 0.4 * tone[::2])[200:-200].max() < 0.002


@pytest.mark.parametrize(("share", "kind", "name"), [(0.5, "flac", "a.flac"), (0.5, "wav", "a.flac")])
def test_file_that_is_cut_off_is_damaged(tmp_path: Path, scratch: Path, share: float, kind: str, name: str) -> None:
    whole = sounds.encoded(tmp_path, name)
    assert flaw_of(whole[: round(share * len(whole))], kind) == "damaged"
    assert list(scratch.iterdir()) == []


def test_silence_is_refused() -> None:
    assert flaw_of(sounds.wav(np.zeros(4 * 22_050, np.float32))) == "silent"


def test_sound_that_is_longer_than_its_header_says_is_refused_while_it_is_decoded() -> None:
    assert flaw_of(sounds.track(), limits=replace(LIMITS, seconds_max=3)) == "long"


@pytest.mark.parametrize(
    ("limit", "flaw"),
    [({"memory_max": 120_000_000}, "memory"), ({"wall_seconds": 0.05}, "wall")],
)
def test_limit_that_is_reached_is_named_and_nothing_is_left(scratch: Path, limit: dict[str, float], flaw: str) -> None:
    assert flaw_of(sounds.track(), limits=replace(LIMITS, **limit)) == flaw  # type: ignore[arg-type]
    assert list(scratch.iterdir()) == []


def test_limit_of_processor_time_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PROGRAM", "tests.support.busy_sound_process")
    assert flaw_of(sounds.track(), limits=replace(LIMITS, cpu_seconds=1)) == "cpu"


def test_process_reads_nothing_of_the_site_and_no_large_library() -> None:
    loaded = modules_after("import worker.sound.process, worker.sound.decoding, worker.sound.analysis")
    assert not loaded & {"app", "flask", "torch", "scipy", "librosa", "numba", "diffusers"}


def test_machine_without_the_extra_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    monkeypatch.delitem(sys.modules, "worker.sound.decoding", raising=False)
    answer = process.decode(tmp_path / "a", tmp_path / "b", "wav", seconds_max=1)
    assert answer == {"flaw": "music"}


def flaw_of(data: bytes, kind: str = "wav", limits: Limits = LIMITS) -> str:
    """Return why a sound cannot be read."""
    with pytest.raises(Unreadable) as caught:
        read: Sound = reading.read_sound(data, kind, limits)
        assert read is None
    return caught.value.flaw


def test_progress_is_noted_while_the_process_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LOOK_SECONDS", 0.01)
    noted: list[None] = []
    reading.read_sound(sounds.track(), "wav", LIMITS, lambda: noted.append(None))
    assert len(noted) > 5


def test_process_is_ended_when_the_task_was_lost(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(reading, "PROGRAM", "tests.support.busy_sound_process")
    looks = iter([None, None])

    def note_progress() -> None:
        if next(looks, True):
            raise TimeoutError("lost")

    with pytest.raises(TimeoutError, match="lost"):
        reading.read_sound(sounds.track(), "wav", LIMITS, note_progress)
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("seconds", [2, 600, 3600])
def test_file_may_be_as_large_as_the_longest_sound(seconds: int) -> None:
    assert process.stored_max(seconds) > seconds * 48_000 * 2 * 2
