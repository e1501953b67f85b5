"""Hands before a given ground: painted by what it shows, the seed for texture only, with the things' outlines kept."""

from functools import lru_cache

import pytest
import torch
from torch import Tensor

from studio.errors import StudioError
from studio.styles import brush, colour, registry
from studio.styles.drawing import Drawing

pytestmark = pytest.mark.slow

SIZE = 96
WITH_GROUND = tuple(name for name, hand in registry.HANDS.items() if hand.paints_ground and not hand.is_graphic)
COLOURLESS = {"charcoal", "ink-wash", "cyanotype"}
every_hand = pytest.mark.parametrize("name", WITH_GROUND)


def ball(*rgb: float, radius: float = 0.28, size: int = SIZE) -> Tensor:
    """Draw a disc of one colour with a dark eye, on nothing."""
    at = (torch.arange(size) + 0.5) / size - 0.5
    away = torch.hypot(at[None, :], at[:, None])
    eye = torch.hypot(at[None, :] + 0.08, at[:, None] + 0.08) < 0.06
    alpha = ((radius - away) * size + 0.5).clamp(0, 1)
    tone = torch.tensor(rgb)[:, None, None].expand(3, size, size)
    return torch.cat([torch.where(eye, 0.08 * torch.ones_like(tone), tone), alpha[None]])


def landscape(above: tuple[float, ...], below: tuple[float, ...], size: int = SIZE) -> Tensor:
    """Draw a backdrop: a sky that pales downward, and land below a horizon."""
    y = ((torch.arange(size) + 0.5) / size)[:, None]
    sky = torch.tensor(above)[:, None, None] * (0.9 + 0.15 * y)
    return torch.where(y < 0.6, sky, torch.tensor(below)[:, None, None]).expand(3, size, size).clamp(0, 1)


BLUE, ORANGE, GREEN = (0.45, 0.65, 0.9), (0.95, 0.65, 0.35), (0.3, 0.55, 0.3)


def motifs() -> Tensor:
    return torch.stack([ball(0.85, 0.15, 0.1), ball(0.9, 0.85, 0.8), ball(0.2, 0.25, 0.6)])


def grounds() -> Tensor:
    return torch.stack([landscape(BLUE, GREEN), landscape(ORANGE, (0.15, 0.3, 0.6)), landscape(GREEN, ORANGE)])


@lru_cache
def painted_by(name: str) -> Tensor:
    """Paint three settings by a hand, once for all tests."""
    return registry.paint(name, motifs(), seeds(1, 2, 3), grounds())


def seeds(*values: int) -> Tensor:
    return torch.tensor(values)


def hue_of(picture: Tensor, where: Tensor) -> tuple[float, float]:
    """Return the mean of Oklab's a and b (n, 3, h, w) over some places."""
    lab = colour.lab(picture)
    return float(lab[:, 1:2][where].mean()), float(lab[:, 2:3][where].mean())


def test_painterly_hands_paint_a_ground() -> None:
    assert len(WITH_GROUND) >= 6


def test_hand_that_invents_its_ground_refuses_another() -> None:
    with pytest.raises(StudioError, match=r"'op-art' renders no given background; these do: pop-art, "):
        registry.paint("op-art", motifs(), seeds(1, 2, 3), grounds())


def test_drawing_without_a_ground_has_none_to_paint() -> None:
    with pytest.raises(StudioError, match="no background"):
        _ = Drawing(motifs()).whole


@every_hand
def test_pictures_are_of_the_motifs_size_and_within_range(name: str) -> None:
    painted = painted_by(name)
    assert painted.shape == (3, 3, SIZE, SIZE) and painted.dtype == torch.float32
    assert bool(torch.isfinite(painted).all()) and float(painted.min()) >= 0 and float(painted.max()) <= 1


@every_hand
def test_picture_follows_from_motif_ground_and_seed_alone(name: str) -> None:
    alone = registry.paint(name, motifs()[1:2], seeds(2), grounds()[1:2])[0]
    # A place between two cells may fall to the other side where sums are taken in another order.
    assert float((painted_by(name)[1] - alone).abs().mean()) < 2e-3
    again = registry.paint(name, motifs()[1:2], seeds(2), grounds()[1:2])[0]
    assert torch.equal(alone, again)


@every_hand
def test_seed_changes_texture_and_neither_hue_nor_large_shapes(name: str) -> None:
    one, other = painted_by(name)[0], registry.paint(name, motifs()[:1], seeds(9), grounds()[:1])[0]
    assert float((one - other).abs().mean()) > 5e-4
    large = [brush.blur(colour.lab(each[None]), 10) for each in (one, other)]
    assert float((large[0] - large[1]).abs().mean()) < 0.03


@pytest.mark.parametrize("name", [name for name in WITH_GROUND if name not in COLOURLESS])
def test_hue_of_the_ground_comes_through(name: str) -> None:
    things = ball(0.5, 0.5, 0.5).repeat(2, 1, 1, 1)
    sky = torch.stack([landscape(BLUE, BLUE), landscape(ORANGE, ORANGE)])
    painted = registry.paint(name, things, seeds(1, 1), sky)
    around = (things[:1, 3:] < 0.01).clone()
    around[..., :10, :], around[..., -10:, :], around[..., :10], around[..., -10:] = (torch.tensor(False),) * 4
    blue, orange = (hue_of(each[None], around) for each in painted)
    assert orange[1] > blue[1] + 0.04 and orange[0] > blue[0] + 0.01


@every_hand
def test_light_of_the_ground_comes_through(name: str) -> None:
    things = ball(0.6, 0.3, 0.3).repeat(2, 1, 1, 1)
    pair = torch.stack([landscape((0.12, 0.14, 0.3), (0.1, 0.1, 0.12)), landscape((0.85, 0.88, 0.95), (0.8, 0.8, 0.7))])
    dark, bright = colour.lab(registry.paint(name, things, seeds(1, 1), pair))[:, :1]
    around = things[:1, 3] < 0.01
    assert float(bright[around].mean()) > float(dark[around].mean()) + 0.08


@every_hand
def test_horizon_is_where_the_ground_has_it(name: str) -> None:
    thing = ball(0.5, 0.5, 0.5, radius=0.05)[None].repeat(2, 1, 1, 1)
    sky, land = (0.85, 0.9, 0.95), (0.25, 0.2, 0.45)
    low = landscape(sky, land)
    high = low.roll(-32, 1)
    high[:, -32:] = low[:, -1:]
    painted = brush.blur(registry.paint(name, thing, seeds(4, 4), torch.stack([low, high])), 2)
    change = (painted[0] - painted[1]).abs().mean(0)
    between, far = change[30:54, 12:-12].mean(), torch.cat([change[8:18, 12:-12], change[66:88, 12:-12]]).mean()
    assert float(between) > 1.5 * float(far)


@every_hand
def test_outline_of_a_thing_is_kept(name: str) -> None:
    """With a larger ball, most change lies where the balls differ."""
    small, large = (ball(0.85, 0.1, 0.1, radius=radius)[None] for radius in (0.2, 0.34))
    ground = landscape(BLUE, GREEN)[None]
    painted = [registry.paint(name, each, seeds(3), ground) for each in (small, large)]
    change = (painted[0] - painted[1]).abs().mean(1)[0]
    ring = (large[0, 3] > 0.99) & (small[0, 3] < 0.01)
    far = brush.blur(large[:, 3:], 4)[0, 0] < 0.01
    assert float(change[ring].mean()) > 2 * float(change[far].mean())


@every_hand
def test_eye_of_a_thing_is_kept(name: str) -> None:
    """The eye stays darker than, or at least unlike, what is around it."""
    thing = ball(0.95, 0.75, 0.5, size=192)[None]
    painted = colour.lab(registry.paint(name, thing, seeds(5), landscape(BLUE, GREEN, size=192)[None]))[0]
    at = (torch.arange(192) + 0.5) / 192 - 0.5
    away = torch.hypot(at[None, :] + 0.08, at[:, None] + 0.08)
    eye, skin = painted[:, away < 0.035].mean(1), painted[:, (away > 0.09) & (away < 0.12)].mean(1)
    assert float((eye - skin).norm()) > 0.08


@every_hand
@pytest.mark.parametrize("cover", [0.0, 1.0])
@pytest.mark.parametrize("tone", [0.0, 0.5, 1.0])
def test_empty_and_full_drawings_before_plain_grounds_are_painted(name: str, cover: float, tone: float) -> None:
    motif = torch.full((1, 4, 64, 64), 0.5)
    motif[:, 3] = cover
    assert bool(torch.isfinite(registry.paint(name, motif, seeds(1), torch.full((1, 3, 64, 64), tone))).all())
