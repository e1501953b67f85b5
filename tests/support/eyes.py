"""Tiny eyes of the real class, written as the studio writes them."""

from pathlib import Path
from typing import Any

import torch

from image_encoder import Shape, Tower, save

WIDTH = 64
MEASURED: dict[str, Any] = {"measured_on": ["emojione"], "R": {"share": 0.5, "of": 8, "interval": [0.2, 0.8]}}


def make_eye(
    folder: Path,
    *,
    seed: int = 1,
    width: int = WIDTH,
    names: torch.Tensor | None = None,
    concepts: tuple[str, ...] = ("a fox", "a kite", "a lemon"),
    hands: tuple[str, ...] = ("plain", "neon"),
    **about: Any,
) -> Path:
    """Write an eye that has learned nothing, which still sees like pictures alike; return its folder.

    ``names`` are how a text encoder of its width has the concepts; without them they are drawn.
    """
    torch.manual_seed(seed)
    tower = Tower(Shape(size=16, channels=(8, 16), blocks=(1, 1), width=width, hands=len(hands)))
    if names is None:
        names = torch.nn.functional.normalize(torch.randn(len(concepts), width), dim=1)
    folder.mkdir(parents=True, exist_ok=True)
    save(folder, tower, names, concepts=concepts, hands=hands, **about)
    return folder
