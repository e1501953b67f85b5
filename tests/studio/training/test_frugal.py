"""Frugal: a small problem is learned, states are small, a kept state goes on to the same weights."""

import torch

from studio.training.frugal import Frugal
from tests.studio.training.test_muon import fitted, network


def test_small_problem_is_learned() -> None:
    made = network()
    losses = fitted(made, Frugal(made.parameters(), lr=1e-2), range(150))
    assert sum(losses[-10:]) < 0.3 * sum(losses[:10])


def test_states_take_a_fraction_of_the_weights() -> None:
    made = torch.nn.Conv2d(64, 128, 3, bias=False)
    optimiser = Frugal(made.parameters(), lr=1e-3)
    made(torch.randn(1, 64, 4, 4)).sum().backward()
    optimiser.step()
    held = sum(value.numel() for state in optimiser.state.values() for value in state.values())
    assert held == 1 + 128 + 64 * 9  # the step, a row for each output, a column for each place that it is shown


def test_update_is_no_larger_than_the_rate_whatever_the_gradient() -> None:
    for scale in (1e-4, 1.0, 1e6):
        weight = torch.nn.Parameter(torch.zeros(16, 16))
        optimiser = Frugal([weight], lr=0.01)
        weight.grad = torch.randn(16, 16, generator=torch.Generator().manual_seed(0)) * scale
        optimiser.step()
        assert 0.005 < float(weight.detach().square().mean().sqrt()) <= 0.01 * 1.0001


def test_state_that_was_kept_goes_on_to_the_same_weights() -> None:
    whole, halves = network(), network()
    fitted(whole, Frugal(whole.parameters(), lr=1e-2), range(8))
    first = Frugal(halves.parameters(), lr=1e-2)
    fitted(halves, first, range(4))
    second = Frugal(halves.parameters(), lr=1e-2)
    second.load_state_dict(first.state_dict())
    fitted(halves, second, range(4, 8))
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), halves.parameters(), strict=True))
