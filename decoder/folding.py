"""A decoder's doublings folded into the convolutions that follow them: the same pictures in less time.

A pixel that is doubled meets the three taps of a convolution in two groups, so that a transposed convolution of four
taps on the small picture does the work of an enlargement and nine taps on the large one (Dong et al., arXiv 1608.00367,
compare both).
"""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor, nn

from decoder.scene_decoder import SceneDecoder

_REPEATED = torch.ones(1, 1, 2, 2)
"""What doubling by the nearest pixel spreads one pixel to."""


class Shuffled(nn.Module):
    """A convolution whose channels become the pixels of a picture twice as large."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        """Take the kernel of a transposed convolution of stride 2 (before, after, 6, 6) that is padded by 2."""
        super().__init__()
        before, after = weight.shape[:2]
        # Output pixel 2i + p meets input i - 1, i, i + 1 by the taps p + 4, p + 2 and p.
        phases = [weight[:, :, p::2, q::2].flip(2, 3) for p in (0, 1) for q in (0, 1)]
        kernel = torch.stack(phases, 2).permute(1, 2, 0, 3, 4).reshape(4 * after, before, 3, 3)
        self.convolution = nn.Conv2d(before, 4 * after, 3, padding=1)
        self.convolution.weight = nn.Parameter(kernel.contiguous())
        self.convolution.bias = nn.Parameter(bias.repeat_interleave(4))

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, after, 2h, 2w) of (n, before, h, w)."""
        return F.pixel_shuffle(self.convolution(x), 2)


def folded(network: SceneDecoder) -> SceneDecoder:
    """Return a copy of a decoder that paints the same but for rounding, in less time; it cannot be trained or saved."""
    copied = copy.deepcopy(network)
    for level in (copied.twice, copied.four_times, copied.finer):
        if level is not None:
            level.doubled = _doubled_once(level.doubled[1])
    copied.painted = _painting(copied.painted)
    if copied.painted_finer is not None:
        copied.painted_finer = _painting(copied.painted_finer)
    return copied.requires_grad_(False).eval()


def _doubled_once(convolution: nn.Module) -> nn.Sequential:
    assert isinstance(convolution, nn.Conv2d) and convolution.bias is not None  # noqa: S101 - a level's is
    before, after = convolution.in_channels, convolution.out_channels
    whole = nn.ConvTranspose2d(before, after, 4, stride=2, padding=1)
    whole.weight = nn.Parameter(_transposed(convolution.weight.detach()))
    whole.bias = nn.Parameter(convolution.bias.detach().clone())
    return nn.Sequential(whole)


def _painting(painted: nn.Sequential) -> nn.Sequential:
    _, first, second = painted
    assert isinstance(first, nn.Conv2d) and isinstance(second, nn.Conv2d) and second.bias is not None  # noqa: S101
    # Of two convolutions in a row, one of five taps: the second's kernel, seen through the first's.
    inner = first.weight.detach().permute(1, 0, 2, 3)
    both = F.conv2d(inner, second.weight.detach().flip(2, 3), padding=2).permute(1, 0, 2, 3)
    return nn.Sequential(Shuffled(_transposed(both), second.bias.detach().clone()))


def _transposed(kernel: Tensor) -> Tensor:
    """Return the kernel (before, after, k + 1, k + 1) of stride 2 that doubles and convolves with one of (…, k, k)."""
    after, before, side, _ = kernel.shape
    flat = kernel.flip(2, 3).reshape(after * before, 1, side, side)
    spread = F.conv2d(flat, _REPEATED.to(kernel), padding=1)
    return spread.view(after, before, side + 1, side + 1).permute(1, 0, 2, 3).contiguous()
