"""Adafactor without its relative step: an optimiser whose state is a few thousandths of the weights' size.

For a matrix it keeps the mean square of each row and column of the gradients (Shazeer and Stern, arXiv 1804.04235),
where AdamW keeps two numbers for each weight: a few MB instead of 6.9 GB for Stable Diffusion 1.5. Convolution kernels
are treated as matrices with one row for each output channel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

DECAY = -0.8
"""Exponent of the step in the decay of the means: the old mean keeps ``1 - step ** DECAY``."""

LEAST = 1e-30
LARGEST = 1.0
"""Clipping threshold: the largest root mean square of an update, before the learning rate."""


class Frugal(torch.optim.Optimizer):
    """Adafactor with the caller's learning rate and without momentum."""

    def __init__(self, trained: Iterable[Tensor], lr: float, weight_decay: float = 0.0) -> None:
        super().__init__(trained, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
        """Update the weights one by one, so that only one update is in memory."""
        loss = closure() if closure else None
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._step(weight, group["lr"], group["weight_decay"])
        return loss

    def _step(self, weight: Tensor, rate: float, decay: float) -> None:
        state = self.state[weight]
        gradient = weight.grad.float().flatten(1) if weight.ndim > 1 else weight.grad.float()  # type: ignore[union-attr]
        squares = gradient.square().add_(LEAST)
        if not state:
            state["step"] = torch.tensor(0.0)
            names = ("rows", "columns") if squares.ndim > 1 else ("each",)
            state |= {name: squares.new_zeros(length) for name, length in zip(names, squares.shape, strict=True)}
        state["step"] += 1
        new = float(state["step"]) ** DECAY
        if squares.ndim > 1:
            rows = state["rows"].lerp_(squares.mean(1), new)
            columns = state["columns"].lerp_(squares.mean(0), new)
            update = torch.mul(gradient, (rows / rows.mean()).rsqrt()[:, None], out=squares).mul_(columns.rsqrt()[None])
        else:
            update = gradient * state["each"].lerp_(squares, new).rsqrt()
        size = float(update.norm()) / update.numel() ** 0.5
        if decay:
            weight.mul_(1 - rate * decay)
        weight.add_(update.view_as(weight), alpha=-rate / max(1.0, size / LARGEST))
