"""Random numbers per picture that depend on its seed alone: not on the batch, the device, or who asks when."""

from __future__ import annotations

import math

import torch
from torch import Tensor

MASK = 0xFFFFFFFF


class HashRng:
    """Draws for a batch of pictures, one seed each; a counter tells the draws apart.

    They are hashed from (seed, draw, index) with integers (lowbias32, by Chris Wellons): a GPU draws what a CPU draws.
    """

    def __init__(self, seeds: Tensor) -> None:
        self.seeds = _mixed(seeds.to(torch.int64) & MASK)
        self.draws = 0

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Draw evenly from ``low`` to ``high``, of the shape (pictures, *shape)."""
        self.draws += 1
        index = torch.arange(math.prod(shape), device=self.seeds.device)
        base = _mixed((self.seeds + self.draws * 0x9E3779B9) & MASK)
        drawn = _mixed((base[:, None] ^ _mixed(index)[None]) & MASK)
        unit = (drawn >> 8).to(torch.float32) * (1.0 / (1 << 24))
        return (low + (high - low) * unit).view(-1, *shape)

    def normal(self, *shape: int) -> Tensor:
        """Draw around 0 with a deviation of 1: the sum of four even draws, which has no far tails."""
        return (self.uniform(4, *shape).sum(1) - 2.0) * math.sqrt(3.0)

    def choice(self, options: Tensor, *shape: int) -> Tensor:
        """Draw rows of ``options`` (k, …), of the shape (pictures, *shape, …)."""
        return options[(self.uniform(*shape) * len(options)).long().clamp(max=len(options) - 1)]

    def order(self, count: int) -> Tensor:
        """Shuffle ``count`` places for each picture: (pictures, count)."""
        return self.uniform(count).argsort(1)


def _mixed(x: Tensor) -> Tensor:
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & MASK
    x = ((x ^ (x >> 15)) * 0x846CA68B) & MASK
    return x ^ (x >> 16)
