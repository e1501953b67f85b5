"""The image tower: a small residual network with two heads, one into the sentence space, one for the hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Shape:
    """What a tower is built by: picture's side, channels and blocks of each level, sentence's width, number of hands.

    Each level has half the side of the one before; the first a quarter of the picture's.
    """

    size: int = 96
    channels: tuple[int, ...] = (32, 64, 128, 256)
    blocks: tuple[int, ...] = (1, 2, 2, 2)
    width: int = 384
    hands: int = 1

    @classmethod
    def of(cls, values: dict[str, Any]) -> Shape:
        """Read a shape as ``eye.json`` holds it."""
        channels, blocks = (tuple(int(part) for part in values[name]) for name in ("channels", "blocks"))
        return cls(int(values["size"]), channels, blocks, int(values["width"]), int(values["hands"]))


class Block(nn.Module):
    """Two convolutions beside which what came in is carried on (He et al., arXiv 1512.03385)."""

    def __init__(self, before: int, channels: int, stride: int) -> None:
        super().__init__()
        self.seen = nn.Sequential(
            nn.Conv2d(before, channels, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels),
        )  # fmt: skip
        self.carried: nn.Module = nn.Identity()
        if stride > 1:  # halved by means, which lose nothing (He et al., arXiv 1812.01187)
            self.carried = nn.Sequential(
                nn.AvgPool2d(stride), nn.Conv2d(before, channels, 1, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Add what the block sees."""
        return F.relu(self.seen(x) + self.carried(x))


class Tower(nn.Module):
    """Pictures (n, 3, size, size), 0…1, to sentences (n, width) of length 1 and the hands' logits (n, hands)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        before = shape.channels[0]
        self.stem = nn.Sequential(
            nn.Conv2d(3, before, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(before), nn.ReLU()
        )
        levels = []
        for channels, count in zip(shape.channels, shape.blocks, strict=True):
            strides = [2] + [1] * (count - 1)
            levels.append(
                nn.Sequential(*(Block(channels if n else before, channels, each) for n, each in enumerate(strides)))
            )
            before = channels
        self.levels = nn.ModuleList(levels)
        self.sentence = nn.Sequential(nn.Linear(before, 2 * before), nn.GELU(), nn.Linear(2 * before, shape.width))
        # A hand is recognised by its strokes as well as by the whole: by all levels, and by how much each varies.
        self.hand = nn.Linear(2 * sum(shape.channels), shape.hands)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster; torch's stub is narrow

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Look at pictures."""
        mean, strokes = self.see(pictures)
        return F.normalize(self.sentence(mean).float(), dim=-1), self.hand(strokes).float()

    def see(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Return what both heads read: the mean of the last level, and how all levels are and vary, the strokes."""
        seen = self.stem(((pictures - 0.5) / 0.25).contiguous(memory_format=torch.channels_last))
        strokes = []
        for level in self.levels:
            seen = level(seen)
            spread, mean = torch.std_mean(seen.float().flatten(2), 2)
            strokes += [mean, spread]
        return seen.mean((2, 3)), torch.cat(strokes, 1)
