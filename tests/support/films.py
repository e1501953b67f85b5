"""Films as ffmpeg decodes them: their frames, when each is shown, and their sound."""

import re
import subprocess
from pathlib import Path

import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe
from numpy.typing import NDArray

RATE = 48_000


def decode_frames(file: Path, side: int) -> NDArray[np.uint8]:
    """Return the frames of a film of square pictures with this side, in RGB, each as often as it is shown."""
    command = [get_ffmpeg_exe(), "-loglevel", "error", "-i", str(file), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, side, side, 3)


def decode_sound(file: Path) -> NDArray[np.float32]:
    """Return the first channel of a film's sound at 48 kHz; empty without one."""
    command = [get_ffmpeg_exe(), "-loglevel", "error", "-i", str(file), "-vn", "-ac", "1", "-ar", str(RATE)]
    run = subprocess.run([*command, "-f", "f32le", "-"], check=False, capture_output=True)
    return np.frombuffer(run.stdout, np.float32)


def streams(file: Path) -> list[str]:
    """Return the codecs of a film's streams, as ffmpeg names them."""
    result = subprocess.run([get_ffmpeg_exe(), "-hide_banner", "-i", str(file)], check=False, capture_output=True)
    return re.findall(r"Stream #\S+ (?:Video|Audio): (\w+)", result.stderr.decode())


def click_starts(sound: NDArray[np.float32], *, apart: float = 0.2) -> list[float]:
    """Return when loud sounds begin, in seconds, at least so far from each other."""
    loud = np.flatnonzero(np.abs(sound) > 0.25 * np.abs(sound).max()) / RATE
    starts: list[float] = []
    for time in loud.tolist():
        if not starts or time - starts[-1] > apart:
            starts.append(time)
    return starts
