"""Random numbers for each picture that depend on its seed alone, not on batch, device or order of calls."""

from __future__ import annotations

import math

import torch
from torch import Tensor

MASK = 0xFFFFFFFF


class HashRng:
    """Random numbers for a batch of pictures, with one seed for each picture.

    They are integer hashes (lowbias32, by Chris Wellons) of the seed, the number of the call and the index, so that GPU
    and CPU agree. Each call gives other numbers.
    """

    def __init__(self, seeds: Tensor) -> None:
        self.seeds = _mixed(seeds.to(torch.int64) & MASK)
        self.draws = 0

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Return uniform random numbers from ``low`` to ``high``, of shape (pictures, *shape)."""
        self.draws += 1
        index = torch.arange(math.prod(shape), device=self.seeds.device)
        base = _mixed((self.seeds + self.draws * 0x9E3779B9) & MASK)
        drawn = _mixed((base[:, None] ^ _mixed(index)[None]) & MASK)
        unit = (drawn >> 8).to(torch.float32) * (1.0 / (1 << 24))
        return (low + (high - low) * unit).view(-1, *shape)

    def normal(self, *shape: int) -> Tensor:
        """Return random numbers with mean 0 and deviation 1, of shape (pictures, *shape): sums of four uniform ones.

        They have no long tails.
        """
        return (self.uniform(4, *shape).sum(1) - 2.0) * math.sqrt(3.0)

    def choice(self, options: Tensor, *shape: int) -> Tensor:
        """Return rows of ``options`` (k, …), chosen at random, of shape (pictures, *shape, …)."""
        return options[(self.uniform(*shape) * len(options)).long().clamp(max=len(options) - 1)]

    def order(self, count: int) -> Tensor:
        """Return a random order of the numbers from 0 to ``count - 1`` for each picture: (pictures, count)."""
        return self.uniform(count).argsort(1)


def _mixed(x: Tensor) -> Tensor:
    """Return the lowbias32 hashes of 32-bit integers."""
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & MASK
    x = ((x ^ (x >> 15)) * 0x846CA68B) & MASK
    return x ^ (x >> 16)
