"""Photos as visitors bring them, drawn here: a thing on busy ground, on paper, without a ground, and none at all."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.access.auth import visitors
from app.storage.upload_models import Upload
from app.walks.uploads import kinds, photo_check, upload_store
from tests.support import pictures
from tests.support.rows import change

Picture = NDArray[np.uint8]

RED = (205, 40, 36)


def disc_outdoors(size: tuple[int, int] = (240, 180), *, at: tuple[float, float] = (0.5, 0.55)) -> Picture:
    """Draw a red disc, a quarter of the height in radius, on grass below a sky, both of them grainy (h, w, 4)."""
    width, height = size
    dice = np.random.default_rng(7)
    y = np.linspace(0, 1, height)[:, None, None]
    ground = np.where(y < 0.5, np.array([120, 170, 220]), np.array([70, 130, 60])) * np.ones((1, width, 1))
    ground = ground + dice.normal(0, 9, (height, width, 1))
    picture = np.where(disc(size, at)[..., None], np.array(RED) + dice.normal(0, 6, (height, width, 1)), ground)
    return _opaque(picture)


def disc(size: tuple[int, int] = (240, 180), at: tuple[float, float] = (0.5, 0.55)) -> NDArray[np.bool_]:
    """Return where that disc is (h, w)."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    return np.asarray((x - at[0] * width) ** 2 + (y - at[1] * height) ** 2 < (height / 4) ** 2)


def finger_ring(size: int = 200) -> Picture:
    """Draw a ring with a finger on white paper, not quite closed (size, size, 4)."""
    image = Image.new("RGB", (size, size), "white")
    ImageDraw.Draw(image).arc((50, 40, 150, 160), 2, 358, fill=(20, 40, 160), width=7)
    return _opaque(np.asarray(image, np.float64))


def sticker(size: int = 160) -> Picture:
    """Draw a green square without a ground (size, size, 4)."""
    picture = np.zeros((size, size, 4), np.uint8)
    picture[40:120, 50:110] = (30, 160, 70, 255)
    return picture


def slope(size: tuple[int, int] = (200, 150)) -> Picture:
    """Draw a sunset without a sun: no thing is in it (h, w, 4)."""
    width, height = size
    y, x = np.mgrid[:height, :width] / np.array([height, width]).reshape(2, 1, 1)
    return _opaque(np.dstack([255 * y, 90 + 80 * x, 220 - 160 * y]))


def written(picture: Picture) -> bytes:
    """Write a picture as the site keeps it: lossless WebP."""
    file = io.BytesIO()
    image = Image.fromarray(picture)
    (image if picture[..., 3].min() < 255 else image.convert("RGB")).save(file, "WEBP", lossless=True)
    return file.getvalue()


def _opaque(picture: NDArray[np.floating]) -> Picture:
    height, width = picture.shape[:2]
    return np.dstack([picture.clip(0, 255).astype(np.uint8), np.full((height, width), 255, np.uint8)])


def keep(owner: str, data: bytes = b"", **columns: object) -> Upload:
    """Store a photo of an owner, given by their secret; return its row."""
    checked = photo_check.check(data or pictures.written(pictures.two_halves()))
    photo, _is_new = upload_store.save(kinds.PHOTO, checked, owner_hash=visitors.digest(owner), network="")
    if columns:
        change(photo, **columns)
    return photo
