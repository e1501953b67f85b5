"""Split a drawing into the flat parts that are painted over each other: the shapes of its SVG, in their order.

Two drawings mixed as pictures fade into each other; mixed as parts, a window can become an eye. A shape whose areas are
not connected, such as two wings, is split into several parts.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

import numpy as np
import scipy  # which imports its ndimage when that is used

from sketch import colour
from sketch import svg as svg_files
from sketch.colour import Array
from sketch.remembering import SizedCache
from sketch.sketchbook import Sketchbook
from sketch.svg import name_of

SIDE = 128
"""The side in pixels at which drawings are rendered to be split."""

MOST = 48
"""The largest number of parts of a drawing: further shapes are merged with their neighbours, further pieces left
out."""

LEAST = 12
"""The area in pixels below which a piece is left out, unless it is the only one."""

SHAPES = ("path", "circle", "ellipse", "rect", "polygon", "polyline", "line", "use")
PART = "data-part"
"""The attribute of SVG groups that are one part, whatever their shapes: a form with its light and shade."""

_HIDDEN = ("defs", "clipPath", "mask", "symbol", "linearGradient", "radialGradient")


@dataclass(frozen=True, slots=True)
class Part:
    """One flat part of a drawing: ``picture`` (h, w, 4), straight alpha, sRGB 0…1.

    ``left`` and ``top`` are the position of its upper left corner, as shares of the drawing's side; ``side`` is that
    side in pixels; ``light`` is the mean Oklab lightness of the whole drawing.
    """

    picture: Array
    left: float
    top: float
    side: int
    light: float

    @property
    def alpha(self) -> Array:
        """Return the coverage of each pixel (h, w), 0…1."""
        return np.asarray(self.picture[..., 3])


def split_drawing(svg: str, side: int = SIDE) -> tuple[Part, ...]:
    """Return the parts of a drawing, rendered ``side`` pixels a side, the lowest part first.

    :raises SketchbookError: when the SVG is refused or cannot be rendered.
    """
    root = svg_files.parse_svg(svg)
    _set_apart(root)
    leaves = _leaves(root)
    count = min(MOST, len(leaves))  # of more shapes, those that are neighbours in the order are merged
    groups = [leaves[at * len(leaves) // count : (at + 1) * len(leaves) // count] for at in range(count)]
    light = colour.lightness(svg_files.to_shares(svg_files.rasterise(svg, side)))
    parts: list[Part] = []
    for group in groups:
        parts += _pieces(svg_files.to_shares(svg_files.rasterise(_only(root, group, leaves), side)), side, light)
    return tuple(_fewer(parts))


def split_cut_out(picture: Array) -> tuple[Part, ...]:
    """Return the connected pieces of a photo's cut-out (n, n, 4), straight alpha, as parts: the largest ones."""
    return tuple(_fewer(_pieces(picture, picture.shape[0], colour.lightness(picture))))


def _set_apart(root: Element) -> None:
    """Copy painted elements that are used elsewhere into ``defs``, in place, so that removing them leaves a copy."""
    elements = list(root.iter())
    hidden = _hidden(elements)
    referenced = {
        value
        for each in elements
        if name_of(each) == "use"
        for key, value in each.attrib.items()
        if key.rpartition("}")[2] == "href"
    }
    painted = [each for each in elements if f"#{each.get('id')}" in referenced and each not in hidden]
    if not painted:
        return
    namespace = str(root.tag).removesuffix("svg")
    beside = [copy.deepcopy(each) for each in painted]
    for each in painted:
        del each.attrib["id"]
    SubElement(root, f"{namespace}defs").extend(beside)


def _hidden(elements: list[Element]) -> set[Element]:
    """Return the elements that are shown only where others refer to them, such as those in ``defs``."""
    return {inner for each in elements if name_of(each) in _HIDDEN for inner in each.iter()}


def _leaves(root: Element) -> list[int]:
    """Return the visible shapes and marked parts, by their positions in the tree's order of elements."""
    elements = list(root.iter())
    hidden = _hidden(elements)
    for each in elements:
        if PART in each.attrib and each not in hidden:
            hidden.update(inner for inner in each.iter() if inner is not each)
    is_one = [name_of(each) in SHAPES or PART in each.attrib for each in elements]
    return [at for at, each in enumerate(elements) if is_one[at] and each not in hidden]


def _only(root: Element, selected: list[int], leaves: list[int]) -> str:
    """Return the drawing as SVG with only the selected ones of its ``leaves``, both given by position."""
    alone = copy.deepcopy(root)
    dropped = set(leaves) - set(selected)
    elements = list(alone.iter())
    parents = {id(child): parent for parent in elements for child in parent}
    for number in dropped:
        parents[id(elements[number])].remove(elements[number])
    return str(tostring(alone, encoding="unicode"))


def _pieces(picture: Array, side: int, light: float) -> list[Part]:
    """Return the connected pieces of a picture (h, w, 4) as parts; pieces of few pixels are left out."""
    numbers, count = scipy.ndimage.label(picture[..., 3] > 0.3)
    pieces = []
    for number, place in enumerate(scipy.ndimage.find_objects(numbers), 1):
        if place is None:
            continue
        inside = numbers[place] == number
        if count > 1 and inside.sum() < LEAST:
            continue
        rows = slice(max(0, place[0].start - 1), place[0].stop + 1)
        columns = slice(max(0, place[1].start - 1), place[1].stop + 1)
        near = scipy.ndimage.binary_dilation(numbers[rows, columns] == number, iterations=1)
        cut = picture[rows, columns].copy()
        cut[..., 3] *= near
        pieces.append(Part(cut, columns.start / side, rows.start / side, side, light))
    return pieces


def _fewer(parts: list[Part]) -> list[Part]:
    """Return the largest parts, at most :data:`MOST`, in their order."""
    largest = sorted(range(len(parts)), key=lambda at: -float(parts[at].alpha.sum()))[:MOST]
    return [parts[at] for at in sorted(largest)]


class PartCache:
    """The parts of a library's drawings; those of recently used drawings are cached."""

    def __init__(self, book: Sketchbook, side: int = SIDE) -> None:
        self._book, self._side = book, side
        self._cache = SizedCache(self._apart, lambda parts: sum(part.picture.nbytes for part in parts))

    def parts(self, digest: str) -> tuple[Part, ...]:
        """Return the parts of a drawing or of a photo's cut-out, the lowest first.

        :raises SketchbookError: when it does not exist or cannot be split.
        """
        return self._cache.get(digest)

    def _apart(self, digest: str) -> tuple[Part, ...]:
        if self._book.is_cut_out(digest):
            return split_cut_out(self._book.picture(digest, self._side))
        return split_drawing(self._book.svg(digest), self._side)
