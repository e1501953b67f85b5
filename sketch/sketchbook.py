"""Drawings by digest: one file of them that is shipped, and those that were added since; rendered at any size."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sketch.colour import Array

INDEX = "index.json"
RENDERED = 512
"""How many rendered drawings are remembered: those of a few walks."""


class SketchbookError(ValueError):
    """A sketchbook cannot be read, or does not hold what it is asked for."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is known of a drawing: its digest, what it shows, other words for it, and whose it is.

    ``kind`` is its Unicode subgroup, such as ``animal-bird``; ``style`` tells drawings of one name apart.
    """

    digest: str
    name: str
    words: tuple[str, ...] = ()
    kind: str = ""
    style: str = ""
    artist: str = ""
    licence: str = ""
    source: str = ""


def digest_of(svg: str) -> str:
    """Return the digest by which a drawing is known for ever."""
    return sha256(svg.encode()).hexdigest()[:20]


class Sketchbook:
    """The drawings there are, and their pictures."""

    def __init__(self, drawings: Iterable[Drawing], svgs: Mapping[str, str]) -> None:
        self.drawings = {drawing.digest: drawing for drawing in drawings}
        self._svgs = svgs
        self._rendered = lru_cache(maxsize=RENDERED)(self._render)

    def __contains__(self, digest: str) -> bool:
        return digest in self.drawings

    def svg(self, digest: str) -> str:
        """Return a drawing as SVG.

        :raises SketchbookError: where it is not there.
        """
        try:
            return self._svgs[digest]
        except KeyError as error:
            raise SketchbookError(f"There is no drawing {digest} here.") from error

    def picture(self, digest: str, pixels: int) -> Array:
        """Return a drawing (pixels, pixels, 4), straight alpha, 0…1; not to be written to.

        :raises SketchbookError: where it is not there.
        """
        return self._rendered(digest, pixels)

    def _render(self, digest: str, pixels: int) -> Array:
        return rendered(self.svg(digest), pixels)


def rendered(svg: str, pixels: int) -> Array:
    """Render SVG as (pixels, pixels, 4), straight alpha, 0…1.

    :raises SketchbookError: where it cannot be rendered.
    """
    import resvg_py

    try:
        png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=pixels, height=pixels))
        picture = Image.open(io.BytesIO(png)).convert("RGBA")
    except (ValueError, OSError) as error:
        raise SketchbookError(f"The drawing cannot be rendered: {error}") from error
    if picture.size != (pixels, pixels):
        picture = picture.resize((pixels, pixels), Image.Resampling.LANCZOS)
    return np.asarray(np.asarray(picture, np.float32) / 255, np.float32)


class _Zipped(Mapping[str, str]):
    """The SVGs of a shipped file, read one by one."""

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)
        self._names = {Path(name).stem for name in self._archive.namelist() if name.endswith(".svg")}

    def __getitem__(self, digest: str) -> str:
        if digest not in self._names:
            raise KeyError(digest)
        return self._archive.read(f"{digest}.svg").decode()

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def load(path: Path) -> Sketchbook:
    """Open a shipped sketchbook; drawings are read when they are asked for.

    :raises SketchbookError: where it is missing or broken.
    """
    try:
        svgs = _Zipped(path)
        with zipfile.ZipFile(path) as archive:
            told = json.loads(archive.read(INDEX))
        return Sketchbook([_drawing(row) for row in told], svgs)
    except (OSError, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise SketchbookError(f"{path} is no sketchbook: {error}") from error


def _drawing(row: dict[str, Any]) -> Drawing:
    return Drawing(**row | {"words": tuple(row["words"])})


def packed(drawings: Iterable[Drawing], svgs: Mapping[str, str]) -> bytes:
    """Pack drawings into one file, the same bytes for the same drawings."""
    ordered = sorted(drawings, key=lambda drawing: (drawing.name, drawing.style, drawing.digest))
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        rows = [asdict(drawing) for drawing in ordered]
        index = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
        archive.writestr(zipfile.ZipInfo(INDEX, (2026, 1, 1, 0, 0, 0)), index, zipfile.ZIP_DEFLATED, 9)
        for drawing in ordered:
            name = zipfile.ZipInfo(f"{drawing.digest}.svg", (2026, 1, 1, 0, 0, 0))
            archive.writestr(name, svgs[drawing.digest], zipfile.ZIP_DEFLATED, 9)
    return held.getvalue()
