"""What a Z-Image transformer predicts between two texts of unequal length."""

from typing import Any

import pytest
import torch
from torch import Tensor

from tests.support import text_blends
from worker.diffusion.families import Between, text_blend

pytestmark = pytest.mark.slow

TIMES = torch.tensor([0.3, 0.6])


@pytest.fixture(scope="module")
def network() -> Any:
    """Make a small transformer with random weights."""
    return text_blends.small_network().eval()


@pytest.fixture(scope="module")
def noise() -> Tensor:
    """Draw the latents of two pictures."""
    return torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))


def pair() -> tuple[Tensor, Tensor]:
    """Return two texts whose padded lengths are different."""
    return max(text_blends.random_pairs(), key=lambda each: abs(len(each[0]) - len(each[1])))


@torch.inference_mode()
def test_near_an_end_it_is_nearly_the_transformers_own_call(network: Any, noise: Tensor) -> None:
    one, other = pair()
    own = [text_blends.plain(network, noise, TIMES, [text, text]) for text in (one, other)]
    assert (own[0] - own[1]).abs().max() > 1e-2
    for first, last, expected in ((one, other, own[0]), (other, one, own[1])):
        near = text_blend.predict(network, noise, TIMES, [Between(first, last, 1e-7)] * 2)
        torch.testing.assert_close(near, expected, atol=1e-4, rtol=0)


@torch.inference_mode()
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_on_the_way_it_is_what_was_measured(network: Any, noise: Tensor, share: float) -> None:
    one, other = pair()
    found = text_blend.predict(network, noise, TIMES, [Between(one, other, share), Between(other, one, share)])
    expected = text_blends.blended(network, noise, TIMES, [(one, other), (other, one)], [share, share])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_row_is_the_same_alone_and_beside_longer_texts(network: Any, noise: Tensor) -> None:
    one, other = pair()
    rows = [Between(one, one[:3], 0.4), Between(one, other, 0.4)]
    both = text_blend.predict(network, noise, TIMES, rows)
    for place, row in enumerate(rows):
        alone = text_blend.predict(network, noise[[place]], TIMES[[place]], [row])
        torch.testing.assert_close(both[[place]], alone, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_network_with_a_hook_is_brought_and_taken_away(network: Any, noise: Tensor) -> None:
    one, other = pair()
    seen: list[str] = []

    class Hook:
        def pre_forward(self, module: Any) -> None:
            assert module is network
            seen.append("brought")

        def post_forward(self, module: Any, _: None) -> None:
            assert module is network
            seen.append("taken away")

    network._hf_hook = Hook()
    try:
        text_blend.predict(network, noise[:1], TIMES[:1], [Between(one, other, 0.5)])
    finally:
        del network._hf_hook
    assert seen == ["brought", "taken away"]
