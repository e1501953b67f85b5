"""Whether films are in time with their sound: ``python -m benchmarks.music_files [--chromium PATH] [--seconds 120]``.

A film flashes on each click of a click track. It is written in each format and decoded by ffmpeg and by Chromium: an
error is the beginning of a flash minus the time of its click. What Chromium plays of MP4 and WebM is read where
``requestVideoFrameCallback`` says that a frame is shown, with the media time that it gives. Frames that a busy machine
has not shown are counted, and a flash that lacks one, or seems a frame off, is looked up by seeking. GIF and WebP are
read from Chromium's ``ImageDecoder``, frame by frame with its times, and not watched for two minutes.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright

from benchmarks import tracks
from worker.film import encoding, timing, video
from worker.film.sound import RATE, Sound
from worker.planning import music_time

TEMPI = (60, 97, 174)
SIDE, DARK, BRIGHT, HALF = 64, 20, 235, 128
FLASH = 2
"""How many frames a flash lasts."""
KINDS = {"mp4": "video/mp4", "webm": "video/webm", "webp": "image/webp", "gif": "image/gif"}
SHOWN = re.compile(r"pts_time:(\S+) +duration: *\S+ duration_time:(\S+).*?mean:\[(\d+)")
PLAY = """async ([address, speed]) => {
    const film = document.createElement('video')
    document.body.replaceChildren(film)
    const context = new OffscreenCanvas(2, 2).getContext('2d', {willReadFrequently: true})
    const light = () => { context.drawImage(film, 0, 0, 2, 2); return context.getImageData(0, 0, 1, 1).data[1] }
    film.muted = true
    film.src = address
    film.playbackRate = speed
    const seen = []
    const note = (_, shown) => {
        seen.push([shown.mediaTime, light(), shown.presentedFrames])
        film.requestVideoFrameCallback(note)
    }
    film.requestVideoFrameCallback(note)
    const ended = new Promise((done, fail) => { film.onended = done; film.onerror = fail })
    await film.play()
    await ended
    return {seen, seconds: film.duration}
}"""
SEEK = """async (time) => {
    const film = document.querySelector('video')
    const context = new OffscreenCanvas(2, 2).getContext('2d', {willReadFrequently: true})
    for (let tries = 0; tries < 5; tries += 1) {
        const shown = new Promise((ready) => film.requestVideoFrameCallback((_, each) => ready(each.mediaTime)))
        film.currentTime = time
        const at = await Promise.race([shown, new Promise((ready) => setTimeout(ready, 3000, null))])
        if (at !== null && Math.abs(at - time) < 0.1) {
            context.drawImage(film, 0, 0, 2, 2)
            return [at, context.getImageData(0, 0, 1, 1).data[1]]
        }
        film.currentTime = time > 1 ? 0 : 2 // a seek to the picture that is shown says nothing
        await new Promise((ready) => film.addEventListener('seeked', ready, {once: true}))
    }
    throw new Error('the video shows no picture at ' + time)
}"""
LISTEN = """async (address) => {
    const data = await (await fetch(address)).arrayBuffer()
    const sound = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(data)
    const values = sound.getChannelData(0), begun = []
    for (let i = 0, last = -1e9; i < values.length; i += 1)
        if (Math.abs(values[i]) > 0.25) { if (i - last > 4800) begun.push(i / 48000); last = i }
    return {begun, seconds: sound.length / 48000}
}"""
DECODE = """async ([address, type]) => {
    const decoder = new ImageDecoder({data: await (await fetch(address)).arrayBuffer(), type})
    await decoder.tracks.ready
    await decoder.completed
    const context = new OffscreenCanvas(2, 2).getContext('2d', {willReadFrequently: true}), seen = []
    for (let frameIndex = 0; frameIndex < decoder.tracks.selectedTrack.frameCount; frameIndex += 1) {
        const {image} = await decoder.decode({frameIndex})
        context.drawImage(image, 0, 0, 2, 2)
        seen.push([image.timestamp / 1e6, context.getImageData(0, 0, 1, 1).data[1], image.duration / 1e6])
        image.close()
    }
    return seen
}"""


@dataclass(frozen=True)
class Decoded:
    """What a decoder makes of a film: when each flash begins, when the film ends, and the same of its sound."""

    flashes: list[float]
    seconds: float
    clicks: list[float]
    sound_seconds: float | None
    note: str = ""


def picture(light: int) -> encoding.Frame:
    """Return a grey picture."""
    return np.full((SIDE, SIDE, 3), light, np.uint8)


def films(folder: Path, beats: Sequence[float], seconds: float, fps: Fraction) -> dict[str, Path]:
    """Write a film that flashes on each beat, in each format, with clicks where it has sound."""
    frames = round(seconds * fps)
    starts = [music_time.nearest_frame(beat, float(fps)) for beat in beats]
    lit = {start + i for start in starts for i in range(FLASH)}
    track = Sound(tracks.write(folder / "clicks.wav", tracks.clicks(seconds, list(beats))), 0.0, frames / fps)
    written: dict[str, bytes] = {}
    for writer in (video.Mp4Writer, video.WebmWriter):
        with writer(fps, metadata={}, sound=track, is_held=True) as film:
            for frame in range(frames):
                film.add(picture(BRIGHT if frame in lit else DARK))
            written[Path(writer.NAME).suffix[1:]] = film.finish()
    edges = sorted({0, *starts, *(start + FLASH for start in starts)})
    times = timing.shown_ms(np.diff([*edges, frames]).tolist(), fps)
    shown = [picture(BRIGHT if edge in lit else DARK) for edge in edges]
    written |= {
        "webp": encoding.webp(shown, times, metadata={}),
        "gif": encoding.gif(shown, times, comment=""),
    }
    for kind, data in written.items():
        (folder / f"film.{kind}").write_bytes(data)
    return {kind: folder / f"film.{kind}" for kind in KINDS}


def begun(seen: Sequence[Sequence[float]]) -> list[float]:
    """Return the times at which a film becomes bright, of (time, light) in order."""
    return [after[0] for before, after in zip([[0, 0], *seen], seen, strict=False) if before[1] < HALF <= after[1]]


def decode(film: Path) -> Decoded:
    """Decode a film by ffmpeg."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(film)]
    watch = [
        "-map",
        "0:v",
        "-fps_mode",
        "passthrough",
        "-enc_time_base",
        "1:1000",
        "-vf",
        "scale=2:2,format=gray,showinfo",
        "-f",
        "null",
        "-",
    ]
    output = subprocess.run([*command, *watch], capture_output=True, text=True, check=True).stderr
    seen = [(float(at), float(light), float(lasts)) for at, lasts, light in SHOWN.findall(output)]
    clicks: list[float] = []
    heard = None
    if film.suffix in (".mp4", ".webm"):
        listen = ["-v", "error", "-map", "0:a", "-f", "f32le", "-ar", str(RATE), "-ac", "1", "-"]
        sound = np.frombuffer(subprocess.run([*command, *listen], capture_output=True, check=True).stdout, np.float32)
        clicks, heard = click_times(sound), len(sound) / RATE
    return Decoded(begun(seen), seen[-1][0] + seen[-1][2], clicks, heard)


def click_times(sound: NDArray[np.float32]) -> list[float]:
    """Return when the clicks of a sound begin, in seconds."""
    loud = np.flatnonzero(np.abs(sound) > 0.25)
    firsts = loud[np.diff(loud, prepend=-RATE) > RATE // 10]
    return [float(first) / RATE for first in firsts]


def play(page: Page, film: Path, beats: Sequence[float], fps: Fraction, speed: float) -> Decoded:
    """Play a film in Chromium, or decode it there if it is a picture."""
    kind = KINDS[film.suffix[1:]]
    address = f"data:{kind};base64,{b64encode(film.read_bytes()).decode()}"
    if kind.startswith("image/"):
        seen = page.evaluate(DECODE, [address, kind])
        return Decoded(begun(seen), seen[-1][0] + seen[-1][2], [], None)
    played = page.evaluate(PLAY, [address, speed])
    seen = {round(at * fps): (at, light) for at, light, _ in played["seen"]}
    missed = round(played["seconds"] * fps) - len(seen)
    starts = {music_time.nearest_frame(beat, float(fps)) for beat in beats}
    doubtful = {start for start in starts if not seen.keys() >= {start - 1, start}}
    doubtful |= starts ^ {round(at * fps) for at in begun([seen[frame] for frame in sorted(seen)])}
    for frame in sorted({frame + i for frame in doubtful for i in (-2, -1, 0, 1)}):
        at, light = page.evaluate(SEEK, float((frame + Fraction(1, 2)) / fps))
        seen[round(at * fps)] = (at, light)
    sound: dict[str, Any] = page.evaluate(LISTEN, address)
    note = f"{missed} frames not shown, {len(doubtful)} flashes looked up"
    return Decoded(
        begun([seen[frame] for frame in sorted(seen)]), played["seconds"], sound["begun"], sound["seconds"], note
    )


def report(name: str, found: Decoded, beats: Sequence[float], fps: Fraction) -> str:
    """Return a row of the table: errors in milliseconds, and as shares of a frame."""
    if len(found.flashes) != len(beats):
        return f"{name:24} {len(found.flashes)} flashes instead of {len(beats)} {found.note}"
    errors = np.array(found.flashes) - beats
    drift = np.polyfit(beats, errors, 1)[0] * (beats[-1] - beats[0])
    row = f"{name:24} {1000 * np.abs(errors).max():7.2f} {np.abs(errors).max() * float(fps):7.3f} {1000 * drift:7.2f}"
    if found.sound_seconds is not None and len(found.clicks) == len(beats):
        clicks = 1000 * np.abs(np.array(found.clicks) - beats).max()
        row += f" {clicks:7.2f} {1000 * (found.seconds - found.sound_seconds):9.2f}"
    elif found.sound_seconds is not None:
        row += f" {len(found.clicks)} clicks instead of {len(beats)}"
    return f"{row}  {found.note}"


def main() -> None:
    """Print a row for each tempo, format and decoder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.music_files", description=__doc__)
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="the browser's program; empty to leave it out")
    parser.add_argument("--seconds", type=float, default=120.0, help="the length of the film")
    parser.add_argument("--tempi", type=int, nargs="+", default=TEMPI, help="the beats a minute")
    parser.add_argument("--fps", type=Fraction, default=Fraction(25), help="its frames a second")
    parser.add_argument("--speed", type=float, default=1.0, help="how fast Chromium plays it")
    asked = parser.parse_args()
    print(f"{'':24} {'ms':>7} {'frames':>7} {'drift':>7} {'click':>7} {'film-sound':>9}")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        page = None
        if asked.chromium:
            browser = playwright.chromium.launch(executable_path=asked.chromium, args=["--no-sandbox"])
            page = browser.new_page()
            page.route("http://localhost/", lambda route: route.fulfill(body="<!doctype html><body>"))
            page.goto("http://localhost/")  # ImageDecoder needs a secure context
            page.set_default_timeout(0)
        for bpm in asked.tempi:
            beats = tracks.beats(asked.seconds, bpm)
            for kind, film in films(Path(folder), beats, asked.seconds, asked.fps).items():
                print(report(f"{bpm} {kind} ffmpeg", decode(film), beats, asked.fps), flush=True)
                if page:
                    print(
                        report(
                            f"{bpm} {kind} Chromium", play(page, film, beats, asked.fps, asked.speed), beats, asked.fps
                        )
                    )


if __name__ == "__main__":
    main()
