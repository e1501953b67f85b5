"""Films as they are shipped: the worker's MP4, compressed more, with the same frames, times and recipe."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from app.errors import MomaError

CRF = "24"
"""The constant rate factor of x264; the worker's films have 18 and are more than twice as large."""
TIMEOUT_S = 120

FIND_FFMPEG = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"
"""Run in a process of its own, because the web side loads nothing of the worker's."""


def compress(film: bytes) -> bytes:
    """Return a worker's MP4 at :data:`CRF`, with its metadata and its index in front.

    :raises MomaError: when ffmpeg cannot convert it.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.mp4", Path(folder) / "out.mp4"
        source.write_bytes(film)
        options = [
            *("-loglevel", "error", "-nostdin", "-y", "-i", str(source)),
            *("-map_metadata", "0", "-fps_mode", "passthrough", "-c:v", "libx264", "-preset", "slower", "-crf", CRF),
            *("-pix_fmt", "yuv420p", "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709"),
            *("-color_range", "tv", "-movflags", "+faststart", str(target)),
        ]
        try:
            ffmpeg = _run([sys.executable, "-c", FIND_FFMPEG]).decode().strip()
            _run([ffmpeg, *options])
        except (OSError, subprocess.SubprocessError) as error:
            raise MomaError(f"The film cannot be compressed: {error}") from error
        return target.read_bytes()


def _run(command: list[str]) -> bytes:
    return subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S).stdout
