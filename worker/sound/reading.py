"""Decode and analyse a sound in another process, and return its FLAC file and what is heard in it."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PROGRAM, PACKAGE = "worker.sound.process", "soundfile"
ROOT = Path(__file__).parents[2]
FLAWS: dict[int, str] = {signal.SIGXCPU: "cpu", signal.SIGALRM: "wall", signal.SIGKILL: "cpu"}
"""The limit that was reached, by the signal that ended the process."""
NO_MEMORY = b"MemoryError", b"Unable to allocate", b"cannot allocate memory", b"failed to map segment"
"""What a process says that reached its limit of memory before it could answer."""
LOOK_SECONDS = 1.0
"""How often the process is looked after."""
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Each thread of numpy's library would reserve memory that counts against the limit."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the process may use: bytes of memory, seconds of processor time and of time, and seconds of sound."""

    memory_max: int
    cpu_seconds: int
    wall_seconds: float
    seconds_max: float


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound as it is stored: FLAC, with its rate, its channels and its analysis in plain form."""

    data: bytes
    rate: int
    channels: int
    analysis: dict[str, Any]


class Unreadable(Exception):
    """A sound cannot be used.

    ``flaw`` says why: damaged, long or silent; cpu, wall or memory for a limit; music where packages are missing.
    """

    def __init__(self, flaw: str) -> None:
        super().__init__(flaw)
        self.flaw = flaw


def is_possible() -> bool:
    """Return whether this environment has the package that decodes sounds."""
    return find_spec(PACKAGE) is not None


def read_sound(data: bytes, kind: str, limits: Limits, note_progress: Callable[[], None] = lambda: None) -> Sound:
    """Return an uploaded sound, decoded and analysed; its temporary files are deleted whatever happens.

    ``kind`` is one of :data:`worker.sound.decoding.FORMATS`. ``note_progress`` is called again and again while the
    process runs; if it raises, the process is ended.

    :raises Unreadable: when it cannot be used.
    :raises OSError: when the temporary folder cannot be written, for example because its disk is full.
    """
    with tempfile.TemporaryDirectory(prefix="moma-sound-") as folder:
        source, target = Path(folder, "source"), Path(folder, "sound.flac")
        source.write_bytes(data)
        words = kind, limits.seconds_max, limits.memory_max, limits.cpu_seconds, limits.wall_seconds
        command = [sys.executable, "-m", PROGRAM, str(source), str(target), *map(str, words)]
        about = _answer(_run(command, note_progress))
        if flaw := about.get("flaw"):
            raise Unreadable(flaw)
        return Sound(target.read_bytes(), about["rate"], about["channels"], about["analysis"])


def _run(command: list[str], note_progress: Callable[[], None]) -> subprocess.CompletedProcess[bytes]:
    """Run the process to its end, which its own limits bring if nothing else does."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, cwd=ROOT, env=os.environ | ONE_THREAD) as process:
        try:
            while True:
                note_progress()
                with suppress(subprocess.TimeoutExpired):
                    output, errors = process.communicate(timeout=LOOK_SECONDS)
                    return subprocess.CompletedProcess(command, process.returncode, output, errors)
        finally:
            process.kill()  # nothing, where it has ended


def _answer(done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    """Return what the process said, or the limit that it reached."""
    if done.returncode == 0 and done.stdout:
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer
    log.warning(
        "a sound could not be read (exit %s): %s", done.returncode, done.stderr[-2000:].decode("utf-8", "replace")
    )
    if flaw := FLAWS.get(-done.returncode):
        return {"flaw": flaw}
    return {"flaw": "memory" if any(words in done.stderr for words in NO_MEMORY) else "damaged"}
