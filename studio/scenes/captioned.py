"""Captioned pictures as squares, of the work folder or of any address that fsspec reads; with sketches of them."""

from __future__ import annotations

import hashlib
import io
import json
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
from studio.errors import FolderError, StudioError
from studio.scenes import picture_sketches, scene_colours
from studio.scenes.scene_colours import SceneColours
from studio.workspace.work_folder import Folder, digest

NEAREST = 0.75
"""The least share of its shorter side that a piece of a picture has."""

OWN_BLUR = 1.2
"""How soft the sketches are, in their pixels, that a style's colours are taken of: as soft as most are."""

BROKEN = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)


class Captioned:
    """Pictures ``size`` pixels a side, with a caption each.

    With ``sketches``, each comes so many times: whole, and then in pieces, each time after another sketch of itself,
    in colours such as scenes of the drawings in ``book`` have, if one is given.
    """

    def __init__(self, folder: Folder, source: str | None, size: int, *, sketches: int = 0,
                 book: Sketchbook | None = None) -> None:  # fmt: skip
        self._size, self._sketches, self._times, self._book = size, sketches > 0, max(1, sketches), book
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
        """Tell other pictures, other captions and other sketches apart."""
        told = json.dumps(self._rows, ensure_ascii=False)
        if self._sketches:
            told = f"{told}:{self._times}:{''.join(sorted(self._book.drawings)) if self._book else ''}"
        return digest(told.encode())

    def read(self, numbers: range) -> tuple[Tensor, list[list[str]], Tensor | None]:
        """Return pictures (n, 3, size, size), 0…1, what is said of each, and sketches (n, 4, …) if they are wanted."""
        pictures, sketches = [], []
        for number in numbers:
            turn, row = divmod(number, len(self._rows))
            name = self._rows[row][0]
            dice = np.random.default_rng(int(hashlib.sha256(f"{name}:{turn}".encode()).hexdigest()[:15], 16))
            square, inside = self._square(name, dice if turn else None)
            pictures.append(torch.from_numpy(square.copy()).permute(2, 0, 1))
            if self._sketches:
                recolour = self._colours.laid_on if self._colours else None
                sketch = picture_sketches.varied(square, self._side, dice, inside=inside, recolour=recolour)
                sketches.append(torch.from_numpy(sketch))
        texts = [[self._rows[number % len(self._rows)][1]] for number in numbers]
        return torch.stack(pictures), texts, torch.stack(sketches) if self._sketches else None

    @property
    def _side(self) -> int:
        return self._size // drawn.FOLD

    @cached_property
    def _colours(self) -> SceneColours | None:
        """Pair the colours of all pictures with those of scenes; there are none without drawings."""
        if self._book is None:
            return None
        squares = (self._square(name, None)[0] for name, _ in self._rows)
        sketches = (picture_sketches.of_picture(square, self._side, blur=OWN_BLUR) for square in squares)
        own = scene_colours.sampled(sketches, len(self._rows), len(self._rows))
        return SceneColours(own, scene_colours.shown_in(self._book, 1))

    def _captions(self, shown: str) -> Iterator[tuple[str, str]]:
        path = f"{self._root.rstrip('/')}/metadata.jsonl"
        if not self._files.exists(path):
            return
        for number, line in enumerate(self._files.cat_file(path).decode("utf-8").splitlines(), 1):
            try:
                row = json.loads(line)
                yield str(row["file_name"]), str(row["text"])
            except (ValueError, KeyError, TypeError) as error:
                raise StudioError(f"{shown}/metadata.jsonl, line {number}: no file_name and text") from error

    def _square(self, name: str, dice: np.random.Generator | None) -> tuple[Any, Any]:
        """Cut a square out of the middle of a picture, or one by dice; where it is transparent, say what is inside."""
        try:
            with Image.open(io.BytesIO(self._files.cat_file(f"{self._root.rstrip('/')}/{name}"))) as opened:
                drawn = ImageOps.exif_transpose(opened)
                is_cut_out = drawn.mode in ("RGBA", "LA", "PA") or "transparency" in drawn.info
                square = _cut(drawn.convert("RGBA" if is_cut_out else "RGB"), self._size, dice)
        except BROKEN as error:
            raise StudioError(f"{name} cannot be read: {error}") from error
        inside = None
        if is_cut_out:
            ground = Image.new("RGBA", square.size, "white")
            ground.alpha_composite(square)
            alpha = square.getchannel("A").resize((self._side, self._side), Image.Resampling.BOX)
            inside = np.asarray(alpha) > 127
            square = ground.convert("RGB")
        is_told = inside is not None and inside.any() and not inside.all()
        return np.asarray(square, np.float32) / 255, inside if is_told else None


def _cut(picture: Any, size: int, dice: np.random.Generator | None) -> Any:
    if dice is None:
        return ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS)
    side = min(picture.size) * dice.uniform(NEAREST, 1)
    left, top = ((whole - side) * dice.random() for whole in picture.size)
    return picture.resize((size, size), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side))
