"""The hands: every one paints, the same again from the same seed, on a ground, with the subject in it."""

from functools import lru_cache

import pytest
import torch
from torch import Tensor

from studio.errors import StudioError
from studio.styles import brush, colour, registry
from studio.styles.dice import HashRng

pytestmark = pytest.mark.slow

SIZE = 64
COLOURLESS = {"charcoal", "ink-wash", "cyanotype", "woodcut", "risograph", "screen-print"}
# The batch's mean brightness by each hand when the first model learned them: what it knows must not change.
AS_LEARNED = {
    "pop-art": (0.462, 0.674, 0.739),
    "cut-out": (0.448, 0.579, 0.587),
    "risograph": (0.763, 0.697, 0.831),
    "screen-print": (0.505, 0.494, 0.494),
    "primary-grid": (0.509, 0.535, 0.664),
    "stained-glass": (0.497, 0.532, 0.465),
    "mosaic": (0.500, 0.521, 0.446),
    "cubist": (0.531, 0.570, 0.494),
    "low-poly": (0.604, 0.701, 0.512),
    "pointillist": (0.603, 0.701, 0.472),
    "oil": (0.590, 0.677, 0.448),
    "swirls": (0.535, 0.539, 0.520),
    "pastel": (0.210, 0.271, 0.330),
    "woodcut": (0.373, 0.378, 0.434),
    "charcoal": (0.581, 0.550, 0.645),
    "neon": (0.159, 0.188, 0.133),
    "op-art": (0.449, 0.441, 0.569),
    "watercolour": (0.736, 0.756, 0.815),
    "gouache": (0.673, 0.729, 0.530),
    "ink-wash": (0.714, 0.714, 0.796),
    "cyanotype": (0.388, 0.407, 0.391),
    "colour-field": (0.448, 0.514, 0.375),
    "orphist": (0.542, 0.555, 0.487),
}
ALONE = tuple(name for name, hand in registry.HANDS.items() if hand.program is not None)
every_hand = pytest.mark.parametrize("name", ALONE)


def ball(*rgb: float, size: int = SIZE, radius: float = 0.3) -> Tensor:
    """Draw a disc of one colour with a paler spot, on nothing."""
    at = (torch.arange(size) + 0.5) / size - 0.5
    away = torch.hypot(at[None, :], at[:, None])
    spot = torch.hypot(at[None, :] + 0.1, at[:, None] + 0.1) < 0.08
    alpha = ((radius - away) * size + 0.5).clamp(0, 1)
    tone = torch.tensor(rgb)[:, None, None].expand(3, size, size)
    return torch.cat([torch.where(spot, 0.5 + tone / 2, tone), alpha[None]])


def batch() -> Tensor:
    return torch.stack([ball(0.85, 0.1, 0.1), ball(0.1, 0.3, 0.8), ball(0.95, 0.9, 0.85)])


@lru_cache
def painted_by(name: str) -> Tensor:
    """Paint the batch by a hand, once for all tests."""
    return registry.paint(name, batch(), seeds(1, 2, 3))


def seeds(*values: int) -> Tensor:
    return torch.tensor(values)


def test_there_are_at_least_fifteen_hands_with_words_of_their_own() -> None:
    assert len(registry.HANDS) >= 15
    for part in ("name", "words", "title"):
        assert len({getattr(hand, part).casefold() for hand in registry.HANDS.values()}) == len(registry.HANDS)


def test_unknown_hand_is_refused_with_those_there_are() -> None:
    with pytest.raises(StudioError, match=r"Unknown style 'fresco'; known styles: pop-art, "):
        registry.paint("fresco", batch(), seeds(1, 2, 3))


@every_hand
def test_pictures_are_of_the_motifs_size_and_within_range(name: str) -> None:
    painted = painted_by(name)
    assert painted.shape == (3, 3, SIZE, SIZE) and painted.dtype == torch.float32
    assert bool(torch.isfinite(painted).all()) and float(painted.min()) >= 0 and float(painted.max()) <= 1


@pytest.mark.parametrize("name", AS_LEARNED)
def test_hands_paint_without_a_ground_as_when_they_were_learned(name: str) -> None:
    assert painted_by(name).mean((1, 2, 3)).tolist() == pytest.approx(AS_LEARNED[name], abs=2e-3)


@every_hand
def test_same_seed_paints_the_same_whatever_else_is_in_the_batch(name: str) -> None:
    together, alone = painted_by(name), registry.paint(name, batch()[1:2], seeds(2))
    # A place between two cells may fall to the other side where sums are taken in another order.
    assert float((together[1] - alone[0]).abs().mean()) < 2e-3


@every_hand
def test_another_seed_paints_another_picture(name: str) -> None:
    one, other = painted_by(name)[0], registry.paint(name, batch()[:1], seeds(4))[0]
    assert float((one - other).abs().mean()) > 0.01


@every_hand
def test_no_hand_leaves_the_subject_on_white(name: str) -> None:
    painted = painted_by(name)
    ground = batch()[:, 3] < 0.01
    white = (painted.amin(1) > 0.985) & ground
    assert float(white.sum() / ground.sum()) < 0.35
    assert float(painted.transpose(0, 1)[:, ground].std()) > 0.01


@pytest.mark.parametrize("name", [name for name in ALONE if name not in COLOURLESS])
def test_subject_keeps_its_colour_against_the_ground(name: str) -> None:
    red = ball(0.85, 0.1, 0.1).repeat(4, 1, 1, 1)
    painted = colour.lab(registry.paint(name, red, torch.arange(4)))
    inside, outside = red[:, 3] > 0.99, red[:, 3] < 0.01
    redness = [float(painted[:, 1][where].mean()) for where in (inside, outside)]
    assert redness[0] > redness[1] + 0.03


@every_hand
def test_subject_can_be_distinguished_from_another(name: str) -> None:
    """The outline is in the picture: with a larger ball, most change lies where the balls differ."""
    small, large = (ball(0.85, 0.1, 0.1, radius=radius)[None] for radius in (0.2, 0.36))
    change = (registry.paint(name, small, seeds(3)) - registry.paint(name, large, seeds(3))).abs().mean(1)[0]
    if name == "screen-print":
        at = torch.arange(SIZE) * 2 % SIZE
        small, large = small[:, :, at][..., at], large[:, :, at][..., at]
    ring = (large[0, 3] > 0.99) & (small[0, 3] < 0.01)
    far = large[0, 3] < 0.01
    assert float(change[ring].mean()) > 1.3 * float(change[far].mean())


@every_hand
@pytest.mark.parametrize("cover", [0.0, 1.0])
def test_empty_and_full_drawings_are_painted(name: str, cover: float) -> None:
    motif = torch.full((1, 4, 64, 64), 0.5)
    motif[:, 3] = cover
    assert bool(torch.isfinite(registry.paint(name, motif, seeds(1))).all())


def test_dice_depend_on_the_seed_alone() -> None:
    together, alone = HashRng(seeds(1, 2, 3)), HashRng(seeds(2))
    for _ in range(3):
        assert torch.equal(together.uniform(4, 5)[1], alone.uniform(4, 5)[0])


def test_dice_are_even_and_their_draws_unlike() -> None:
    dice = HashRng(torch.arange(200))
    first, second = dice.uniform(500), dice.uniform(500)
    assert abs(float(first.mean()) - 0.5) < 0.01 and abs(float(first.var()) - 1 / 12) < 0.002
    assert abs(float(torch.corrcoef(torch.stack([first.flatten(), second.flatten()]))[0, 1])) < 0.01
    assert abs(float(dice.normal(500).std()) - 1) < 0.02


def test_oklab_there_and_back() -> None:
    picture = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(colour.rgb(colour.lab(picture)), picture, atol=2e-3)
    assert torch.allclose(colour.lab(torch.ones(1, 3, 1, 1)).flatten(), torch.tensor([1.0, 0, 0]), atol=1e-3)


def test_wide_blur_keeps_the_mean_and_lines_have_their_width() -> None:
    picture = torch.zeros(1, 1, 64, 64)
    picture[..., 32] = 1
    assert float(brush.blur(picture, 9).mean()) == pytest.approx(1 / 64, rel=0.03)
    assert float(brush.line(picture, 6)[0, 0, 10].sum()) == pytest.approx(6, abs=1)
