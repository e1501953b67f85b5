"""The files of a network's weights, as diffusers folders hold them."""

from __future__ import annotations

from pathlib import Path


def variant(part: Path) -> str | None:
    """Return "fp16" for a network that is there in half precision alone, as such files are called; else None."""
    weights = [*part.glob("*.safetensors")] or [*part.glob("*.bin")]
    return "fp16" if weights and all(".fp16." in path.name for path in weights) else None
