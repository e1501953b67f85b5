"""The image encoder's network: a small residual network with two heads, for sentence embeddings and for styles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Shape:
    """Architecture of a tower: image side, channels and blocks per level, embedding width, number of styles.

    Each level halves the side; the first level has a quarter of the image's side.
    """

    size: int = 96
    channels: tuple[int, ...] = (32, 64, 128, 256)
    blocks: tuple[int, ...] = (1, 2, 2, 2)
    width: int = 384
    hands: int = 1

    @classmethod
    def from_config(cls, values: dict[str, Any]) -> Shape:
        """Return the shape that the contents of ``eye.json`` describe."""
        channels, blocks = (tuple(int(part) for part in values[name]) for name in ("channels", "blocks"))
        return cls(int(values["size"]), channels, blocks, int(values["width"]), int(values["hands"]))


class Block(nn.Module):
    """Residual block of two convolutions with batch normalisation (He et al., arXiv 1512.03385)."""

    def __init__(self, before: int, channels: int, stride: int) -> None:
        super().__init__()
        self.seen = nn.Sequential(
            nn.Conv2d(before, channels, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.carried: nn.Module = nn.Identity()
        if stride > 1:  # the shortcut is halved by average pooling (He et al., arXiv 1812.01187)
            self.carried = nn.Sequential(
                nn.AvgPool2d(stride), nn.Conv2d(before, channels, 1, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Return the shortcut plus the output of the two convolutions."""
        return F.relu(self.seen(x) + self.carried(x))


class Tower(nn.Module):
    """Network from images (n, 3, size, size), 0…1, to unit embeddings (n, width) and style logits (n, hands)."""

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
        # Styles are recognised by brushwork and by the whole: the head takes each level's mean and standard deviation.
        self.hand = nn.Linear(2 * sum(shape.channels), shape.hands)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster; torch's stub is narrow

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Return unit embeddings (n, width) and style logits (n, hands) of images (n, 3, size, size), 0…1."""
        mean, strokes = self.see(pictures)
        return F.normalize(self.sentence(mean).float(), dim=-1), self.hand(strokes).float()

    def see(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Return the inputs of both heads: the last level's mean, and the means and deviations of all levels."""
        seen = self.stem(((pictures - 0.5) / 0.25).contiguous(memory_format=torch.channels_last))
        strokes = []
        for level in self.levels:
            seen = level(seen)
            spread, mean = torch.std_mean(seen.float().flatten(2), 2)
            strokes += [mean, spread]
        return seen.mean((2, 3)), torch.cat(strokes, 1)
