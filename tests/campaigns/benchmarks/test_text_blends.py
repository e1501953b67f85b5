"""Predictions between texts of unequal length, by a tiny transformer with random weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from benchmarks import text_blends, toy_texts, unequal_texts
from benchmarks.text_blends import WAYS

pytestmark = pytest.mark.slow

# Padding the shorter text changes what it means, so that way is exact only where both are padded to one length.
EXACT = sorted(set(WAYS) - {"padded states"})


@pytest.fixture(scope="module")
def network() -> Any:
    return toy_texts.network().eval()


@pytest.fixture(scope="module")
def noise() -> Tensor:
    return torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", EXACT)
@torch.inference_mode()
def test_way_at_either_end_is_the_plain_call(name: str, network: Any, noise: Tensor) -> None:
    times = torch.tensor([0.3, 0.3])
    for pair in unequal_texts.random_pairs("unequal", toy_texts.WIDTH):
        ends = WAYS[name](network, noise.expand(2, -1, -1, -1), times, [pair, pair], torch.tensor([0.0, 1.0]))
        plain = torch.cat([text_blends.plain(network, noise, times[:1], [text]) for text in pair])
        assert (plain[0] - plain[1]).abs().max() > 1e-2
        torch.testing.assert_close(ends, plain, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", sorted(WAYS))
@torch.inference_mode()
def test_way_in_a_batch_of_other_lengths_is_the_same(name: str, network: Any, noise: Tensor) -> None:
    pairs = unequal_texts.random_pairs("unequal", toy_texts.WIDTH)
    assert unequal_texts.invariance(network, WAYS[name], noise, pairs) < 1e-5


@torch.inference_mode()
def test_padded_states_of_texts_padded_alike_are_exact_at_the_ends(network: Any, noise: Tensor) -> None:
    pair, other = unequal_texts.random_pairs("unequal", toy_texts.WIDTH)[:2]
    times = torch.tensor([0.3])
    plain = text_blends.plain(network, noise, times, [pair[0]])
    alike = text_blends.padded(network, noise, times, [pair], torch.zeros(1))
    torch.testing.assert_close(alike, plain, atol=1e-5, rtol=0)
    longer = text_blends.padded(network, noise, times, [(pair[0], other[1])], torch.zeros(1))
    assert (longer - plain).abs().max() > 1e-3


def test_cross_fade_leaves_nothing_and_another_picture_something() -> None:
    rng = torch.Generator().manual_seed(2)
    one, two, other = torch.randn(3, 3, 16, 16, generator=rng)
    assert unequal_texts.residual(0.3 * one + 0.7 * two, [one, two]) < 1e-5
    assert unequal_texts.residual(other, [one, two]) > 0.3
