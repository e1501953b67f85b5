"""The files of a network's weights, as diffusers folders hold them."""

from __future__ import annotations

import hashlib
from pathlib import Path

PIECES, PIECE = 256, 4096
"""How many pieces of a large file, of how many bytes, tell it from others: all of gigabytes takes too long."""


def variant(part: Path) -> str | None:
    """Return "fp16" for a network that is there in half precision alone, as such files are called; else None."""
    weights = [*part.glob("*.safetensors")] or [*part.glob("*.bin")]
    return "fp16" if weights and all(".fp16." in path.name for path in weights) else None


def mark(part: Path) -> str:
    """Return a digest that tells a network's weights from others, by its settings and pieces of its files."""
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
