"""The worker's ffmpeg for the web side's commands, which load nothing of the worker's."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from app.core.errors import MomaError

TIMEOUT_S = 120
FIND = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"
"""Run in a process of its own."""


def convert(film: bytes, *passes: Sequence[str]) -> bytes:
    """Return an MP4 after one or more passes of ffmpeg, each with its options; metadata stays, the index is in front.

    :raises MomaError: when ffmpeg is missing, cannot read the film, or takes longer than :data:`TIMEOUT_S`.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "0.mp4"
        source.write_bytes(film)
        try:
            for number, options in enumerate(passes, start=1):
                target = Path(folder) / f"{number}.mp4"
                start = (_executable(), "-loglevel", "error", "-nostdin", "-i", str(source), "-map_metadata", "0")
                _run([*start, *options, "-movflags", "+faststart", str(target)])
                source = target
        except subprocess.CalledProcessError as error:
            words = error.stderr.decode("utf-8", "replace").strip()
            raise MomaError(f"The film cannot be converted: {words[:300] or error}") from error
        except (OSError, subprocess.SubprocessError) as error:
            raise MomaError(f"The film cannot be converted: {error}") from error
        return source.read_bytes()


@cache
def _executable() -> str:
    return _run([sys.executable, "-c", FIND]).decode().strip()


def _run(command: list[str]) -> bytes:
    return subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S).stdout
