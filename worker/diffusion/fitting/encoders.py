"""A model's text encoders: in which precision they are loaded, and where they are while they are not used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from worker.diffusion import device_errors
from worker.diffusion import tuning as machine
from worker.diffusion.fitting import devices
from worker.diffusion.fitting.loading import Source
from worker.diffusion.fitting.placement import Plan

LARGE = 10**9
"""Text encoders with more parameters use bfloat16 on a CPU too: T5-XXL alone has 4.8 billion."""


class Encoders:
    """The text encoders of one model, in the pipeline that encodes prompts with them.

    They are on the device all the time, or move there from host memory to encode; or, where that is short, they are
    loaded again for each walk.
    """

    def __init__(self, source: Source, device: torch.device) -> None:
        """Load the encoders.

        :raises ModelError: when that fails.
        """
        self._source, self.device = source, device
        self.leaves_gpu = self.are_dropped = False
        self.bytes = self._dtype().itemsize
        self.pipe = source.pipeline(self._dtype())

    @property
    def parts(self) -> list[Any]:
        """The encoders that are in memory."""
        encoders = (getattr(self.pipe, part, None) for part in self._source.family.encoders)
        return [each for each in encoders if each is not None]

    def follow(self, plan: Plan) -> None:
        """Place the encoders by a plan from now on."""
        self.leaves_gpu, self.are_dropped = plan.encoders_leave, plan.encoders_dropped
        if plan.encoders_leave:
            for encoder in self.parts:
                encoder.to("cpu")

    @contextmanager
    def on_device(self) -> Iterator[Any]:
        """Move the encoders to the device while the block runs, and yield the pipeline."""
        if not self.parts:
            self._load()
        try:
            for encoder in self.parts:
                encoder.to(self.device)
            yield self.pipe
        finally:
            if self.are_dropped:
                self.drop()
            elif self.leaves_gpu:
                for encoder in self.parts:
                    encoder.to("cpu")
                device_errors.free_memory()

    def drop(self) -> None:
        """Unload the encoders until they are needed again."""
        for part in self._source.family.encoders:
            setattr(self.pipe, part, None)
        device_errors.free_memory()

    def _load(self) -> None:
        fresh = self._source.pipeline(self._dtype())
        for part in self._source.family.encoders:
            setattr(self.pipe, part, getattr(fresh, part, None))

    def _dtype(self) -> torch.dtype:
        """Return the encoders' precision: half on a GPU; on a CPU float32, or bfloat16 for large ones."""
        if devices.is_gpu(self.device):
            return machine.DTYPES[devices.halves(self.device)[0]]
        return torch.bfloat16 if self._source.sizes.encoders > LARGE else torch.float32
