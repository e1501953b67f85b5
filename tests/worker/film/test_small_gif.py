"""The GIF for chats: as large as it may be, with the same frames, times and recipe."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from app.walks.saved.film_formats import find_recipe
from worker.film import encoding, palette, small_gif

SIDE, FRAMES = 256, 4
NOISE = np.random.default_rng(7).integers(0, 256, (FRAMES, SIDE, SIDE, 3), np.uint8)
SAMPLE = [palette.sample(frame, index, FRAMES) for index, frame in enumerate(NOISE)]


def film() -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Yield frames that hardly compress."""
    for index, frame in enumerate(NOISE):
        yield frame, 80 + 10 * index


def test_film_is_scaled_down_until_it_fits_and_no_further_than_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = encoding.gif(list(NOISE), 80, comment="{}")
    most = len(whole) // 4
    monkeypatch.setattr(small_gif, "CHAT_BYTES", most)
    small = small_gif.shrink(film, SAMPLE, comment='{"a": 1}', size=len(whole))
    assert 0.5 * most < len(small) <= most
    assert find_recipe(small) == b'{"a": 1}'
    with Image.open(io.BytesIO(small)) as picture:
        assert 100 < picture.width == picture.height < SIDE
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(picture)] == [80, 90, 100, 110]


def test_film_that_would_be_too_small_to_see_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_gif, "CHAT_BYTES", 2_000)
    assert small_gif.shrink(film, SAMPLE, comment="{}", size=400_000) is None
