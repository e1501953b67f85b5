"""How closely films move with their music: ``python -m benchmarks.music_ways --python PATH --theirs FOLDER``.

Five tracks made by arithmetic are analysed as a worker does, and set to films by each way, and by the timing of
stable-diffusion-videos, with a stop each five seconds. Stops are noises, and between them is a cross-fade, whose
pictures differ as far as they are apart on the path. Each film is written as MP4 and decoded by ffmpeg. Printed is the
correlation of its change by frame with the onset strength of the track, as librosa measures it (spectral flux),
averaged over each frame; in brackets the number of distinct pictures.

librosa's onset strength is late. How much is measured first, by clicks whose times are known; the second table is
without this correction.

``--python`` is a Python 3.11 with librosa 0.11; ``--theirs`` the unpacked package stable-diffusion-videos 0.9.2, of
which one function is used, on each leg as its pipeline does::

    pip download --no-deps stable-diffusion-videos==0.9.2 && unzip -d FOLDER *.whl
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from benchmarks import tracks
from worker.film import video
from worker.planning import music_pictures, music_time
from worker.planning.music import Music
from worker.sound import analysis

FPS = 25
LEG_S = 5
CLICKS_BPM = 97
SIDE = 64
MEASURE = """
import ast, json, sys
import librosa, numpy as np
theirs, seconds, fps, stops, files, click_track, clicks = json.loads(sys.argv[1])
source = ast.parse(open(theirs + "/stable_diffusion_videos/utils.py").read())
[function] = [node for node in source.body if getattr(node, "name", "") == "get_timesteps_arr"]
scope = {"librosa": librosa, "np": np}
exec(compile(ast.Module([function], []), "theirs", "exec"), scope)
frames = round(seconds * fps)
fine = np.linspace(0, seconds, round(seconds * 2000))
which = np.clip(np.floor(fine * fps + 0.5).astype(int), 0, frames - 1)

def envelope_of(track):
    y, rate = librosa.load(track)
    envelope = librosa.onset.onset_strength(y=y, sr=rate)
    return envelope, librosa.times_like(envelope, sr=rate)

def by_frame(envelope, times, delay):
    values = np.interp(fine + delay, times, envelope)
    return (np.bincount(which, values, frames) / np.bincount(which, minlength=frames)).tolist()

envelope, times = envelope_of(click_track)
after = times[:, None] - np.array(clicks)
near = np.maximum(envelope - envelope.max() / 10, 0)[:, None] * (np.abs(after) < 0.15)
delay = float((near * after).sum() / near.sum())
found = {}
for name, track in files.items():
    envelope, times = envelope_of(track)
    legs = [scope["get_timesteps_arr"](track, a / fps, (b - a) / fps, fps).tolist() for a, b in zip(stops, stops[1:])]
    found[name] = {
        "onset_strength": by_frame(envelope, times, delay),
        "late_strength": by_frame(envelope, times, 0),
        "theirs": legs}
print(json.dumps([delay, found]))
"""


def measure(
    python: Path, theirs: Path, files: dict[str, str], seconds: float, stops: Sequence[int], clicks: Path
) -> tuple[float, dict[str, dict[str, Any]]]:
    """Return how many seconds librosa is late; and of each track its onset strength, and their positions on each leg.

    `clicks` is a file to which a click track is written.
    """
    beats = tracks.beats(seconds, CLICKS_BPM)
    click_track = str(tracks.write(clicks, tracks.clicks(seconds, beats)))
    what = json.dumps([str(theirs), seconds, FPS, stops, files, click_track, beats])
    output = subprocess.run([str(python), "-c", MEASURE, what], capture_output=True, text=True, check=True).stdout
    delay, found = json.loads(output)
    return delay, found


def changes(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much each frame of a film differs from the one before, as decoded from an MP4; the first is 0.

    `positions` are those of the frames on the path; each stop is a noise of its own.
    """
    last = int(np.ceil(positions.max()))
    noises = np.random.default_rng(4).integers(0, 256, (last + 1, 16, 16, 3))
    stops = np.kron(noises, np.ones((1, 4, 4, 1)))
    with tempfile.TemporaryDirectory() as folder, video.Mp4Writer(FPS, metadata={}, is_held=True) as film:
        for at in positions:
            leg = min(int(at), last - 1)
            film.add(np.round(stops[leg] + (at - leg) * (stops[leg + 1] - stops[leg])).astype(np.uint8))
        path = Path(folder) / "film.mp4"
        path.write_bytes(film.finish())
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt"]
        decoded = subprocess.run([*command, "rgb24", "-"], capture_output=True, check=True).stdout
    frames = np.frombuffer(decoded, np.uint8).reshape(-1, SIDE, SIDE, 3).astype(np.float32)
    return np.sqrt((np.diff(frames, axis=0, prepend=frames[:1]) ** 2).mean((1, 2, 3)))


def correlate(steps: NDArray[np.float64], strength: NDArray[np.float64]) -> float:
    """Return Pearson's correlation of the changes with the onset strength, for all frames but the first and the last.

    It is 0 where nothing ever changes.
    """
    one, other = steps[1:-1], strength[1:-1]
    return float(np.corrcoef(one, other)[0, 1]) if one.std() and other.std() else 0.0


def main() -> None:
    """Print a row for each track."""
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.music_ways", description=__doc__, formatter_class=formatter
    )
    parser.add_argument("--python", type=Path, required=True, help="a Python with librosa")
    parser.add_argument("--theirs", type=Path, required=True, help="the folder of stable-diffusion-videos")
    parser.add_argument("--seconds", type=float, default=60.0, help="the length of the tracks")
    parser.add_argument("--budget", type=int, default=240, help="the most distinct pictures")
    asked = parser.parse_args()
    frames = round(asked.seconds * FPS)
    stops = [*range(0, frames - LEG_S * FPS + 1, LEG_S * FPS), frames - 1]
    with tempfile.TemporaryDirectory() as folder:
        sounds = {name: make(asked.seconds, np.random.default_rng(64)) for name, make in tracks.KINDS.items()}
        files = {name: str(tracks.write(Path(folder) / f"{name}.wav", sound)) for name, sound in sounds.items()}
        delay, found = measure(
            asked.python, asked.theirs, files, asked.seconds, stops, clicks=Path(folder) / "clicks.wav"
        )
    films = {}
    for name, sound in sounds.items():
        music = Music.from_json(analysis.analyse(np.clip(sound, -1, 1).astype(np.float32), tracks.RATE).to_json())
        ours = [set_to(music, way, stops, frames, asked.budget) for way in music_time.WAYS]
        theirs = np.concatenate([np.array(leg) + number for number, leg in enumerate(found[name]["theirs"])])
        films[name] = [(changes(positions), len(set(positions))) for positions in (theirs, *ours)]
    for title, strength in ((f"{1000 * delay:.1f} ms late", "onset_strength"), ("as it is", "late_strength")):
        print(f"librosa {title:14}" + "".join(f" {way:>14}" for way in ("theirs", *music_time.WAYS)))
        for name, shown in films.items():
            measured = np.array(found[name][strength])
            cells = [f"{correlate(steps, measured[: len(steps)]):7.2f} ({count:4d})" for steps, count in shown]
            print(f"{name:22} " + " ".join(cells))


def set_to(music: Music, way: music_time.Way, stops: Sequence[int], frames: int, budget: int) -> NDArray[np.float64]:
    """Return the position that each frame of a film shows which is set to music."""
    numbers = [float(number) for number in range(len(stops))]
    looks = [np.full((1, 1, 3), number) for number in numbers]
    chosen = music_pictures.choose(
        music, stops, frames=frames, fps=FPS, way=way, budget=budget, positions=numbers, thumbnails=looks
    )
    return np.repeat(chosen.positions, chosen.holds)


if __name__ == "__main__":
    main()
