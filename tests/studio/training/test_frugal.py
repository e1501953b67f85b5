"""Frugal: states and updates are small; what it learns, `test_muon.py` holds."""

import torch

from studio.training.frugal import Frugal


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
