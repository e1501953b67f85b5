"""What the benchmark measures of pictures, on pictures of which one knows the answer."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from benchmarks import measures

Picture = NDArray[np.uint8]


@pytest.fixture
def picture() -> Picture:
    """Draw a disc on a shaded ground."""
    y, x = np.mgrid[:128, :128]
    drawn = np.stack([x, y, np.full_like(x, 90)], axis=-1).astype(np.uint8)
    drawn[(x - 60) ** 2 + (y - 70) ** 2 < 900] = (240, 200, 20)
    return drawn


def blurred(picture: Picture, radius: float) -> Picture:
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


def test_same_picture_is_as_near_and_as_like_as_can_be(picture: Picture) -> None:
    assert measures.rms(picture, picture) == 0
    assert measures.ssim(picture, picture) == pytest.approx(1)
    assert measures.ms_ssim(picture, picture) == pytest.approx(1)


def test_likeness_falls_with_the_blur(picture: Picture) -> None:
    likenesses = [measures.ms_ssim(picture, blurred(picture, radius)) for radius in (0.5, 2, 6)]
    assert likenesses == sorted(likenesses, reverse=True)
    assert likenesses[0] < 1


def test_ssim_agrees_with_its_formula_on_flat_pictures() -> None:
    a, b = (np.full((32, 32, 3), level, np.uint8) for level in (100, 150))
    c1 = (0.01 * 255) ** 2
    assert measures.ssim(a, b) == pytest.approx((2 * 100 * 150 + c1) / (100**2 + 150**2 + c1))


def test_distance_is_the_rulers(picture: Picture) -> None:
    assert measures.rms(np.zeros_like(picture), np.full_like(picture, 10)) == pytest.approx(10)


def test_blur_and_ghosts_are_less_sharp(picture: Picture) -> None:
    ghost = ((picture.astype(int) + np.roll(picture, 40, 1)) // 2).astype(np.uint8)
    assert measures.sharpness(blurred(picture, 2)) < measures.sharpness(ghost) < measures.sharpness(picture)
    assert measures.middle_sharpness([picture, ghost, picture]) < 1
    assert measures.middle_sharpness([picture] * 3) == pytest.approx(1)


def test_black_and_doubled_frames_are_counted(picture: Picture) -> None:
    assert measures.black_frames([picture, np.zeros_like(picture), picture // 20]) == 2
    assert measures.doubled_frames([3.0, 0.0, 2.5, 0.01]) == 2
    assert measures.doubled_frames([3.0, 1.0, 2.5]) == 0


def test_fit_tells_a_picture_of_ones_own_from_anothers(picture: Picture) -> None:
    other = picture[::-1].copy()
    assert measures.fit(picture, picture, {"other": other}) == 1
    assert measures.fit(other, picture, {"other": other}) == 0
    assert measures.fit(blurred(picture, 3), picture, {"other": other}) > 0.5


def test_local_sharpness_sees_a_blurred_half_beside_sharp_marks() -> None:
    random = np.random.default_rng(3)
    marks = (random.random((128, 128, 1)) < 0.5).repeat(3, 2).astype(np.uint8) * 255
    soft = (120 + 12 * random.random((128, 128, 1))).repeat(3, 2).astype(np.uint8)
    whole, blurred = marks.copy(), marks.copy()
    whole[64:], blurred[64:] = soft[64:], 126
    ends = (measures.local_sharpness(marks) * measures.local_sharpness(soft)) ** 0.5
    assert measures.local_sharpness(whole) / ends == pytest.approx(1, abs=0.15)
    assert measures.local_sharpness(blurred) / ends < 0.5
    assert measures.sharpness(blurred) / measures.sharpness(whole) > 0.9
