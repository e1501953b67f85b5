"""Convolutions and linear layers whose weights lie in memory as oneDNN computes with them.

Other weights are rearranged whenever a layer is called, which in a small batch takes as long as a part of its products.
With pictures in channels-last layout the results are the same to the bit; in contiguous layout they are not.
"""

import copy
from functools import cache
from typing import Any

import torch
from torch import nn


def pack(network: nn.Module) -> nn.Module:
    """Return a network whose layers are packed when they are first called; it shares all other weights."""
    memo: dict[int, Any] = {id(weight): weight for weight in network.parameters()}
    for module in network.modules():
        if type(module) is nn.Conv2d and module.padding_mode == "zeros" and not isinstance(module.padding, str):
            memo[id(module)] = PackedConv(module)
        elif type(module) is nn.Linear:
            memo[id(module)] = PackedLinear(module)
    return copy.deepcopy(network, memo)


class _Packed(nn.Module):
    """A layer whose weights are packed at its first call, for inputs of that shape and right for any."""

    def __init__(self, layer: nn.Conv2d | nn.Linear) -> None:
        super().__init__()
        self.weight: torch.Tensor
        self.bias: torch.Tensor | None
        self.register_buffer("weight", layer.weight.detach())  # a trace finds packed weights in buffers only
        self.register_buffer("bias", None if layer.bias is None else layer.bias.detach())
        self.is_packed = False


class PackedConv(_Packed):
    """A convolution with packed weights."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__(conv)
        self.settings = conv.padding, conv.stride, conv.dilation, conv.groups

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the convolved pictures (frames x channels x height x width)."""
        if not self.is_packed:
            self.weight = torch.ops.mkldnn._reorder_convolution_weight(self.weight, *self.settings, x.shape)
            self.is_packed = True
        convolved: torch.Tensor = _calls().convolve(x, self.weight, self.bias, *self.settings)
        return convolved


class PackedLinear(_Packed):
    """A linear layer with packed weights."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the outputs (… x width) for inputs (… x other width)."""
        if not self.is_packed:
            self.weight = torch.ops.mkldnn._reorder_linear_weight(self.weight, x.numel() // x.shape[-1])
            self.is_packed = True
        mapped: torch.Tensor = _calls().map(x, self.weight, self.bias)
        return mapped


@cache
def _calls() -> torch.jit.CompilationUnit:
    """Return the calls of oneDNN in TorchScript, since a trace cannot record a list of optional numbers."""
    return torch.jit.CompilationUnit("""
def convolve(
    x: Tensor, weight: Tensor, bias: Optional[Tensor],
    padding: Tuple[int, int], stride: Tuple[int, int], dilation: Tuple[int, int], groups: int,
):
    return torch.ops.mkldnn._convolution_pointwise(
        x, weight, bias, padding, stride, dilation, groups, "none", [], None
    )

def map(x: Tensor, weight: Tensor, bias: Optional[Tensor]):
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], None)
""")
