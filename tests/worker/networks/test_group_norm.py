"""Group normalisation by way of another layout: the same numbers, laid out as what was given."""

import copy
from typing import Any

import pytest
import torch
from torch import nn

from worker.networks import group_norm


@pytest.mark.parametrize(("precision", "most"), [(torch.float32, 2e-6), (torch.bfloat16, 0.04)])
@pytest.mark.parametrize("side", [4, 16, 40])
@torch.inference_mode()
def test_numbers_are_the_usual_within_rounding(side: int, precision: torch.dtype, most: float) -> None:
    torch.manual_seed(side)
    usual: Any = nn.Sequential(nn.GroupNorm(4, 16, eps=1e-5)).to(precision)
    nn.init.normal_(usual[0].weight)
    nn.init.normal_(usual[0].bias)
    relayed = copy.deepcopy(usual)
    group_norm.replace_group_norms(relayed)
    x = torch.randn(3, 16, side, side).to(precision)
    assert torch.equal(relayed(x), usual(x))  # plane by plane, nothing is done
    side_by_side = x.contiguous(memory_format=torch.channels_last)
    found = relayed(side_by_side)
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert (found - usual(side_by_side)).abs().max() <= most
    exact = copy.deepcopy(usual).float()(x.float())
    assert (found - exact).abs().mean() <= 1.01 * (usual(x) - exact).abs().mean() + 1e-7


@torch.inference_mode()
def test_other_pictures_than_small_ones_go_the_usual_way() -> None:
    network: Any = nn.Sequential(nn.GroupNorm(2, 8))
    group_norm.replace_group_norms(network)
    words = torch.randn(2, 8, 5)
    assert torch.equal(network(words), nn.GroupNorm(2, 8)(words))


def test_what_a_normalisation_holds_stays_its_own() -> None:
    network: Any = nn.Sequential(nn.GroupNorm(2, 8))
    before = network.state_dict()
    group_norm.replace_group_norms(network)
    assert network.state_dict().keys() == before.keys()
    assert network[0].weight.data_ptr() == before["0.weight"].data_ptr()
