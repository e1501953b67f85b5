"""Which frame stands for a film: the most colourful of those at its stops."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.walks.saved import posters

Picture = NDArray[np.uint8]


def flat(red: int, green: int, blue: int) -> Picture:
    return np.full((16, 16, 3), (red, green, blue), np.uint8)


GREY, PALE, RED = flat(90, 90, 90), flat(220, 200, 200), flat(200, 20, 20)


class Loaded(Sequence[Picture]):
    """Frames that note which of them were loaded."""

    def __init__(self, *pictures: Picture) -> None:
        self.pictures, self.indices = pictures, set[int]()

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Picture:  # type: ignore[override]
        self.indices.add(index)
        return self.pictures[index]


def test_poster_is_the_most_colourful_frame_at_a_stop() -> None:
    assert posters.choose([GREY, RED, PALE], [0.0, 0.5, 1.0]) == 2
    assert posters.choose([RED, GREY, PALE], [0.0, 0.5, 1.0]) == 0
    assert posters.choose([GREY, PALE, RED, PALE, PALE], [0.0, 0.5, 1.0, 1.5, 2.0]) == 2


def test_poster_of_equal_frames_is_the_first() -> None:
    assert posters.choose([GREY, GREY, GREY], [0.0, 0.5, 1.0]) == 0


def test_poster_of_a_film_without_frames_at_stops_is_near_one() -> None:
    assert posters.choose([PALE, RED, PALE], [0.1, 0.5, 0.8]) == 0


def test_only_frames_at_stops_are_loaded() -> None:
    frames = Loaded(GREY, RED, PALE, RED, GREY)
    posters.choose(frames, [0.0, 0.3, 1.0, 1.6, 2.0])
    assert frames.indices == {0, 2, 4}


def test_colourfulness_is_that_of_the_paper() -> None:
    assert posters.colourfulness(GREY) == 0
    halves = np.concatenate([flat(255, 0, 0), flat(0, 255, 0)])
    # rg is ±255, yb is 127.5 everywhere: the standard deviation is 255, and 0.3 × the mean's length 38.25
    assert posters.colourfulness(halves) == 255 + 0.3 * 127.5
