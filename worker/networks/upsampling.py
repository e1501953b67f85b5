"""Convolutions after upsampling, folded into one operation on the small picture: the same sums with fewer products.

Nearest upsampling by two and a 3 x 3 convolution are a transposed convolution of the small picture: 4 products for each
pixel and pair of channels instead of 9. Where a second convolution follows directly, as at the end of a tiny
autoencoder's decoder, both are one convolution of the small picture, whose output channels are then the pixels. Only
the outermost ring of pixels differs, since the second convolution is padded with zeros where the first one would have
values; these are subtracted there. The order of the sums differs, so the last bits
differ (docs/explanation/speed.md).
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from worker.stand_ins import diffusers

PHASES = torch.tensor([
    [[1, 1, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1]],
    [[1, 0, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 1, 1]],
], dtype=torch.float64)  # fmt: skip
"""Which of three small pixels each of five large ones falls on, around an even and around an odd one."""


def fold(network: nn.Module) -> None:
    """Replace a network's upsampling layers in place, where they are of a supported kind."""
    for name, module in network.named_children():
        if _is_upsampler(module):
            setattr(network, name, Upsampler(module.conv, module))  # type: ignore[arg-type]
            continue
        if isinstance(module, nn.Sequential):
            setattr(network, name, _folded(module))
        fold(getattr(network, name))


Unfolded = list[tuple[nn.Module, str, nn.Module]]
"""Upsampling layers that were unfolded: the parent module, the name there, and the folded layer."""


def unfold(network: nn.Module) -> Unfolded:
    """Restore the original upsampling layers, so that their convolutions can be changed; return the folded ones."""
    folded: Unfolded = [
        (parent, name, child)
        for parent in network.modules()
        for name, child in parent.named_children()
        if isinstance(child, Upsampler) and child.usual is not None
    ]
    for parent, name, child in folded:
        setattr(parent, name, child.usual)
    return folded


def refold(folded: Unfolded) -> None:
    """Put the folded upsampling layers in the place of the original ones again."""
    for parent, name, child in folded:
        setattr(parent, name, child)


class Upsampler(nn.Module):
    """Upsampling by two and a convolution, as one transposed convolution."""

    def __init__(self, conv: nn.Conv2d, usual: nn.Module | None = None) -> None:
        """Replace a convolution; `usual` is the original block, which upsamples to other sizes."""
        super().__init__()
        self.usual = usual
        kernel = conv.weight.detach().double()
        for dim in (2, 3):
            first, middle, last = kernel.unbind(dim)
            kernel = torch.stack([last, middle + last, first + middle, first], dim)
        self.weight = _parameter(kernel.transpose(0, 1), conv)
        self.bias = None if conv.bias is None else _parameter(conv.bias.detach(), conv)

    def forward(self, x: torch.Tensor, output_size: Any = None) -> torch.Tensor:
        """Return the pictures (frames x channels x height x width) upsampled and convolved."""
        if (
            self.usual is not None
            and output_size is not None
            and list(output_size) != [2 * side for side in x.shape[2:]]
        ):
            enlarged: torch.Tensor = self.usual(x, output_size)
            return enlarged
        return functional.conv_transpose2d(x, self.weight, self.bias, stride=2, padding=1)


class Tail(nn.Module):
    """Upsampling by two and two convolutions, the first without a bias, as one convolution and its corrected edges."""

    def __init__(self, first: nn.Conv2d, second: nn.Conv2d) -> None:
        super().__init__()
        inner, outer = first.weight.detach().double(), second.weight.detach().double()
        self.colours = second.out_channels
        both = _composed(outer, inner)
        self.weight = _parameter(torch.einsum("ask,btl,ockl->oabcst", PHASES, PHASES, both).flatten(0, 2), second)
        self.bias = _parameter(_of(second.bias).repeat_interleave(4), second)
        # The upper row of the second kernel reads beyond the upper edge, where the lower row of the first kernel reads
        # the picture; and so on for each edge. Left and right edges are columns, so both pairs are written as lines.
        lines = [
            [_composed_lines(outer[:, :, at], inner[:, :, 2 - at]) for at in (0, 2)],
            [_composed_lines(outer[..., at], inner[..., 2 - at]) for at in (0, 2)],
        ]
        self.edges = nn.ParameterList(
            _parameter(torch.cat([torch.einsum("btl,ocl->obct", PHASES, line).flatten(0, 1) for line in pair]), second)
            for pair in lines
        )
        corners = [outer[:, :, i, j] @ inner[:, :, 2 - i, 2 - j] for i in (0, 2) for j in (0, 2)]
        self.corners = _parameter(torch.stack(corners), second)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return pictures of twice the height and width (frames x channels x height x width)."""
        picture = functional.pixel_shuffle(functional.conv2d(x, self.weight, self.bias, padding=1), 2)
        rows, columns = self._beyond(x[:, :, [0, -1]], self.edges[0]), self._beyond(x[..., [0, -1]].mT, self.edges[1])
        for at, end in ((0, 0), (1, -1)):
            picture[:, :, end] -= rows[:, at]
            picture[..., end] -= columns[:, at]
        corners = torch.stack([x[:, :, i, j] for i in (0, -1) for j in (0, -1)])  # both edges subtracted these
        added = torch.einsum("knc,koc->kno", corners, self.corners)
        for at, (i, j) in enumerate((i, j) for i in (0, -1) for j in (0, -1)):
            picture[:, :, i, j] += added[at]
        return picture

    def _beyond(self, lines: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Return what two opposite edges (frames x channels x 2 x length) add outside (frames x 2 x colours x …)."""
        count, _, _, length = lines.shape
        seen = functional.conv1d(lines.transpose(1, 2).flatten(1, 2), weight, padding=1, groups=2)
        return seen.view(count, 2, self.colours, 2, length).transpose(3, 4).flatten(3)


def _folded(layers: nn.Sequential) -> nn.Sequential:
    """Return a sequence of layers with its upsampling layers folded."""
    remaining = list(layers)
    folded: list[nn.Module] = []
    while remaining:
        if (
            len(remaining) == 3
            and _doubles(remaining[0])
            and _is_plain(remaining[1], bias=False)
            and _is_plain(remaining[2], bias=True)
        ):
            folded.append(Tail(remaining[1], remaining[2]))  # type: ignore[arg-type]
            remaining = []
        elif len(remaining) > 1 and _doubles(remaining[0]) and _is_plain(remaining[1]):
            folded.append(Upsampler(remaining[1]))  # type: ignore[arg-type]
            remaining = remaining[2:]
        else:
            folded.append(remaining.pop(0))
    return layers if len(folded) == len(layers) else nn.Sequential(*folded)


def _doubles(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Upsample) and layer.mode == "nearest" and layer.scale_factor == 2 and layer.size is None


def _is_plain(layer: nn.Module, *, bias: bool | None = None) -> bool:
    """Return whether a layer is a 3 x 3 convolution that keeps its picture's size."""
    return (
        type(layer) is nn.Conv2d
        and (layer.kernel_size, layer.stride, layer.dilation, layer.groups) == ((3, 3), (1, 1), (1, 1), 1)
        and (layer.padding, layer.padding_mode) == ((1, 1), "zeros")
        and (bias is None or bias == (layer.bias is not None))
    )


def _is_upsampler(module: Any) -> bool:
    """Return whether a module is an upsampling block of diffusers' UNets with a convolution."""
    return (
        type(module) is diffusers.models.upsampling.Upsample2D
        and (module.norm is None and module.use_conv and module.interpolate and not module.use_conv_transpose)
        and (module.name == "conv" and _is_plain(module.conv))
    )


def _composed(outer: torch.Tensor, inner: torch.Tensor) -> torch.Tensor:
    """Return the kernel (colours x channels x 5 x 5) of two convolutions, one after the other."""
    both = outer.new_zeros(outer.shape[0], inner.shape[1], 5, 5)
    for i in range(3):
        for j in range(3):
            both[:, :, i : i + 3, j : j + 3] += torch.einsum("om,mckl->ockl", outer[:, :, i, j], inner)
    return both


def _composed_lines(outer: torch.Tensor, inner: torch.Tensor) -> torch.Tensor:
    """Return the kernel (colours x channels x 5) of two convolutions of a line."""
    both = outer.new_zeros(outer.shape[0], inner.shape[1], 5)
    for i in range(3):
        both[..., i : i + 3] += torch.einsum("om,mcl->ocl", outer[..., i], inner)
    return both


def _of(bias: torch.Tensor | None) -> torch.Tensor:
    assert bias is not None  # noqa: S101 - checked by the caller
    return bias.detach()


def _parameter(values: torch.Tensor, like: nn.Conv2d) -> nn.Parameter:
    return nn.Parameter(values.to(like.weight.dtype).contiguous(), requires_grad=False)
