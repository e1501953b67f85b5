"""Captioned pictures as squares, from the work folder or any fsspec address, with sketches of them."""

from __future__ import annotations

import hashlib
import io
import json
import struct
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import fsspec
import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from sketch.layers import drawn
from sketch.sketchbook import Sketchbook
from sketch.styling.colour_table import ColourTable
from studio.errors import FolderError, StudioError
from studio.scenes import picture_sketches, scene_colours
from studio.scenes.scene_colours import SceneColours
from studio.workspace.work_folder import Folder, digest

NEAREST = 0.75
"""The smallest side of a crop, as a share of the picture's shorter side."""

OWN_BLUR = 1.2
"""The blur, in pixels of a sketch, of the sketches that a style's colours are taken from; most sketches have it."""

BROKEN = (OSError, ValueError, SyntaxError, AttributeError, struct.error, Image.DecompressionBombError)


class Captioned:
    """Pictures of ``size`` pixels a side, with a caption each.

    With ``sketches`` above 0, each picture occurs that many times: first whole, then as crops, each time with another
    sketch of itself. With a drawing library ``book``, the sketches are recoloured with colours of scenes, unless scenes
    are to be recoloured with the pictures' ``palette``, named by the style's words.

    :raises FolderError: when there are no captioned pictures.
    :raises StudioError: when the list of captions is malformed.
    """

    def __init__(
        self,
        folder: Folder,
        source: str | None,
        size: int,
        *,
        sketches: int = 0,
        book: Sketchbook | None = None,
        palette: str = "",
    ) -> None:
        self._size, self._sketches, self._times, self._book = size, sketches > 0, max(1, sketches), book
        self._palette = palette
        self._files, self._root = fsspec.core.url_to_fs(source or str(folder.path / "pictures"))
        self._rows = list(self._captions(source or str(folder.path / "pictures")))
        if not self._rows:
            raise FolderError(
                f"{source or folder.path} holds no captioned pictures; the stage caption writes captions."
            )
        self.about = {"distinct": len(self._rows), "sketches": sketches}

    def __len__(self) -> int:
        return len(self._rows) * self._times

    def digest(self) -> str:
        """Return a digest of the picture names, captions and sketch settings."""
        inputs = json.dumps(self._rows, ensure_ascii=False)
        if self._sketches:
            inputs = f"{inputs}:{self._times}:{''.join(sorted(self._book.drawings)) if self._book else ''}"
        if self._palette:
            inputs += f":{self._palette}"
        return digest(inputs.encode())

    def load_batch(self, numbers: range) -> tuple[Tensor, list[list[str]], Tensor | None]:
        """Return the pictures of some numbers (n, 3, size, size), 0…1, a list with one caption for each, and sketches.

        Sketches are (n, 4, size / 4, size / 4), −1…1, or None without them.

        :raises StudioError: when a picture cannot be read.
        """
        pictures, sketches = [], []
        for number in numbers:
            turn, row = divmod(number, len(self._rows))
            name = self._rows[row][0]
            rng = np.random.default_rng(int(hashlib.sha256(f"{name}:{turn}".encode()).hexdigest()[:15], 16))
            square, inside = self._square(name, rng if turn else None)
            pictures.append(torch.from_numpy(square.copy()).permute(2, 0, 1))
            if self._sketches:
                recolour = self._colours.laid_on if self._colours and not self._palette else None
                sketch = picture_sketches.vary_sketch(square, self._side, rng, inside=inside, recolour=recolour)
                sketches.append(torch.from_numpy(sketch))
        texts = [[self._rows[number % len(self._rows)][1]] for number in numbers]
        return torch.stack(pictures), texts, torch.stack(sketches) if self._sketches else None

    def table(self) -> ColourTable:
        """Return the table that recolours scenes with the pictures' palette.

        :raises StudioError: without a drawing library, which has the colours of scenes.
        """
        if self._colours is None:
            raise StudioError("--palette needs a sketch-conditioned --base with its drawing library.")
        return self._colours.table(self._palette)

    @property
    def _side(self) -> int:
        """Return the side of a sketch in pixels."""
        return self._size // drawn.FOLD

    @cached_property
    def _colours(self) -> SceneColours | None:
        """Return the pairing of all pictures' colours with those of scenes; None without a drawing library."""
        if self._book is None:
            return None
        squares = (self._square(name, None)[0] for name, _ in self._rows)
        sketches = (picture_sketches.sketch_picture(square, self._side, blur=OWN_BLUR) for square in squares)
        own = scene_colours.sample_colours(sketches, len(self._rows), len(self._rows))
        return SceneColours(own, scene_colours.library_colours(self._book, 1))

    def _captions(self, address: str) -> Iterator[tuple[str, str]]:
        """Yield the file name and the caption of each picture in the folder's ``metadata.jsonl``.

        :raises StudioError: when a line lacks one of them.
        """
        path = f"{self._root.rstrip('/')}/metadata.jsonl"
        if not self._files.exists(path):
            return
        for number, line in enumerate(self._files.cat_file(path).decode("utf-8").splitlines(), 1):
            try:
                row = json.loads(line)
                yield str(row["file_name"]), str(row["text"])
            except (ValueError, KeyError, TypeError) as error:
                raise StudioError(f"{address}/metadata.jsonl, line {number}: no file_name and text") from error

    def _square(self, name: str, rng: np.random.Generator | None) -> tuple[Any, Any]:
        """Return a square of a picture (size, size, 3), 0…1, and a mask of its opaque part at sketch size, or None.

        Without ``rng`` the square is cut out of the middle, else at random.

        :raises StudioError: when the picture cannot be read.
        """
        try:
            with Image.open(io.BytesIO(self._files.cat_file(f"{self._root.rstrip('/')}/{name}"))) as opened:
                drawn = ImageOps.exif_transpose(opened)
                is_cut_out = drawn.mode in ("RGBA", "LA", "PA") or "transparency" in drawn.info
                square = _cut(drawn.convert("RGBA" if is_cut_out else "RGB"), self._size, rng)
        except BROKEN as error:
            raise StudioError(f"{name} cannot be read: {error}") from error
        inside = None
        if is_cut_out:
            ground = Image.new("RGBA", square.size, "white")
            ground.alpha_composite(square)
            alpha = square.getchannel("A").resize((self._side, self._side), Image.Resampling.BOX)
            inside = np.asarray(alpha) > 127
            square = ground.convert("RGB")
        is_partial = inside is not None and inside.any() and not inside.all()
        return np.asarray(square, np.float32) / 255, inside if is_partial else None


def _cut(picture: Any, size: int, rng: np.random.Generator | None) -> Any:
    """Return a square crop of a picture, resized to ``size`` pixels a side: the middle, or a random one by ``rng``."""
    if rng is None:
        return ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS)
    side = min(picture.size) * rng.uniform(NEAREST, 1)
    left, top = ((whole - side) * rng.random() for whole in picture.size)
    return picture.resize((size, size), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side))
