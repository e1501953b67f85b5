"""Finishes add a surface to a composed picture: texture, and nothing else moves or changes."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor

from studio.styles import registry

GRAPHIC = tuple(name for name, hand in registry.HANDS.items() if hand.is_graphic)
SIZE = 128

pytestmark = pytest.mark.parametrize("name", GRAPHIC)


def composed() -> Tensor:
    """Return two pictures of broad stripes and a disc, in dark and light."""
    at = torch.arange(SIZE).float()
    stripes = ((at // 16) % 2)[None, :].expand(SIZE, SIZE)
    disc = (torch.hypot(at[None, :] - 64, at[:, None] - 64) < 36).float()
    first = torch.stack([0.15 + 0.7 * stripes, 0.2 + 0.6 * stripes, 0.3 + 0.4 * stripes])
    return torch.stack([first, torch.where(disc > 0, 1 - first, 0.9 * first)])


def finished(name: str, *seeds: int) -> Tensor:
    nothing = torch.zeros(2, 4, SIZE, SIZE)
    return registry.paint(name, nothing, torch.tensor(seeds), composed())


def test_finish_leaves_the_composition_as_it_is(name: str) -> None:
    picture, given = finished(name, 1, 2), composed()
    assert picture.shape == given.shape and float(picture.min()) >= 0 and float(picture.max()) <= 1
    coarse = F.avg_pool2d(picture - given, 8).abs()
    assert float(coarse.mean()) < 0.06 and float(coarse.max()) < 0.3


def test_finish_adds_texture_by_the_seed_alone(name: str) -> None:
    one, again, other = finished(name, 1, 2), finished(name, 1, 2), finished(name, 3, 4)
    assert torch.equal(one, again)
    assert 0.003 < float((one - other).abs().mean()) < 0.08
