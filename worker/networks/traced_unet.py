"""Run a small network from a trace of itself: the same operations on the same numbers, without Python between them.

An evaluation of the built-in model is some thousand operations, most of which take microseconds; in a small batch the
modules' own Python costs more. A batch also runs in parts, in parallel. In channels-last layout, which
releases up to 1.1 never chose on a CPU, weights are packed too. A large network gains nothing by any of this.
"""

import logging
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch

from worker.networks import packed_layers, thread_lanes

log = logging.getLogger(__name__)

SMALL = 50_000_000
"""The largest number of parameters of a network that counts as small."""

ROWS = (2, 3)
"""The sizes of the batch that is traced, and of another that checks the trace."""

LEAST = 3
"""The fewest rows in a part: an evaluation of two rows takes three quarters as long as one of four."""

Run = Callable[..., torch.Tensor]


def is_small(network: Any) -> bool:
    """Return whether a network is small enough to gain by a trace and by parallel parts."""
    return bool(sum(part.numel() for part in network.parameters()) <= SMALL)


class Traced(torch.nn.Module):
    """A UNet that is called as usual, and runs from a trace where that gives the same bits."""

    def __init__(self, unet: Any, *, traces: bool = True) -> None:
        """Wrap a network; with `traces`, a small one is traced when it is first called on a CPU."""
        super().__init__()
        self.unet = unet
        self.is_small = traces and is_small(unet)
        self._runs: dict[tuple[torch.Size, torch.Size, bool], Run] = {}
        self._packed: tuple[torch.nn.Module, ...] = ()  # no part of this module, which is moved and cast

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the network."""
        precision: torch.dtype = self.unet.dtype  # the precision that it computes in, whatever it is stored in
        return precision

    def forward(self, *inputs: Any, **others: Any) -> Any:
        """Return the prediction for a batch of latents; with further inputs, or on a GPU, without the trace."""
        if not self.is_small or any(other is not None for other in others.values()) or inputs[0].device.type != "cpu":
            return self.unet(*inputs, return_dict=False, **others)[0]
        latents, t, states = inputs
        packs = _packs(latents)
        shapes = latents.shape[1:], states.shape[1:], packs
        if shapes not in self._runs:
            if packs and not self._packed:
                self._packed = (packed_layers.pack(self.unet),)
            self._runs[shapes] = _traced(self.unet, self._packed if packs else (), latents, states)
        count = thread_lanes.count_parts(len(latents), least=LEAST)
        time = torch.as_tensor(t, dtype=torch.float32)
        batches = [(part, time, words) for part, words in zip(latents.chunk(count), states.chunk(count), strict=True)]
        return torch.cat(thread_lanes.run_in_lanes(self._runs[shapes], batches))


class _Plain(torch.nn.Module):
    """The network with tensors alone for inputs and output."""

    def __init__(self, unet: Any) -> None:
        super().__init__()
        self.unet = unet

    def forward(self, latents: torch.Tensor, t: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        predicted: torch.Tensor = self.unet(latents, t, states, return_dict=False)[0]
        return predicted


def _traced(unet: Any, packed: Sequence[torch.nn.Module], latents: torch.Tensor, states: torch.Tensor) -> Run:
    """Return a trace, of a packed network if that gives the same bits; return the network itself where tracing fails.

    The trace shares the network's weights.
    """
    plain = _Plain(unet).eval()
    drawn, proof = (_example(latents, states, rows) for rows in ROWS)
    for network in (*packed, unet):
        traced = _Plain(network).eval()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about branches on shapes, and newer ways that need a compiler
                if network is not unet:
                    traced(*drawn)  # this packs the weights, which the trace would otherwise do at every call
                trace: Run = torch.jit.trace(traced, drawn, check_trace=False)  # type: ignore[no-untyped-call]
                if torch.equal(trace(*proof), plain(*proof)):
                    return trace
        except (RuntimeError, AttributeError, TypeError) as error:
            log.info("the network cannot be traced: %s", error)
    return plain


def _example(latents: torch.Tensor, states: torch.Tensor, rows: int) -> tuple[torch.Tensor, ...]:
    random = torch.Generator(latents.device).manual_seed(rows)
    noise = torch.randn(rows, *latents.shape[1:], generator=random).to(latents.dtype)
    words = torch.randn(rows, *states.shape[1:], generator=random).to(states.dtype)
    if _packs(latents):
        noise = noise.contiguous(memory_format=torch.channels_last)
    return noise, torch.tensor(100.0 * rows), words


def _packs(latents: torch.Tensor) -> bool:
    """Return whether weights are packed for latents in this layout."""
    return latents.is_contiguous(memory_format=torch.channels_last)
