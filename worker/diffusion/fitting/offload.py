"""Keep parts of a model in host memory while they are not used, by accelerate's hooks."""

from __future__ import annotations

from typing import Any

import torch
from accelerate.hooks import ModelHook, add_hook_to_module

from worker.diffusion import device_errors


class Room:
    """The parts of a model that take turns on a GPU: one of them is there at a time."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._current: Any = None

    def add(self, part: Any, *within: Any) -> None:
        """Move a part to the GPU whenever it, or a module `within` it, is called, and the previous part away."""
        part.to("cpu")
        for called in (part, *within):
            add_hook_to_module(called, _Turn(self, part))

    def remove(self, part: Any) -> None:
        """Forget a part that is no longer called."""
        if self._current is part:
            self._current = None

    def enter(self, part: Any) -> None:
        """Move a part to the GPU, after the previous part has left."""
        if self._current is part:
            return
        self.clear()
        part.to(self.device)
        self._current = part

    def clear(self) -> None:
        """Move the part that is on the GPU back to host memory."""
        if self._current is not None:
            self._current.to("cpu")
            self._current = None
            device_errors.free_memory()


class _Turn(ModelHook):  # type: ignore[misc]  # accelerate has no types
    """The hook that moves a part to the GPU before it is called."""

    def __init__(self, room: Room, part: Any) -> None:
        self._room, self._part = room, part

    def pre_forward(self, _: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Move the part to the GPU; return the arguments unchanged."""
        self._room.enter(self._part)
        return args, kwargs
