"""The ruler on films whose steps are known."""

import io
import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from worker.film import encoding as films
from worker.film import smoothness_measure


def grey(*levels: int) -> list[NDArray[np.uint8]]:
    return [np.full((64, 96, 3), level, np.uint8) for level in levels]


@pytest.mark.parametrize(
    ("frames", "evenness", "jump"),
    [
        pytest.param(grey(0, 10, 20, 30), 1, 1, id="equal steps"),
        pytest.param(grey(0, 0, 0, 80, 80), 1 / 4, 4, id="one step among stills"),
        pytest.param(grey(0, 10, 40), 1 - 0.25, 1.5, id="the Gini coefficient of a hand calculation"),
        pytest.param(grey(7, 7, 7), 1, 1, id="no change"),
        pytest.param(grey(7), 1, 1, id="one frame"),
        pytest.param([], 1, 1, id="no frame"),
    ],
)
def test_steps_are_measured(frames: list[NDArray[np.uint8]], evenness: float, jump: float) -> None:
    read = smoothness_measure.smoothness(frames)
    assert (read.evenness, read.jump) == (pytest.approx(evenness), pytest.approx(jump))


def test_steps_are_the_distances_of_adjacent_frames() -> None:
    assert smoothness_measure.smoothness(grey(0, 10, 20, 30)).steps == [10, 10, 10]


def test_frames_are_box_averaged_as_pillow_does(film: list[NDArray[np.uint8]]) -> None:
    small = [np.asarray(Image.fromarray(f).resize((48, 48), Image.Resampling.BOX), float) for f in film]
    expected = [((a - b) ** 2).mean() ** 0.5 for a, b in itertools.pairwise(small)]
    assert smoothness_measure.smoothness(film).steps == pytest.approx(expected)


def test_pattern_finer_than_the_boxes_is_no_change() -> None:
    checks = (np.indices((96, 96)).sum(0) % 2 * 255).astype(np.uint8)
    read = smoothness_measure.smoothness([np.stack([board] * 3, -1) for board in (checks, 255 - checks)])
    assert max(read.steps) <= 1


def test_frames_are_read_back_from_a_written_gif() -> None:
    y, x = np.mgrid[:96, :96]
    film = [
        np.stack([128 + 100 * np.sin(x / 20 + step**1.5 / 9), 2 * y, 128 + 90 * np.cos(y / 31 - step / 4)], -1)
        .astype(np.uint8) for step in range(8)
    ]  # fmt: skip
    frames = list(smoothness_measure.read_frames(films.gif(film, 80, comment="")))
    assert len(frames) == len(film)
    assert frames[0].shape == film[0].shape
    assert smoothness_measure.smoothness(frames).evenness == pytest.approx(
        smoothness_measure.smoothness(film).evenness, abs=0.01
    )


def test_what_is_no_picture_is_an_error() -> None:
    with pytest.raises(OSError, match="identify"):
        list(smoothness_measure.read_frames(io.BytesIO(b"GIF89a").getvalue()))


def halves(left: int, right: int) -> NDArray[np.float64]:
    picture = np.full((64, 64, 3), left, np.uint8)
    picture[:, 32:] = right
    return smoothness_measure.box_averaged(picture, smoothness_measure.MORPH_SIDE)


FIRST, LAST = halves(0, 200), halves(200, 0)


def test_cross_fade_is_no_morph() -> None:
    faded = [(1 - t) * FIRST + t * LAST for t in (0, 0.2, 0.9, 1)]
    assert smoothness_measure.morph(faded, [0.0, 0.2, 0.9, 1.0], stops=2) == pytest.approx(0, abs=1e-9)


def test_frame_unlike_both_stops_counts_by_what_no_blend_of_them_holds() -> None:
    # A grey picture is 100 away from the nearest blend, another grey; the stops are 200 apart.
    assert smoothness_measure.morph([FIRST, halves(200, 200), LAST], [0.0, 0.5, 1.0], stops=2) == pytest.approx(0.5)


def test_morph_is_the_median_of_all_inner_frames_of_all_legs() -> None:
    pictures = [FIRST, halves(200, 200), LAST, LAST, (FIRST + LAST) / 2, FIRST]
    positions = [0.0, 0.5, 1.0, 1.25, 1.5, 2.0]
    assert smoothness_measure.morph(pictures, positions, stops=3) == pytest.approx(0)
    pictures[3] = halves(50, 50)
    assert smoothness_measure.morph(pictures, positions, stops=3) == pytest.approx(0.25)


def test_last_leg_of_closed_walk_is_compared_with_last_and_first_stop() -> None:
    pictures = [FIRST, LAST, halves(200, 200)]
    assert smoothness_measure.morph(pictures, [0.0, 1.0, 1.5], stops=2) == pytest.approx(0.5)


@pytest.mark.parametrize("pictures", [[FIRST, LAST], [FIRST, LAST, FIRST]])
def test_walk_without_inner_frames_or_between_equal_stops_has_no_morph(pictures: list[NDArray[np.float64]]) -> None:
    positions = [0.0, 1.0] if len(pictures) == 2 else [0.0, 0.5, 1.0]
    assert smoothness_measure.morph(pictures, positions, stops=2) is None
