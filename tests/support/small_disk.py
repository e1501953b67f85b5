"""A small disk of memory, which a test may fill."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.needs import require


@contextmanager
def mounted(folder: Path, size: int) -> Iterator[Path]:
    """Mount a disk of so many bytes for a while."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([require("right to mount"), "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)  # a process that still has a file open may end later


@contextmanager
def full(disk: Path, *, but: int = 0) -> Iterator[None]:
    """Fill a disk for a while, but for so many bytes."""
    filler, room = disk / "filler", os.statvfs(disk)
    try:
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            left = room.f_bavail * room.f_frsize - but
            while left > 0:
                left -= file.write(bytes(min(left, 1 << 20)))
        yield
    finally:
        filler.unlink()
