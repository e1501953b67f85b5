"""Drawing library: reference drawings by digest, from one shipped file or added later, rendered at any size."""

from __future__ import annotations

import io
import json
import math
import zipfile
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sketch import colour, lettering
from sketch import svg as svg_files
from sketch.colour import Appearance, Array
from sketch.remembering import SizedCache
from sketch.surroundings import resize
from sketch.svg import Pixels, SketchbookError

__all__ = [
    "Drawing", "Sketchbook", "SketchbookError", "beside", "digest_of", "lettered", "load", "load_alone", "pack",
    "render_svg",
]  # fmt: skip

FILE = "sketchbook.zip"
"""The file name of a drawing library, which lies beside a model's weights and in a work folder."""

INDEX, SUFFIX = "index.json", ".svg"
INDEX_BYTES = 32 * 1024 * 1024
"""The largest size of a library's index in bytes: ten times that of the shipped one."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing's entry: its digest, what it shows, other words for that, its author, licence and source.

    ``kind`` is its Unicode subgroup, such as ``animal-bird``; ``style`` distinguishes drawings of the same name.
    """

    digest: str
    name: str
    words: tuple[str, ...] = ()
    kind: str = ""
    style: str = ""
    artist: str = ""
    licence: str = ""
    source: str = ""


FIELDS = frozenset(field.name for field in fields(Drawing))
"""The names in a row of an index."""

APPEARANCE_SIDE = 32
"""The side in pixels at which a drawing's appearance is measured."""


SEEN_AT, SEEN = 48, 0.3
"""The side in pixels at which a drawing is rendered to measure it, and the alpha above which a pixel is visible."""


def lettered(digest: str) -> Drawing | None:
    """Return the entry of a lettering (:mod:`sketch.lettering`), which is in every library; None if it is none."""
    text = lettering.text_of(digest)
    made = ("the authors of MoMA Lisa", "Apache-2.0", "sketch/lettering.py")
    return Drawing(digest, f"“{text}”", (), lettering.KIND, "", *made) if text else None


def digest_of(svg: str) -> str:
    """Return the permanent ID of a drawing: 20 hexadecimal digits of its SHA-256."""
    return sha256(svg.encode()).hexdigest()[:20]


class Sketchbook:
    """A library of reference drawings and their renderings.

    ``drawings`` are those to choose from; ``withdrawn`` ones are no longer offered, but scenes that contain them can
    still be drawn. ``pictures`` are cut-outs of photos (n, n, 4), straight alpha, by digest; they are not drawings.
    """

    def __init__(
        self,
        drawings: Iterable[Drawing],
        svgs: Mapping[str, str],
        withdrawn: Iterable[Drawing] = (),
        pictures: Mapping[str, Pixels] = MappingProxyType({}),
    ) -> None:
        self.drawings = {drawing.digest: drawing for drawing in drawings}
        self.withdrawn = {each.digest: each for each in withdrawn if each.digest not in self.drawings}
        self._svgs: tuple[Mapping[str, str], ...] = (svgs,)
        self._pictures = dict(pictures)
        self._rendered = SizedCache(self._render, lambda pixels: pixels.nbytes)
        self._appearances: dict[str, Appearance] = {}

    def __contains__(self, digest: str) -> bool:
        return digest in self._pictures or self.find(digest) is not None

    def find(self, digest: str) -> Drawing | None:
        """Return a drawing's entry, withdrawn or not, or that of a lettering; None if there is none."""
        return self.drawings.get(digest) or self.withdrawn.get(digest) or lettered(digest)

    def join(self, other: Sketchbook) -> Sketchbook:
        """Return a library with the drawings of both; where they differ, this one has precedence.

        If the other library is empty, this library itself is returned.
        """
        if not (other.drawings or other.withdrawn or other._pictures):
            return self
        listed = {**other.drawings, **self.drawings}
        pictures = {**other._pictures, **self._pictures}
        joined = Sketchbook(listed.values(), {}, {**other.withdrawn, **self.withdrawn}.values(), pictures)
        joined._svgs = (*self._svgs, *other._svgs)
        return joined

    def svg(self, digest: str) -> str:
        """Return a drawing as SVG.

        :raises SketchbookError: when it does not exist.
        """
        for svgs in self._svgs:
            try:
                return svgs[digest]
            except KeyError:
                continue
        if lettering.text_of(digest):
            return lettering.svg(digest)
        raise SketchbookError(f"There is no drawing {digest[:64]} here.")

    def is_cut_out(self, digest: str) -> bool:
        """Return whether a digest is that of a photo's cut-out, not of a drawing."""
        return digest in self._pictures

    def cut_out(self, digest: str) -> Pixels:
        """Return a photo's cut-out (n, n, 4) as it is stored.

        :raises KeyError: when it does not exist.
        """
        return self._pictures[digest]

    def picture(self, digest: str, pixels: int) -> Array:
        """Return a drawing, or a photo's cut-out, as (pixels, pixels, 4), straight alpha, 0…1.

        :raises SketchbookError: when it does not exist, is refused or cannot be rendered.
        """
        return svg_files.to_shares(self._rendered.get((digest, pixels)))

    def appearance(self, digest: str) -> Appearance:
        """Return a drawing's mean colour and coverage, measured once and then cached.

        :raises SketchbookError: when it does not exist, is refused or cannot be rendered.
        """
        if digest not in self._appearances:
            self._appearances[digest] = colour.measure_appearance(
                svg_files.to_shares(self._render((digest, APPEARANCE_SIDE)))
            )
        return self._appearances[digest]

    def _render(self, key: tuple[str, int]) -> Pixels:
        """Return a drawing, or a photo's cut-out, as bytes (pixels, pixels, 4), for its digest and size."""
        digest, pixels = key
        if digest in self._pictures:
            return resize(self._pictures[digest], pixels, pixels)
        return _rasterise(self.svg(digest), pixels)


def visible_points(picture: Array, *, turn: float, mirrored: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y (n,) of a drawing's visible pixels, from its middle as shares of its side; empty if none is.

    The drawing (:data:`SEEN_AT`, :data:`SEEN_AT`, 4) is mirrored and then rotated clockwise by ``turn`` radians.
    """
    alpha = picture[:, ::-1, 3] if mirrored else picture[..., 3]
    y, x = ((each + 0.5) / SEEN_AT - 0.5 for each in np.nonzero(alpha > SEEN))
    return x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)


def render_svg(svg: str, pixels: int) -> Array:
    """Return SVG rendered as (pixels, pixels, 4), straight alpha, 0…1.

    :raises SketchbookError: when it is refused or cannot be rendered.
    """
    return svg_files.to_shares(_rasterise(svg, pixels))


def _rasterise(svg: str, pixels: int) -> Pixels:
    """Return SVG rendered to bytes (pixels, pixels, 4), after checking it."""
    svg_files.parse_svg(svg)
    return svg_files.rasterise(svg, pixels)


ENTRY = "header_offset", "compress_size", "file_size", "CRC", "compress_type", "flag_bits"
"""What is kept of a file's entry in an archive, to read it."""


class _Zipped(Mapping[str, str]):
    """The SVGs in a library's file by digest, each read on access.

    Of each entry six numbers are kept: the objects of ``zipfile`` would take a kilobyte each, and there are thousands.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive = zipfile.ZipFile(path)
        entries = self._archive.NameToInfo
        self._index = entries.pop(INDEX, None)
        names = [name for name in entries if name.endswith(SUFFIX)]
        self._numbers = array("Q", (getattr(entries[name], field) for name in names for field in ENTRY))
        self._places = {name.removesuffix(SUFFIX): place for place, name in enumerate(names)}
        self._archive.filelist.clear()
        entries.clear()

    def index(self) -> list[Drawing]:
        """Return the entries of all drawings.

        :raises SketchbookError: when the index is malformed.
        """
        if self._index is None:
            raise SketchbookError(f"There is no {INDEX} in it.")
        rows = json.loads(self._read(self._index, INDEX_BYTES))
        if not isinstance(rows, list):
            raise SketchbookError(f"{INDEX} holds no list.")
        shared: dict[Any, Any] = {digest: digest for digest in self._places}
        return [_drawing(row, number, shared) for number, row in enumerate(rows)]

    def __getitem__(self, digest: str) -> str:
        entry = self._entry(digest)
        try:
            svg = self._read(entry, svg_files.BYTES).decode()
        except (*BROKEN, SketchbookError) as error:
            raise SketchbookError(f"The drawing {digest} of {self._path} cannot be read: {error}") from error
        if digest_of(svg) != digest:
            raise SketchbookError(f"The drawing {digest} of {self._path} is another than its name says.")
        return svg

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def _read(self, entry: zipfile.ZipInfo, most: int) -> bytes:
        """Return the bytes of a file in the archive.

        :raises SketchbookError: when it is larger than ``most`` bytes.
        """
        if entry.file_size > most:
            raise SketchbookError(f"{entry.filename} has {entry.file_size} bytes, at most {most}.")
        return self._archive.read(entry)

    def _entry(self, digest: str) -> zipfile.ZipInfo:
        start = len(ENTRY) * self._places[digest]
        entry = zipfile.ZipInfo(digest + SUFFIX)
        for field, number in zip(ENTRY, self._numbers[start : start + len(ENTRY)], strict=True):
            setattr(entry, field, number)
        return entry


# An encrypted member raises RuntimeError, an unknown compression NotImplementedError.
BROKEN = (OSError, EOFError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)


def beside(path: Path) -> Path:
    """Return the path of the further drawings of a library, which may be missing: ``sketchbook-more.zip``."""
    return path.with_stem(f"{path.stem}-more")


def load(path: Path) -> Sketchbook:
    """Return the drawing library in a file, with the further drawings beside it; drawings are read on access.

    :raises SketchbookError: when a file is missing or broken, or lists a drawing that it does not contain.
    """
    book, more = load_alone(path), beside(path)
    return book.join(load_alone(more)) if more.exists() else book


def load_alone(path: Path) -> Sketchbook:
    """Return the drawing library in a file, without those beside it; drawings are read on access.

    :raises SketchbookError: when the file is missing or broken, or lists a drawing that it does not contain.
    """
    try:
        svgs = _Zipped(path)
    except BROKEN as error:
        raise SketchbookError(f"{path} is no sketchbook: {error}") from error
    try:
        drawings, there = svgs.index(), set(svgs)
        if missing := sorted(drawing.digest for drawing in drawings if drawing.digest not in there):
            raise SketchbookError(f"it lists {missing[0]}, and does not hold it.")
    except BROKEN as error:
        svgs.close()
        raise SketchbookError(f"{path} is no sketchbook: {error}") from error
    return Sketchbook(drawings, svgs)


def _drawing(row: object, number: int, shared: dict[Any, Any]) -> Drawing:
    """Return the entry in a row of an index; texts and words that are equal to others in ``shared`` are the same.

    :raises SketchbookError: when it is malformed.
    """
    if not isinstance(row, dict) or not row.keys() <= FIELDS or not row.keys() >= {"digest", "name"}:
        raise SketchbookError(
            f"{INDEX}, drawing {number}: digest and name are wanted, and nothing else than {sorted(FIELDS)}."
        )
    words = row.pop("words", [])
    if not isinstance(words, list) or not all(map(_is_text, words)) or not all(map(_is_text, row.values())):
        raise SketchbookError(f"{INDEX}, drawing {number}: words are a list of texts, all else is text.")
    texts: dict[str, Any] = {name: shared.setdefault(text, text) for name, text in row.items()}  # most are repeated
    words = tuple(shared.setdefault(word, word) for word in words)
    return Drawing(**texts, words=shared.setdefault(words, words))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def pack(drawings: Iterable[Drawing], svgs: Mapping[str, str]) -> bytes:
    """Return the bytes of a library's file with some drawings; the same drawings give the same bytes.

    Of several drawings with one digest, the first by name is used.

    :raises SketchbookError: when one of them is not among the ``svgs``.
    """
    ordered: dict[str, Drawing] = {}
    for drawing in sorted(drawings, key=lambda drawing: (drawing.name, drawing.style, drawing.digest)):
        ordered.setdefault(drawing.digest, drawing)
    if missing := [digest for digest in ordered if digest not in svgs]:
        raise SketchbookError(f"There is no drawing {missing[0]} here.")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        rows = [asdict(drawing) for drawing in ordered.values()]
        index = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
        archive.writestr(zipfile.ZipInfo(INDEX, (2026, 1, 1, 0, 0, 0)), index, zipfile.ZIP_DEFLATED, 9)
        for digest in ordered:
            name = zipfile.ZipInfo(digest + SUFFIX, (2026, 1, 1, 0, 0, 0))
            archive.writestr(name, svgs[digest], zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()
