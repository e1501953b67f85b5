"""Muon: directions learn alike, what is no matrix learns as by AdamW; as by Frugal a kept state goes on as it would."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from studio.training import muon
from studio.training.frugal import Frugal
from studio.training.muon import Muon


@pytest.mark.parametrize("shape", [(32, 32), (16, 200), (200, 16), (64, 48)])
def test_singular_values_are_brought_near_one(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    left, _, right = torch.linalg.svd(torch.randn(shape), full_matrices=False)
    matrix = left @ torch.diag(torch.linspace(5, 0.5, min(shape))) @ right
    made = muon.orthogonal(matrix)
    values = torch.linalg.svdvals(made)
    assert made.shape == shape and made.dtype == torch.float32
    assert 0.6 < float(values.min()) <= float(values.max()) < 1.3


def test_direction_is_kept_and_size_is_not() -> None:
    torch.manual_seed(0)
    matrix = torch.randn(24, 40)
    assert torch.allclose(muon.orthogonal(matrix), muon.orthogonal(matrix * 1000), atol=0.05)
    assert float((muon.orthogonal(matrix) * matrix).sum()) > 0
    assert bool(torch.isfinite(muon.orthogonal(torch.zeros(16, 16))).all())


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(8, 32, 3, padding=1), nn.GELU(), nn.Flatten(), nn.Linear(32 * 16, 24), nn.GELU(), nn.Linear(24, 24)
    )


def fitted(made: nn.Module, optimiser: torch.optim.Optimizer, steps: range) -> list[float]:
    losses = []
    for step in steps:
        chance = torch.Generator().manual_seed(step)
        seen = torch.randn(16, 8, 4, 4, generator=chance)
        loss = (made(seen) - seen.mean((2, 3)).repeat(1, 3) * 2).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    return losses


def by_muon(made: nn.Module) -> torch.optim.Optimizer:
    return Muon(made.parameters(), lr=3e-3, betas=(0.9, 0.99), weight_decay=0.0)


def by_frugal(made: nn.Module) -> torch.optim.Optimizer:
    return Frugal(made.parameters(), lr=1e-2)


Optimiser = Callable[[nn.Module], torch.optim.Optimizer]


@pytest.mark.slow
@pytest.mark.parametrize(("optimiser", "left"), [(by_muon, 0.2), (by_frugal, 0.3)])
def test_small_problem_is_learned(optimiser: Optimiser, left: float) -> None:
    made = network()
    losses = fitted(made, optimiser(made), range(150))
    assert sum(losses[-10:]) < left * sum(losses[:10])


@pytest.mark.parametrize("optimiser", [by_muon, by_frugal])
def test_kept_state_goes_on_to_the_same_weights(optimiser: Optimiser) -> None:
    whole = network()
    fitted(whole, optimiser(whole), range(8))
    half, other = network(), network(1)
    first = optimiser(half)
    fitted(half, first, range(4))
    other.load_state_dict(half.state_dict())
    second = optimiser(other)
    second.load_state_dict(first.state_dict())
    fitted(other, second, range(4, 8))
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), other.parameters(), strict=True))


def test_matrices_are_those_with_two_large_sides() -> None:
    made = network()
    groups = {bool(group["matrices"]): group["params"] for group in by_muon(made).param_groups}
    assert [tuple(weight.shape) for weight in groups[True]] == [(32, 8, 3, 3), (24, 512), (24, 24)]
    assert all(weight.dim() == 1 for weight in groups[False])
    thin = Muon([nn.Parameter(torch.zeros(8, 999))], lr=1e-3, betas=(0.9, 0.99), weight_decay=0.0)
    assert [group["matrices"] for group in thin.param_groups] == [False]


def test_what_is_no_matrix_learns_as_by_adamw() -> None:
    torch.manual_seed(0)
    ours, theirs = (nn.Parameter(torch.ones(40)) for _ in range(2))
    settings = {"lr": 0.01, "betas": (0.9, 0.99), "weight_decay": 0.1}
    mine, reference = Muon([ours], **settings), torch.optim.AdamW([theirs], **settings)  # type: ignore[arg-type]
    for step in range(20):
        grad = torch.randn(40, generator=torch.Generator().manual_seed(step))
        ours.grad, theirs.grad = grad.clone(), grad.clone()
        mine.step()
        reference.step()
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_weight_without_a_gradient_stays_and_decay_draws_to_nothing() -> None:
    still, drawn = nn.Parameter(torch.ones(32, 32)), nn.Parameter(torch.ones(32, 32))
    drawn.grad = torch.zeros(32, 32)
    Muon([still, drawn], lr=0.1, betas=(0.9, 0.99), weight_decay=0.5).step()
    assert bool((still == 1).all()) and torch.allclose(drawn, torch.full((32, 32), 0.95), atol=1e-3)
