"""Which tensors the results of a conversion were computed from: conversions leave out tensors that they do not know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch


def find(results: Iterable[torch.Tensor]) -> set[int]:
    """Return the identities (`id`) of the tensors with gradients that results were computed from."""
    pending = [each.grad_fn for each in results if each.grad_fn is not None]
    visited: set[Any] = set()
    found: set[int] = set()
    while pending:
        node = pending.pop()
        if node in visited:
            continue
        visited.add(node)
        if hasattr(node, "variable"):
            found.add(id(node.variable))
        pending += [other for other, _ in node.next_functions if other is not None]
    return found
