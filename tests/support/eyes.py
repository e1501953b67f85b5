"""Tiny eyes of the real class, written as the studio writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from image_encoder import Shape, Tower, save

WIDTH = 64


def make_eye(folder: Path, *, seed: int = 1, **about: Any) -> Path:
    """Write an eye that has learned nothing, which still sees like pictures alike; return its folder."""
    torch.manual_seed(seed)
    tower = Tower(Shape(size=16, channels=(8, 16), blocks=(1, 1), width=WIDTH, hands=2))
    names = torch.nn.functional.normalize(torch.randn(3, WIDTH), dim=1)
    folder.mkdir(parents=True, exist_ok=True)
    save(folder, tower, names, concepts=("a fox", "a kite", "a lemon"), hands=("plain", "neon"), **about)
    return folder
