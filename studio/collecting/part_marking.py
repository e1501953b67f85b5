"""Find which shapes of a shaded drawing form one part: shapes that only shade another belong to it.

Such drawings stack gradients, highlights and shadows on a shape. Split into single shapes, the shadow of a cheek might
be morphed into a wheel. So groups that belong together are marked, and :mod:`sketch.parts` treats each as one part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from sketch import svg
from sketch.parts import PART
from studio.collecting.softening import SHAPES, is_painted, outline
from studio.collecting.svg_shrinking import DEFINED, text

SIDE = 64
"""Side in pixels at which shapes are compared."""

WITHIN = 0.8
"""The share of a shading shape that must lie within a part for it to belong to that part."""

DENSE = 0.75
"""Mean opacity above which a shape is more than shading."""

TOUCHING = 0.01
"""The share of a shape that must overlap another for their order to matter."""

Covered = NDArray[np.float32]


def mark_parts(root: Element) -> None:
    """Group the shapes that belong together, and mark the groups as parts, in place."""
    main = _main(root)
    definitions = [each for each in root if each.tag in ("defs", *DEFINED)]
    items = [each for each in main if each.tag not in ("defs", *DEFINED)]
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{root.get("viewBox", "0 0 32 32")}">'
    defined = "".join(map(text, definitions))
    groups: list[_Group] = []
    for item in items:
        alpha = _alpha(f"{frame}{defined}{text(item)}</svg>")
        outlines = {outline(each) for each in item.iter() if each.tag in SHAPES}
        own = next((each for each in _reached(groups, alpha) if each.takes(item, alpha, outlines)), None)
        if own is None:
            own = _Group([], set(), np.zeros_like(alpha))
            groups.append(own)
        own.items.append(item)
        own.outlines |= outlines
        own.covered = np.maximum(own.covered, alpha)
    for item in items:
        main.remove(item)
    for at, group in enumerate(groups):
        main.insert(at, group.items[0] if _is_single(group.items) else _marked(group.items))


@dataclass
class _Group:
    """A part found so far: its shapes, their outlines, and its coverage of each pixel."""

    items: list[Element]
    outlines: set[tuple[tuple[str, str], ...]]
    covered: Covered

    def takes(self, item: Element, alpha: Covered, outlines: set[tuple[tuple[str, str], ...]]) -> bool:
        """Return whether an item belongs to this group."""
        return (len(outlines) == 1 and outlines <= self.outlines) or _shades(item, alpha, self.covered)


def _reached(groups: list[_Group], alpha: Covered) -> Iterator[_Group]:
    """Yield the groups that an item may join, topmost first, down to the first that it overlaps."""
    for group in reversed(groups):
        yield group
        if float((alpha * group.covered).sum()) > TOUCHING * float(alpha.sum()):
            return


def _main(root: Element) -> Element:
    """Return the element that holds the shapes, after moving its definitions to the root."""
    drawn = [each for each in root if each.tag not in ("defs", *DEFINED)]
    main = drawn[0] if len(drawn) == 1 and drawn[0].tag == "g" and set(drawn[0].attrib) <= {"fill"} else root
    if main is not root:
        for each in [each for each in main if each.tag in ("defs", *DEFINED)]:
            main.remove(each)
            root.append(each)
    return main


def _shades(item: Element, alpha: Covered, covered: Covered) -> bool:
    """Return whether an item only shades what it lies on."""
    total = float(alpha.sum())
    if total < 0.5:
        return float(covered.sum()) > 0
    seen = alpha > 0.04
    is_dense = float(alpha[seen].mean()) > DENSE if seen.any() else False
    inside = float((alpha * (covered > 0.5)).sum()) / total
    return (_is_soft(item) or not is_dense) and inside >= WITHIN


def _is_single(group: list[Element]) -> bool:
    """Return whether a group is one shape, or one group of several outlines that may be split further."""
    if len(group) > 1:
        return False
    shapes = [each for each in group[0].iter() if each.tag in (*SHAPES, "use")]
    return len(shapes) == 1 or (len({outline(each) for each in shapes}) > 1 and not _is_soft(group[0]))


def _is_soft(item: Element) -> bool:
    return any("data-soft" in each.attrib for each in item.iter())


def _marked(group: list[Element]) -> Element:
    part = Element("g", {PART: ""})
    part.extend(group)
    return part


def _alpha(drawing: str) -> Covered:
    """Render a drawing and return its coverage of each pixel."""
    return svg.rasterise(drawing, SIDE)[..., 3].astype(np.float32) / np.float32(255)


def drop_unpainted(root: Element) -> None:
    """Remove stroke attributes of shapes without a stroke, and the marks of blurred shapes."""
    for element in root.iter():
        element.attrib.pop("data-soft", None)
        if element.tag in SHAPES and not is_painted(element.get("stroke")):
            for name in [name for name in element.attrib if name.startswith("stroke")]:
                del element.attrib[name]
