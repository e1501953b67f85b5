"""The background of a photo without its main thing: a setting that is a picture instead of a drawing."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sketch.scene import Setting

PHOTO = "photo"
"""The kind of such a setting; no prompt can request it by name."""


@dataclass(frozen=True, slots=True)
class Surroundings(Setting):
    """A setting that is a photo without its main thing: ``picture`` (n, n, 3), identified by its ``digest``.

    It contains light and shadows already. With ``is_unoutlined`` it is the whole photo, in which nothing was segmented.
    """

    kind: str = PHOTO
    digest: str = ""
    picture: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((1, 1, 3), np.uint8), compare=False, repr=False)
    is_unoutlined: bool = False

    def draw(self, size: int) -> NDArray[np.float32]:
        """Return the picture resized to (size, size, 3), sRGB 0…1."""
        return np.asarray(np.asarray(resize(self.picture, size, size), np.float32) / 255, np.float32)


def resize(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Return a picture, RGB or RGBA with straight alpha, at a size: averaged where it is smaller, bicubic elsewhere."""
    if picture.shape[:2] == (height, width):
        return picture
    is_smaller = height * width < picture.shape[0] * picture.shape[1]
    how = Image.Resampling.BOX if is_smaller else Image.Resampling.BICUBIC
    image = Image.fromarray(np.ascontiguousarray(picture))
    if image.mode != "RGBA":
        return np.asarray(image.resize((width, height), how))
    # Premultiply, so that colours of transparent pixels do not bleed into visible ones.
    return np.asarray(image.convert("RGBa").resize((width, height), how).convert("RGBA"))
