"""Muon for matrices, AdamW for the rest: updates of matrices are orthogonalised, so that all directions learn alike.

Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024). torch's version takes no convolutions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
LEAST = 16
"""The shorter side from which on a weight counts as a matrix."""


class Muon(torch.optim.Optimizer):
    """Muon for weights with two large sides (a convolution's kernel is flattened), AdamW for all others."""

    def __init__(
        self, weights: Iterable[nn.Parameter], *, lr: float, betas: tuple[float, float], weight_decay: float
    ) -> None:
        matrices: list[nn.Parameter] = []
        others: list[nn.Parameter] = []
        for weight in weights:
            (matrices if _is_matrix(weight) else others).append(weight)
        groups = [{"params": matrices, "matrices": True}, {"params": others, "matrices": False}]
        super().__init__(
            [group for group in groups if group["params"]],
            {"lr": lr, "betas": betas, "weight_decay": weight_decay, "matrices": False},
        )

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # noqa: ARG002 - torch asks for it
        """Update the weights; those without a gradient stay."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                if group["matrices"]:
                    self._orthogonal(weight, weight.grad, group["lr"])
                else:
                    self._adam(weight, weight.grad, group["lr"], *group["betas"])

    def _orthogonal(self, weight: nn.Parameter, grad: Tensor, rate: float) -> None:
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        momentum: Tensor = state["momentum"]
        momentum.mul_(MOMENTUM).add_(grad)
        ahead = grad.add(momentum, alpha=MOMENTUM).flatten(1)  # Nesterov's
        update = orthogonal(ahead)
        weight.add_(update.view_as(weight), alpha=-rate * 0.2 * max(update.shape) ** 0.5)

    def _adam(self, weight: nn.Parameter, grad: Tensor, rate: float, first: float, second: float) -> None:
        state = self.state[weight]
        if not state:
            state |= {"steps": torch.zeros(()), "mean": torch.zeros_like(weight), "square": torch.zeros_like(weight)}
        state["steps"] += 1
        steps = float(state["steps"])
        state["mean"].lerp_(grad, 1 - first)
        state["square"].mul_(second).addcmul_(grad, grad, value=1 - second)
        spread = (state["square"] / (1 - second**steps)).sqrt_().add_(1e-8)
        weight.addcdiv_(state["mean"], spread, value=-rate / (1 - first**steps))


def orthogonal(matrix: Tensor) -> Tensor:
    """Return a matrix with all singular values near 1, by Newton–Schulz iteration in bfloat16."""
    a, b, c = NEWTON_SCHULZ
    tall = matrix.shape[0] > matrix.shape[1]
    x: Tensor = (matrix.T if tall else matrix).bfloat16()
    x = x / (x.norm() + 1e-7)
    for _ in range(ITERATIONS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return (x.T if tall else x).to(matrix.dtype)


def _is_matrix(weight: nn.Parameter) -> bool:
    return weight.dim() >= 2 and min(weight.shape[0], weight[0].numel()) >= LEAST
