"""Copies of a picture under other file names: the same pixels, or the same picture encoded again or resized."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Thumbnail = NDArray[np.float32]

SIDE = 32
FURTHEST = 5.0
"""The largest root mean square difference, in levels, between the thumbnails of copies."""

CONTRAST = 0.1
"""The same as a share of the thumbnail's own contrast: pictures of hardly any contrast must be nearly equal."""

ASPECT = 0.02
"""The largest relative difference between the aspect ratios of copies."""


class Copies:
    """The thumbnails of pictures, each with the name that is reported when another one equals it."""

    def __init__(self, pictures: Iterable[tuple[str, Path]] = ()) -> None:
        """Create the list from the names and files of some pictures."""
        self._known: list[tuple[str, float, Thumbnail]] = []
        for name, path in pictures:
            self.find_or_add(name, path.read_bytes())

    def find_or_add(self, name: str, data: bytes) -> str | None:
        """Return the name of the picture that an encoded picture is a copy of; add it and return None otherwise."""
        aspect, thumbnail = _thumbnail(data)
        furthest = min(FURTHEST, CONTRAST * float(thumbnail.std(axis=(0, 1)).mean()))
        for known, of_known, other in self._known:
            is_near = float(np.sqrt(((thumbnail - other) ** 2).mean())) <= furthest
            if is_near and abs(aspect / of_known - 1) <= ASPECT:
                return known
        self._known.append((name, aspect, thumbnail))
        return None


def _thumbnail(data: bytes) -> tuple[float, Thumbnail]:
    with Image.open(io.BytesIO(data)) as picture:
        small = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
        return picture.width / picture.height, np.asarray(small, np.float32)
