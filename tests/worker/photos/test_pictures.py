"""Uploads are read, laid on paper and brought to a frame."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.support import photos
from worker.photos import pictures


def test_a_picture_is_read_as_it_was_kept() -> None:
    for picture in (photos.sticker(), photos.disc_outdoors()):
        read = pictures.read_picture(photos.written(picture))
        seen = picture[..., 3] > 0
        assert np.array_equal(read[seen], picture[seen]) and np.array_equal(read[..., 3], picture[..., 3])


@pytest.mark.parametrize("kind", ["GIF", "JPEG"])
def test_what_the_site_does_not_keep_is_not_read(kind: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, kind)
    with pytest.raises(pictures.PictureError):
        pictures.read_picture(file.getvalue())


def test_paper_shines_through_what_is_transparent() -> None:
    laid = pictures.on_paper(photos.sticker())
    assert tuple(laid[0, 0]) == pictures.PAPER and tuple(laid[80, 80]) == (30, 160, 70)


@pytest.mark.parametrize(
    ("columns", "start"), [(slice(90, 110), 50), (slice(0, 20), 0), (slice(170, 200), 100), (slice(20, 180), 50)]
)
def test_a_frame_is_moved_no_further_than_the_thing_asks_for(columns: slice, start: int) -> None:
    inside = np.zeros((100, 200), bool)
    inside[40:60, columns] = True
    assert pictures.crop((100, 200), inside) == (slice(0, 100), slice(start, start + 100))


def test_a_frame_has_the_ratio_that_is_asked_for() -> None:
    assert pictures.crop((100, 200), ratio=1.5) == (slice(0, 100), slice(25, 175))
    assert pictures.crop((200, 100), ratio=2) == (slice(75, 125), slice(0, 100))
