"""The image tower: a small convolutional network with two heads, one into the sentence space, one for the hand."""

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
    channels: tuple[int, ...] = (48, 96, 192, 256)
    blocks: tuple[int, ...] = (2, 2, 3, 2)
    width: int = 384
    hands: int = 1

    @classmethod
    def of(cls, values: dict[str, Any]) -> Shape:
        """Read a shape as ``eye.json`` holds it."""
        channels, blocks = (tuple(int(part) for part in values[name]) for name in ("channels", "blocks"))
        return cls(int(values["size"]), channels, blocks, int(values["width"]), int(values["hands"]))


class Block(nn.Module):
    """A depthwise convolution and two pointwise ones around it (ConvNeXt: Liu et al., arXiv 2201.03545)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.space = nn.Conv2d(channels, channels, 5, padding=2, groups=channels)
        self.norm = nn.GroupNorm(1, channels)
        self.wide = nn.Conv2d(channels, 3 * channels, 1)
        self.narrow = nn.Conv2d(3 * channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Add what the block sees."""
        seen: Tensor = self.narrow(F.gelu(self.wide(self.norm(self.space(x)))))
        return x + seen


class Tower(nn.Module):
    """Pictures (n, 3, size, size), 0…1, to sentences (n, width) of length 1 and the hands' logits (n, hands)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        first = shape.channels[0]
        parts: list[nn.Module] = [
            nn.Conv2d(3, first // 2, 3, stride=2, padding=1), nn.GELU(),
            nn.Conv2d(first // 2, first, 3, stride=2, padding=1), nn.GroupNorm(1, first),
        ]  # fmt: skip
        before = first
        for channels, count in zip(shape.channels, shape.blocks, strict=True):
            if channels != before:
                parts += [nn.Conv2d(before, channels, 2, stride=2), nn.GroupNorm(1, channels)]
            parts += [Block(channels) for _ in range(count)]
            before = channels
        self.trunk = nn.Sequential(*parts)
        self.norm = nn.LayerNorm(before)
        self.sentence = nn.Sequential(nn.Linear(before, 2 * before), nn.GELU(), nn.Linear(2 * before, shape.width))
        self.hand = nn.Linear(2 * before, shape.hands)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster; torch's stub is narrow

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Look at pictures."""
        seen = self.trunk(((pictures - 0.5) / 0.25).contiguous(memory_format=torch.channels_last))
        mean = self.norm(seen.mean((2, 3)))
        # A hand is recognised by how much a picture varies as well as by what is in it.
        spread = seen.float().flatten(2).std(2).to(mean.dtype)
        return F.normalize(self.sentence(mean).float(), dim=-1), self.hand(torch.cat([mean, spread], 1)).float()
