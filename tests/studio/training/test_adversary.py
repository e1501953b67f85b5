"""What a decoder learns of its pictures: near where they are coarse, as fine as they are, and indistinguishable."""

import pytest
import torch

from studio.judging.led_score import sharpness
from studio.training import adversary


def pictures(count: int = 2, side: int = 64, seed: int = 1) -> torch.Tensor:
    """Make smooth pictures with some texture, -1…1."""
    chance = torch.Generator().manual_seed(seed)
    coarse = torch.randn(count, 3, side // 8, side // 8, generator=chance)
    smooth = torch.nn.functional.interpolate(coarse, size=side, mode="bilinear")
    return (smooth * 0.4 + 0.1 * torch.randn(count, 3, side, side, generator=chance)).clamp(-1, 1)


def dotted(asked: torch.Tensor, strength: float = 0.3) -> torch.Tensor:
    """Add the pattern of single pixels that decoders are prone to."""
    side = asked.shape[-1]
    signs = 1 - 2 * ((torch.arange(side)[:, None] + torch.arange(side)) % 2).float()
    return asked + strength * signs


def test_a_picture_itself_costs_nothing_but_the_adversarys_word() -> None:
    asked = pictures()
    assert adversary.coarse_distance(asked, asked) == 0 and adversary.detail_distance(asked, asked) == 0


def test_another_texture_as_strong_is_cheaper_than_none_and_than_dots() -> None:
    asked, other = pictures(), pictures()
    noise = torch.randn(asked.shape, generator=torch.Generator().manual_seed(7))
    smooth = torch.nn.functional.avg_pool2d(asked, 5, 1, 2)
    like = (smooth + 0.1 * noise).clamp(-1, 1)
    cost = {
        name: float(adversary.detail_distance(each, other))
        for name, each in (("like", like), ("smooth", smooth), ("dotted", dotted(asked)))
    }
    assert cost["like"] < 0.5 * min(cost["smooth"], cost["dotted"])


def test_lines_elsewhere_are_cheaper_than_none() -> None:
    asked = torch.zeros(1, 3, 128, 128)
    asked[..., ::32] = 1.0
    elsewhere, faint = asked.roll(12, -1), 0.3 * asked
    assert adversary.detail_distance(elsewhere, asked) < 0.8 * adversary.detail_distance(faint, asked)
    assert adversary.detail_distance(elsewhere, asked) < 0.5 * adversary.detail_distance(torch.zeros_like(asked), asked)


def test_grain_and_sharpness_rise_with_dots_and_fall_with_blur() -> None:
    asked = pictures() / 2 + 0.5
    blurred = torch.nn.functional.avg_pool2d(asked, 3, 1, 1)
    for measure in (adversary.grain, sharpness):
        assert (measure(blurred) < measure(asked)).all() and (measure(asked) < measure(dotted(asked))).all()


@pytest.mark.slow
def test_adversary_learns_to_tell_dots_of_single_pixels() -> None:
    torch.manual_seed(0)
    lesson = adversary.AdversarialLoss(adversary.Discriminator((8, 8, 8)), rate=3e-3)
    asked = pictures(4)
    for step in range(60):
        _, parts = lesson.loss(dotted(asked, 0.1), asked, step)
    assert float(parts["adversary"]) < 1.0
    with torch.no_grad():
        judge = lesson.adversary
        unseen = pictures(4, seed=9)
        assert float(judge(unseen)[0].mean()) > float(judge(dotted(unseen, 0.1))[0].mean()) + 0.5


def test_its_word_counts_only_when_it_has_learned() -> None:
    torch.manual_seed(0)
    asked, painted = pictures(), pictures(seed=2)
    plain = adversary.coarse_distance(painted, asked) + adversary.DETAILS * adversary.detail_distance(painted, asked)
    first, _ = adversary.AdversarialLoss(adversary.Discriminator((8, 8))).loss(painted, asked, 0)
    later, _ = adversary.AdversarialLoss(adversary.Discriminator((8, 8))).loss(painted, asked, adversary.FADE)
    assert torch.isclose(first, plain) and not torch.isclose(later, plain)


def test_of_what_was_shown_no_adversary_is_asked() -> None:
    torch.manual_seed(0)
    asked, painted = pictures(), pictures(seed=2)
    lesson = adversary.AdversarialLoss(adversary.Discriminator((8, 8)))
    _, parts = lesson.loss(painted, asked, adversary.FADE, torch.ones(2), shown=torch.ones(2))
    assert parts["adversary"] == 0
    assert not any(weight.grad.any() for weight in lesson.adversary.parameters() if weight.grad is not None)
    _, parts = lesson.loss(painted, asked, adversary.FADE, torch.ones(2), shown=torch.tensor([1.0, 0.0]))
    assert parts["adversary"] > 0


def test_the_edge_is_not_judged() -> None:
    asked, painted = pictures(), dotted(pictures(seed=2)).requires_grad_()
    judged = adversary.Discriminator((8, 8, 8))(adversary.with_edge_of(painted, asked))[0]
    (gradient,) = torch.autograd.grad(judged.sum(), painted)
    inner = gradient[..., adversary.EDGE : -adversary.EDGE, adversary.EDGE : -adversary.EDGE]
    assert inner.count_nonzero() == gradient.count_nonzero() > 0


def test_specks_cost_more_where_the_marks_were_shown() -> None:
    asked = pictures()
    specks = asked + 0.05 * torch.randn(asked.shape, generator=torch.Generator().manual_seed(3))
    cost = [
        float(
            adversary.AdversarialLoss(adversary.Discriminator((8, 8))).loss(
                specks, asked, 0, torch.ones(2), shown=shown
            )[0]
        )
        for shown in (None, torch.ones(2))
    ]
    assert cost[1] > 1.1 * cost[0]


def test_of_what_is_not_exact_only_the_coarse_counts() -> None:
    asked = pictures()
    fine = dotted(asked)
    shifted = asked.roll(16, -1)
    nowhere = torch.zeros(2)
    assert adversary.coarse_distance(fine, asked, nowhere) < 1e-5 < adversary.coarse_distance(fine, asked)
    assert adversary.coarse_distance(shifted, asked, nowhere) > 0.3 * adversary.coarse_distance(shifted, asked)
    half = adversary.coarse_distance(fine, asked, torch.tensor([1.0, 0.0]))
    assert torch.isclose(half, adversary.coarse_distance(fine[:1], asked[:1]) / 2, rtol=1e-3)


def test_decoder_is_taught_through_it_and_its_own_weights_get_no_gradient() -> None:
    lesson = adversary.AdversarialLoss(adversary.Discriminator((8, 8)))
    painted = pictures(seed=3).requires_grad_()
    loss, _ = lesson.loss(painted, pictures(), adversary.FADE)
    loss.backward()
    assert painted.grad is not None and float(painted.grad.abs().sum()) > 0
    assert all(value.grad is None or not value.requires_grad for value in lesson.adversary.parameters())


def test_kept_state_goes_on_as_it_would_have() -> None:
    torch.manual_seed(0)
    lesson, asked, painted = adversary.AdversarialLoss(adversary.Discriminator((8, 8))), pictures(), pictures(seed=2)
    lesson.loss(painted, asked, 0)
    again = adversary.AdversarialLoss(adversary.Discriminator((8, 8)))
    again.load_state_dict(lesson.state_dict())
    for step in (1, 2):
        one, other = lesson.loss(painted, asked, step)[0], again.loss(painted, asked, step)[0]
    assert torch.isclose(one, other, rtol=1e-4)
