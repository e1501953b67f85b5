"""Weight files of a network in a diffusers folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

PIECES, PIECE = 256, 4096
"""Number and size in bytes of the samples of a large file that are hashed; hashing gigabytes takes too long."""


def variant(part: Path) -> str | None:
    """Return "fp16" when the folder holds only half-precision weights, named as diffusers does; else None."""
    weights = [*part.glob("*.safetensors")] or [*part.glob("*.bin")]
    return "fp16" if weights and all(".fp16." in path.name for path in weights) else None


def digest_weights(part: Path) -> str:
    """Return a short digest of a network's configuration files and of samples of its weight files."""
    whole = hashlib.sha256()
    for path in sorted([*part.glob("*.json"), *part.glob("*.safetensors"), *part.glob("*.bin")]):
        size = path.stat().st_size
        whole.update(f"{path.name}:{size}\n".encode())
        with path.open("rb") as file:
            if size <= PIECES * PIECE:
                whole.update(file.read())
                continue
            for number in range(PIECES):
                file.seek(number * (size - PIECE) // (PIECES - 1))
                whole.update(file.read(PIECE))
    return whole.hexdigest()[:12]
