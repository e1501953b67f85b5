"""Cards: small, of the poster's shape, marked as synthetic."""

import io

import numpy as np
import pytest
from PIL import Image

from app.walks.saved import cards


@pytest.mark.parametrize("size", [(256, 256), (512, 512), (512, 288), (288, 512)])
def test_worst_picture_fits_its_bytes(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8)
    smooth = np.asarray(Image.fromarray(noise).resize((size[0] // 6, size[1] // 6)).resize(size))
    data = cards.encode(Image.fromarray(smooth))
    assert len(data) <= cards.BYTES_MAX
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == size


def test_large_poster_is_made_smaller_in_its_shape() -> None:
    with Image.open(io.BytesIO(cards.encode(Image.new("RGB", (1344, 768), "red")))) as picture:
        assert picture.size == (512, 293)


def test_card_looks_like_its_poster() -> None:
    ramp = np.linspace(0, 255, 256).astype(np.uint8)
    pixels = np.stack([*np.meshgrid(ramp, ramp), np.full((256, 256), 90, np.uint8)], axis=-1)
    with Image.open(io.BytesIO(cards.encode(Image.fromarray(pixels)))) as picture:
        error = np.asarray(picture.convert("RGB")).astype(float) - pixels
    assert np.abs(error).mean() < 3


def test_card_is_marked_as_synthetic() -> None:
    with Image.open(io.BytesIO(cards.encode(Image.new("RGB", (64, 64))))) as picture:
        assert cards.IPTC_SYNTHETIC.encode() in picture.info["xmp"]


def test_fine_lines_keep_their_colours() -> None:
    pixels = np.full((256, 256, 3), (20, 30, 60), np.uint8)
    pixels[::3] = (245, 90, 60)
    with Image.open(io.BytesIO(cards.encode(Image.fromarray(pixels)))) as picture:
        error = np.asarray(picture.convert("RGB")).astype(float) - pixels
    assert np.abs(error).mean() < 8


def test_without_avif_there_is_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards.features, "check", lambda _: False)
    assert cards.encode(Image.new("RGB", (64, 64))) is None
