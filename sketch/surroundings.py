"""What a photo shows around its main thing: a setting that is no drawing, but a picture of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sketch.scene import Setting

PHOTO = "photo"
"""The kind of such a setting, which nobody can ask for by name."""


@dataclass(frozen=True, slots=True)
class Surroundings(Setting):
    """A photo without its main thing: ``picture`` (n, n, 3), known by its ``digest``.

    Its light and its shadows are in it already. Where ``is_unoutlined``, it is the whole photo, and nothing in it has
    an outline that one could follow.
    """

    kind: str = PHOTO
    digest: str = ""
    picture: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((1, 1, 3), np.uint8), compare=False, repr=False)
    is_unoutlined: bool = False

    def drawn(self, size: int) -> NDArray[np.float32]:
        """Return it (size, size, 3), sRGB 0…1."""
        return np.asarray(np.asarray(resized(self.picture, size), np.float32) / 255, np.float32)


def resized(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Bring a square picture, RGB or RGBA with straight alpha, to a side: by means where that is smaller."""
    if picture.shape[0] == size:
        return picture
    how = Image.Resampling.BOX if size < picture.shape[0] else Image.Resampling.BICUBIC
    image = Image.fromarray(picture)
    if image.mode != "RGBA":
        return np.asarray(image.resize((size, size), how))
    # What is not covered has no colour that could run into what is.
    return np.asarray(image.convert("RGBa").resize((size, size), how).convert("RGBA"))
