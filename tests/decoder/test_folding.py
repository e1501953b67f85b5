"""A folded decoder paints what it painted before."""

from __future__ import annotations

import pytest
import torch

from decoder import GUIDE, SceneDecoder, Shape, folded

SHAPE = Shape((8, 6, 4), (1, 1, 1), finer=4)


@pytest.mark.parametrize("times", [4, 8])
@pytest.mark.parametrize("sides", [(4, 4), (3, 5)])
def test_folded_decoder_paints_the_same_pixels_up_to_the_edges(sides: tuple[int, int], times: int) -> None:
    torch.manual_seed(0)
    network = SceneDecoder(SHAPE).eval()
    latents, guide = torch.randn(2, 4, *sides), torch.randn(2, GUIDE, *(times * side for side in sides))
    with torch.no_grad():
        assert torch.allclose(folded(network)(latents, guide), network(latents, guide), atol=1e-5)


def test_folding_leaves_the_decoder_as_it_was() -> None:
    torch.manual_seed(0)
    network = SceneDecoder(SHAPE)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    folded(network)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(value.requires_grad for value in network.parameters())
