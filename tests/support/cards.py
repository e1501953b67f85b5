"""A GPU that is not there: the CPU, which calls itself ``cpu:0``, with a memory and precisions of its own."""

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from accelerate import hooks

from worker.diffusion.fitting import devices

NAME = "cpu:0"
GB = 2**30


@dataclass
class Card:
    """What the code learns of this GPU: its bytes of memory, those that are free, and its half precisions."""

    total: int = 24 * GB
    free: int = 24 * GB
    halves: tuple[str, ...] = ("bfloat16", "float16")


def pretend(monkeypatch: pytest.MonkeyPatch, card: Card | None = None) -> Card:
    """Pass the device ``cpu:0`` off as a GPU; modules note as ``place`` whether they were moved there or away."""
    card = card or Card()
    move, offload = torch.nn.Module.to, hooks.set_module_tensor_to_device

    def to(module: Any, *where: Any, **how: Any) -> Any:
        if where and isinstance(where[0], (str, torch.device)):
            module.place = "host" if torch.device(where[0]).index is None else "card"
        return move(module, *where, **how)

    def is_gpu(device: torch.device) -> bool:
        return device.index is not None

    def set_tensor(module: Any, name: str, device: Any, **how: Any) -> None:
        """Put a layer's tensor on the CPU as it is: torch copies to ``cpu:0`` what is there, as no parameter."""
        offload(module, name, "cpu" if str(device) == NAME else device, **how)

    monkeypatch.setattr(torch.nn.Module, "to", to)
    monkeypatch.setattr(hooks, "set_module_tensor_to_device", set_tensor)
    monkeypatch.setattr(devices, "is_gpu", is_gpu)
    monkeypatch.setattr(devices, "halves", lambda device: card.halves if is_gpu(device) else ())
    monkeypatch.setattr(devices, "memory", lambda device: (card.free, card.total) if is_gpu(device) else None)
    monkeypatch.setattr(devices, "name", lambda _: "a GPU that is not there")
    return card
