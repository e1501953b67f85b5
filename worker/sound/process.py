"""Decode and analyse a sound from outside, in a process of its own: ``python -m worker.sound.process``.

The process has limits of memory, processor time, time and written bytes. It loads numpy and libsndfile, and nothing of
the site. :mod:`worker.sound.reading` starts it.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from worker.sound.reading import Unreadable

NICE = 10
"""How much the process gives way to those that generate and answer visitors."""
SECOND_BYTES_MAX = 200_000
"""The most bytes of a second of the file that it writes: stereo of 16 bits at 48 kHz, and what FLAC adds."""
LACKING = "music"
"""The flaw of a machine without the packages of the extra `music`."""


def limit_process(memory_max: int, cpu_seconds: int, wall_seconds: float, *, file_max: int) -> None:
    """Limit this process's address space, processor time, life and the files that it writes."""
    os.nice(NICE)
    signal.setitimer(signal.ITIMER_REAL, wall_seconds)  # SIGALRM ends it
    resource.setrlimit(resource.RLIMIT_AS, (memory_max, memory_max))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))  # SIGXCPU ends it after the first
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_max, file_max))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def stored_max(seconds: float) -> int:
    """Return the most bytes of the file of a sound that lasts so long."""
    return SECOND_BYTES_MAX * (1 + int(seconds))


def decode(source: Path, target: Path, kind: str, *, seconds_max: float) -> dict[str, Any]:
    """Write the sound at ``source`` to ``target`` as FLAC; return what is heard in it, or its flaw."""
    try:
        from worker.sound import decoding
    except (ImportError, OSError):  # the package, or the library that it loads
        return {"flaw": LACKING}
    from worker.sound import analysis

    try:
        reader = decoding.Reader(source, kind, seconds_max=seconds_max)
        sound = decoding.store(reader, target)
    except Unreadable as error:
        return {"flaw": error.flaw}
    heard = analysis.analyse(sound, reader.rate)
    return {"rate": reader.rate, "channels": reader.channels, "analysis": heard.to_json()}


def main(arguments: list[str]) -> int:
    """Read a sound within the limits, and write a line of JSON about it to stdout.

    The arguments are the file, the file to write, the kind, the most seconds, and the limits of memory in bytes, of
    processor time and of time in seconds.
    """
    source, target, kind, seconds_max, memory_max, cpu_seconds, wall_seconds = arguments
    limit_process(int(memory_max), int(cpu_seconds), float(wall_seconds), file_max=stored_max(float(seconds_max)))
    try:
        about = decode(Path(source), Path(target), kind, seconds_max=float(seconds_max))
    except MemoryError:
        about = {"flaw": "memory"}
    print(json.dumps(about))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
