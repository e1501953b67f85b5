"""Films as video, with and without sound, read back by another program than wrote them."""

import itertools
import json
import re
import subprocess
import wave
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray

from app.walks.saved.film_formats import find_recipe
from worker.film import encoding as films
from worker.film import video
from worker.film.sound import Sound

Frames = list[NDArray[np.uint8]]
RIGHTS = "After drawings: bear <Ann & co.> (CC BY 4.0)."


def played(path: Path) -> tuple[Frames, str]:
    """Decode a film with ffmpeg, and return what it says of it too."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    said = done.stderr.decode()
    width, height = map(int, re.search(r"Video: .*?, (\d+)x(\d+)", said).groups())  # type: ignore[union-attr]
    return list(np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, 3)), said


@pytest.mark.slow
def test_mp4_has_every_frame_and_plays_in_browsers(film: Frames, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(video.mp4(film, 12.5, metadata={}))
    assert imageio_ffmpeg.count_frames_and_secs(str(path)) == (len(film), pytest.approx(len(film) / 12.5, abs=0.05))
    frames, said = played(path)
    assert len(frames) == len(film)
    assert re.search(r"Video: h264 .*yuv420p\(tv, smpte170m/bt709/bt709, progressive\), 56x40, .* 12.50 fps", said)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "faststart"
    assert b"colrnclx" + bytes((0, 1, 0, 1, 0, 6, 0)) in data, "BT.709, but for the matrix, limited range"


def test_mp4_shows_each_frame_for_whole_hundredths_of_a_second(film: Frames, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(video.mp4(film, Fraction(100, 3), metadata={}))
    assert imageio_ffmpeg.count_frames_and_secs(str(path)) == (len(film), pytest.approx(len(film) * 0.03, abs=0.011))


def test_mp4_keeps_colours(tmp_path: Path) -> None:
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (200, 120, 40)]
    path = tmp_path / "film.mp4"
    path.write_bytes(video.mp4([np.full((64, 64, 3), c, np.uint8) for c in colours], 10, metadata={}))
    frames = [frame[16:48, 16:48].mean((0, 1)) for frame in played(path)[0]]
    assert len(frames) == len(colours)
    assert np.abs(np.array(frames) - colours).max() <= 6


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(5, 7), (17, 16), (64, 33)])
def test_mp4_of_odd_size_is_extended_by_its_edge(shape: tuple[int, int], tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(video.mp4([np.full((*shape, 3), (40, 160, 90), np.uint8)] * 2, 10, metadata={}))
    [first, _], _ = played(path)
    assert first.shape[:2] == tuple(side + side % 2 for side in shape)
    assert np.abs(first.astype(int) - (40, 160, 90)).max() <= 6


def test_mp4_of_equal_frames_keeps_their_number(film: Frames, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(video.mp4([film[0]] * 7, 12.5, metadata={}))
    assert imageio_ffmpeg.count_frames_and_secs(str(path))[0] == 7


@pytest.mark.slow
def test_mp4_of_held_pictures_changes_only_where_they_do(tmp_path: Path) -> None:
    ends = np.kron(np.random.default_rng(4).integers(0, 256, (2, 16, 16, 3)), np.ones((1, 4, 4, 1)))
    path, hold = tmp_path / "film.mp4", 8
    with video.Mp4Writer(25, metadata={}, is_held=True) as writer:
        for part in np.linspace(0, 1, 20):
            writer.add(np.round(ends[0] + part * (ends[1] - ends[0])).astype(np.uint8), repeats=hold)
        path.write_bytes(writer.finish())
    frames = np.array(played(path)[0], np.float32)
    changes = np.sqrt(np.mean(np.diff(frames, axis=0) ** 2, axis=(1, 2, 3)))
    onsets, before = changes[hold - 1 :: hold], changes[hold - 2 :: hold]
    assert (before[1 : len(onsets)] < onsets[1:] / 4).all(), "B-frames would show half of a change too early"


def test_mp4_repeats_a_frame_that_is_held_for_a_few_bytes(film: Frames, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with video.Mp4Writer(12.5, metadata={}) as writer:
        for frame in film:
            writer.add(frame, repeats=14 if frame is film[0] or frame is film[-1] else 1)
        path.write_bytes(writer.finish())
    frames, _ = played(path)
    assert len(frames) == len(film) + 2 * 13
    changes = [np.abs(after.astype(int) - before).mean() for before, after in itertools.pairwise(frames)]
    moves = changes[13:-13]
    assert max(changes[:13] + changes[-13:]) < min(moves) / 4, "an end stands still"
    assert len(path.read_bytes()) < len(video.mp4(film, 12.5, metadata={})) + 26 * 100


def test_mp4_says_what_it_is(film: Frames) -> None:
    said = films.provenance(model="House model", revision="0123456789ab", software="MoMA Lisa 0.1")
    metadata = {"title": "ein Bär = ein Drachen; #1", "comment": said, "copyright": RIGHTS}
    data = video.mp4(film, 12.5, metadata=metadata)
    assert "ein Bär = ein Drachen; #1".encode() in data
    assert RIGHTS.encode() in data
    assert said.encode() in data


@pytest.mark.slow
def test_mp4_carries_a_recipe_of_any_length_byte_for_byte(film: Frames) -> None:
    written = json.dumps({"x": '= ; # \\ \n " é' * 20_000}, ensure_ascii=False)
    assert len(written) > 2**17, "longer than an argument may be"
    assert find_recipe(video.mp4(film, 12.5, metadata={"title": "x", "recipe": written})) == written.encode()


@pytest.mark.slow
@pytest.mark.parametrize("frames", [1, 40], ids=["at the end", "in the middle"])
def test_ffmpeg_that_stands_still_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, frames: int) -> None:
    """It reads a little and then nothing more; 40 frames are more than a pipe holds."""
    still = tmp_path / "ffmpeg"
    still.write_text("#!/bin/sh\nexec sleep 600\n")
    still.chmod(0o755)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: str(still))
    monkeypatch.setattr(video, "ENCODER_TIMEOUT_S", 0.3)
    picture = np.zeros((64, 64, 3), np.uint8)
    with video.Mp4Writer(12.5, metadata={}) as writer, pytest.raises(video.EncoderTimeout, match="did nothing for"):
        for _ in range(frames):
            writer.add(picture)
        writer.finish()


def test_mp4_without_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        video.mp4([], 12.5, metadata={})


def test_failure_of_ffmpeg_carries_its_words(film: Frames) -> None:
    with pytest.raises(RuntimeError, match="ffmpeg could not write"):
        video.mp4(film, -1, metadata={})


FPS = 25
RATE = 44_100
WRITERS = [video.Mp4Writer, video.WebmWriter]


def write_clicks(path: Path, seconds: float, times: list[float], *, channels: int = 1) -> Path:
    """Write a sound that clicks at some times, and hums softly between them."""
    samples = 0.05 * np.sin(np.arange(round(seconds * RATE)) * 2 * np.pi * 220 / RATE)
    for time in times:
        first = round(time * RATE)
        length = np.arange(min(400, len(samples) - first))
        samples[first : first + 400] += 0.7 * np.sin(length * 2 * np.pi * 1500 / RATE) * np.exp(-length / 150)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.repeat((samples * 32767).astype("<i2"), channels).tobytes())
    return path


def heard(path: Path) -> NDArray[np.float32]:
    """Return the first channel of a film's sound, at 48 kHz."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path, "-map", "0:a:0", "-f", "f32le"]
    decoded = subprocess.run(
        [*command, "-ar", "48000", "-af", "pan=mono|c0=c0", "-"], capture_output=True, check=True
    ).stdout
    return np.frombuffer(decoded, np.float32)


def clicks(sound: NDArray[np.float32]) -> list[float]:
    """Return the times at which clicks begin, in seconds."""
    loud = np.flatnonzero(np.abs(sound) > 0.25)
    return [float(loud[i]) / 48_000 for i in range(len(loud)) if i == 0 or loud[i] - loud[i - 1] > 4_800]


def write_film(folder: Path, writer: type[video.VideoWriter], sound: Sound | None, frames: int) -> Path:
    """Write a film that flashes white at each second from 0.5 on."""
    path = folder / writer.NAME
    with writer(FPS, metadata={"title": "To music", "recipe": "{}"}, sound=sound) as film:
        for frame in range(frames):
            film.add(np.full((32, 48, 3), 230 if (frame - 12) % FPS == 0 else 20, np.uint8))
        path.write_bytes(film.finish())
    return path


@pytest.mark.slow
@pytest.mark.parametrize("writer", WRITERS)
def test_sound_is_cut_to_the_film_and_in_time_with_its_frames(writer: type[video.VideoWriter], tmp_path: Path) -> None:
    track = write_clicks(tmp_path / "track.wav", 8, [2.0 + 0.48 + beat for beat in range(5)])
    path = write_film(tmp_path, writer, Sound(track, 2.0, Fraction(83, FPS)), 83)
    sound = heard(path)
    assert len(sound) == 83 * 48_000 / FPS
    frames, _ = played(path)
    flashes = [index / FPS for index, frame in enumerate(frames) if frame.mean() > 120]
    assert len(frames) == 83 and flashes == [0.48, 1.48, 2.48]
    assert clicks(sound) == pytest.approx(flashes, abs=0.002)


@pytest.mark.slow
@pytest.mark.parametrize("writer", WRITERS)
def test_sound_is_as_loud_as_its_track_and_faded_at_both_ends(writer: type[video.VideoWriter], tmp_path: Path) -> None:
    track = write_clicks(tmp_path / "track.wav", 6, [], channels=2)
    sound = heard(write_film(tmp_path, writer, Sound(track, 1.0, Fraction(4)), 100))
    level = [float(np.sqrt(np.mean(part**2))) for part in np.split(sound, 200)]
    assert level[0] < 0.65 * level[2] and level[-1] < 0.05 * level[100]
    assert np.mean(level[5:140]) == pytest.approx(0.05 / np.sqrt(2), rel=0.03)
    assert level[175] == pytest.approx(0.5 * level[100], rel=0.1), "half of the last second"


@pytest.mark.slow
@pytest.mark.parametrize("writer", WRITERS)
def test_track_shorter_than_the_film_ends_in_silence(writer: type[video.VideoWriter], tmp_path: Path) -> None:
    track = write_clicks(tmp_path / "track.wav", 2, [1.5])
    sound = heard(write_film(tmp_path, writer, Sound(track, 1.0, Fraction(2)), 50))
    assert len(sound) == 2 * 48_000 and clicks(sound) == pytest.approx([0.5], abs=0.002)
    assert np.abs(sound[54_000:]).max() < 0.001


def test_other_files_than_the_stored_formats_are_not_read(tmp_path: Path) -> None:
    listing = tmp_path / "track.wav"
    listing.write_text("ffconcat version 1.0\nfile /etc/hostname\n")
    with pytest.raises(RuntimeError, match="could not write the film"):
        write_film(tmp_path, video.Mp4Writer, Sound(listing, 0.0, Fraction(1)), 25)


def test_film_without_a_track_has_no_sound(tmp_path: Path) -> None:
    path = write_film(tmp_path, video.Mp4Writer, None, 5)
    assert "Audio" not in played(path)[1]


def test_webm_has_every_frame_its_colours_and_its_metadata(film: Frames, tmp_path: Path) -> None:
    path = tmp_path / "film.webm"
    with video.WebmWriter(12.5, metadata={"title": "ein Bär", "recipe": "{'a': 1}"}) as writer:
        for frame in film:
            writer.add(frame)
        path.write_bytes(writer.finish())
    frames, said = played(path)
    assert len(frames) == len(film)
    assert re.search(r"Video: vp9 .*yuv420p\(tv, smpte170m/bt709/bt709.*\), 56x40, .* 12.50 fps", said)
    assert "ein Bär" in said and "{'a': 1}" in said
    for shown, painted in zip(frames, film, strict=True):
        height, width, _ = painted.shape
        assert np.abs(shown[:height, :width].astype(float) - painted).mean() < 8
