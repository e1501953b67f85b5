"""The colours of a GIF."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from worker.film import palette

RNG = np.random.default_rng(60)


def colours(count: int = 256) -> NDArray[np.uint8]:
    return RNG.integers(0, 256, (count, 3)).astype(np.uint8)


def smooth(height: int = 96, width: int = 96) -> NDArray[np.uint8]:
    y, x = np.mgrid[:height, :width]
    return np.stack([128 + 100 * np.sin(x / 20), 2 * y, 128 + 90 * np.cos((x + y) / 31)], -1).astype(np.uint8)


def test_each_pixel_gets_the_nearest_colour_to_its_step() -> None:
    some = colours()
    picture = RNG.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    steps = picture // 4 * 4 + 1.5
    distances = ((steps[:, :, None] - some) ** 2).sum(-1)
    chosen = palette.NearestColours(some)(picture)
    assert (np.take_along_axis(distances, chosen[..., None].astype(int), -1)[..., 0] == distances.min(-1)).all()


def test_colours_that_lie_apart_are_kept() -> None:
    grid = np.stack(np.meshgrid(*[np.arange(0, 256, 51)] * 3), -1).reshape(-1, 3).astype(np.uint8)
    picture = grid[RNG.permutation(216)].reshape(12, 18, 3)
    some = np.pad(grid, ((0, 40), (0, 0)), mode="edge")
    assert (some[palette.Ditherer(some)(picture)] == picture).all()


def test_blocks_have_on_average_the_colour_of_the_picture() -> None:
    picture, some = smooth(), palette.choose(smooth().reshape(-1, 3))[::8]
    means = [
        each.astype(float).reshape(24, 4, 24, 4, 3).mean((1, 3))
        for each in (picture, some[palette.Ditherer(some)(picture)], some[palette.NearestColours(some)(picture)])
    ]
    dithered, nearest = (np.abs(each - means[0]).mean() for each in means[1:])
    assert dithered < 0.6 * nearest


def test_blocks_that_stay_keep_their_colours_whatever_changes_beside_them() -> None:
    before, ditherer = smooth(), palette.Ditherer(colours())
    after = before.copy()
    after[:8, :8] = 0
    assert (ditherer(before)[8:] == ditherer(after)[8:]).all()
    assert (ditherer(before)[:, 8:] == ditherer(after)[:, 8:]).all()


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (8, 9)])
def test_picture_of_any_size_has_a_colour_for_each_pixel(shape: tuple[int, int]) -> None:
    assert palette.Ditherer(colours())(smooth(*shape)).shape == shape


def test_few_colours_are_all_in_the_palette() -> None:
    few = np.array([(250, 10, 20), (20, 40, 230), (255, 255, 255), (0, 0, 0)], np.uint8)
    chosen = palette.choose(few.repeat(50, 0))
    assert {tuple(colour) for colour in few} <= {tuple(colour) for colour in chosen}


def test_grey_ramp_has_as_many_greys_as_the_palette_has_room() -> None:
    ramp = np.arange(256, dtype=np.uint8)[:, None].repeat(3, 1)
    greys = {tuple(colour) for colour in palette.choose(ramp.repeat(20, 0))}
    assert len(greys) >= 32, "one for each box of the histogram"


def test_one_ink_fills_the_palette() -> None:
    shades = (np.linspace(0, 1, 4000)[:, None] * (235, 225, 205) + (15, 20, 40)).clip(0, 255).astype(np.uint8)
    noisy = (shades + RNG.integers(-12, 13, shades.shape)).clip(0, 255).astype(np.uint8)
    chosen = palette.choose(noisy)
    nearest = palette.NearestColours(chosen)(noisy[None])
    assert len(np.unique(nearest)) >= 240


def test_picture_is_not_darkened() -> None:
    picture = smooth()
    chosen = palette.choose(picture.reshape(-1, 3))
    shown = chosen[palette.Ditherer(chosen)(picture)]
    assert abs(shown.mean() - picture.mean()) < 0.1


def test_sample_of_all_frames_has_about_the_size_that_is_asked_for() -> None:
    frames = [np.asarray(Image.effect_noise((320, 320), 40).convert("RGB")) for _ in range(8)]
    count = sum(len(palette.sample(frame, index, len(frames))) for index, frame in enumerate(frames))
    assert 0.8 * palette.SAMPLE <= count <= palette.SAMPLE * 1.1
