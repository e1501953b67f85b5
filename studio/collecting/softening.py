"""Replace SVG filters: blurs and inner shadows become masks and stacked strokes, which any renderer draws.

``sketch/svg.py`` refuses filters, which may take any time. A blurred edge follows the normal distribution: half of the
blur lies outside the outline and half inside. Strokes of middle grey in a mask, stacked from the widest to the
narrowest, approximate it. Drop shadows are omitted, since scenes cast their own.
"""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeGuard
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from numpy.typing import NDArray

from sketch import svg
from sketch.svg import name_of
from studio.collecting.svg_shrinking import text

SHAPES = ("path", "circle", "ellipse", "rect")

SHARP = 0.14
"""Largest blur that is ignored as invisible, in units of a 32nd of the drawing's side."""

FAINT = 0.12
"""Inner shadows with less reach or less opacity than this are omitted."""

FAR = 1.6
"""The extent of a drawn blur, in standard deviations."""

FAINTEST = 0.04
"""Blurred shapes with less opacity than this are omitted."""

MEASURED = 128
"""Side in pixels at which the effect of a blur on a shape is measured."""

_PAINT = ("fill", "fill-opacity", "stroke", "stroke-opacity", "opacity")
_INHERITED = (
    "fill", "fill-opacity", "fill-rule", "stroke", "stroke-opacity", "stroke-width", "stroke-linecap",
    "stroke-linejoin", "stroke-miterlimit",
)  # fmt: skip
_REGION = {"maskUnits": "userSpaceOnUse", "x": "-40", "y": "-40", "width": "112", "height": "112"}
_EVERYWHERE = "M-40-40h112v112H-40z"
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Inner:
    """An inner shadow: its offset, blur, colour and opacity."""

    dx: float
    dy: float
    blur: float
    colour: str
    opacity: float

    @property
    def reach(self) -> float:
        """The distance that it reaches inwards."""
        return math.hypot(self.dx, self.dy) + self.blur


@dataclass(frozen=True, slots=True)
class Filter:
    """The supported part of a filter: a blur of the whole, and inner shadows."""

    blur: float
    inner: tuple[Inner, ...]


def replace_filters(root: Element) -> None:
    """Replace the filters of a drawing, whose tags have no namespace, by shapes that look alike, in place."""
    _push_down(root, {})
    filters = {each.get("id"): _filter(each) for each in root.iter() if name_of(each) == "filter"}
    masks = Element("defs")
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == "filter":
                parent.remove(child)
            elif reference := child.attrib.pop("filter", None):
                _replace(child, filters.get(reference[5:-1]) or Filter(0, ()), masks)
    if len(masks):
        root.append(masks)


def _push_down(element: Element, inherited: dict[str, str]) -> None:
    """Copy inherited attributes to the shapes, because these may be moved to other groups."""
    inherited = inherited | {name: element.attrib[name] for name in _INHERITED if name in element.attrib}
    if element.tag in SHAPES:
        for name, value in inherited.items():
            element.attrib.setdefault(name, value)
    for child in element:
        _push_down(child, inherited)


def _filter(element: Element) -> Filter:
    """Parse a filter. The steps of an inner shadow begin at the outline; a blur at the end applies to the whole."""
    inner: list[Inner] = []
    dx = dy = blur = 0.0
    is_inner, last = False, ""
    for step in element:
        name = name_of(step)
        if name == "feOffset":
            dx, dy = float(step.get("dx", 0)), float(step.get("dy", 0))
        elif name == "feGaussianBlur":
            blur = float(step.get("stdDeviation", "0").split()[0])
        elif name == "feComposite":
            is_inner = step.get("operator") == "arithmetic"
        elif name == "feColorMatrix" and step.get("in") == "SourceAlpha":
            dx = dy = blur = 0.0
        elif name == "feColorMatrix":
            values = [float(each) for each in step.get("values", "").split()]
            if is_inner and len(values) == 20:
                inner.append(Inner(dx, dy, blur, _hex(values[4], values[9], values[14]), values[18]))
            is_inner, blur = False, 0.0
        last = name
    return Filter(blur if last == "feGaussianBlur" else 0.0, tuple(inner))


def _hex(*shares: float) -> str:
    return "#" + "".join(f"{round(255 * min(1, max(0, each))):02x}" for each in shares)


def _replace(group: Element, effect: Filter, masks: Element) -> None:
    """Apply a filter to a group by shapes."""
    shapes = [each for each in group.iter() if each.tag in SHAPES]
    if effect.blur > SHARP:
        for parent in list(group.iter()):
            for at, child in enumerate(list(parent)):
                if child.tag in SHAPES:
                    parent[at] = _soft(child, effect.blur, masks)
        return
    outlines = {outline(each): each for each in shapes}
    if len(outlines) != 1:
        return  # shadows would show where outlines meet
    shape = next(iter(outlines.values()))
    for shadow in effect.inner:
        if shadow.reach > FAINT and shadow.opacity > FAINT:
            group.append(_inner(shape, shadow, masks))


def outline(shape: Element) -> tuple[tuple[str, str], ...]:
    """Return the attributes that determine a shape's outline, regardless of its paint."""
    is_line = is_painted(shape.get("stroke"))
    attributes = [
        each
        for each in shape.attrib.items()
        if each[0] not in (*_PAINT, "id") and (is_line or not each[0].startswith("stroke"))
    ]
    return (("tag", str(shape.tag)), ("line", str(is_line)), *sorted(attributes))


def is_painted(paint: str | None) -> TypeGuard[str]:
    """Return whether a fill or stroke paints anything."""
    return paint not in (None, "none")


def _soft(shape: Element, blur: float, masks: Element) -> Element:
    """Return a group that renders a blurred shape."""
    group = Element("g", {"data-soft": f"{blur:g}"})
    if not is_painted(shape.get("stroke")):
        mask = _mask(masks)
        alone = _bare(shape, moved=False)
        _lay_edges(mask, alone, blur, "#fff")
        # A stroke with the fill's paint covers the extent of the blur.
        wide = deepcopy(shape)
        wide.attrib |= {
            "stroke": shape.get("fill", "#000"),
            "stroke-width": f"{2 * FAR * blur:g}",
            "mask": f"url(#{mask.get('id')})",
        }
        opacity = float(wide.attrib.pop("fill-opacity", 1)) * _thinned(alone, mask, blur)
        if opacity < FAINTEST:
            return group
        if opacity < 1:
            wide.set("opacity", f"{opacity:.2f}")
        group.append(wide)
        return group
    if is_painted(shape.get("fill")):
        group.append(shape)  # a shape with both fill and stroke stays sharp
        return group
    for width, opacity in _line(float(shape.get("stroke-width", 1)), blur):
        each = deepcopy(shape)
        each.attrib |= {"stroke-width": f"{width:g}", "fill": "none"}
        each.set("stroke-opacity", f"{opacity * float(shape.get('stroke-opacity', 1)):.3f}")
        group.append(each)
    return group


def _thinned(shape: Element, mask: Element, blur: float) -> float:
    """Return the opacity that a blurred shape keeps at its densest point, relative to its mask.

    Thin shapes lose most.
    """
    from scipy import ndimage

    filled = deepcopy(shape)
    filled.set("fill", "#fff")
    sharp, soft = _white(text(filled)), _white("".join(map(text, mask)))
    blurred = ndimage.gaussian_filter(sharp, blur * MEASURED / 32)
    return float(min(1.0, blurred.max() / max(soft.max(), 0.02)))


def _white(shapes: str) -> NDArray[np.float32]:
    """Render shapes on black and return the lightness of each pixel."""
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{shapes}</svg>'
    pixels = svg.rasterise(drawn, MEASURED).astype(np.float32) / 255
    return np.asarray(pixels[..., 0] * pixels[..., 3])


def _inner(shape: Element, shadow: Inner, masks: Element) -> Element:
    """Return an overlay that looks like a shape's inner shadow: the shape, masked by its moved copy."""
    mask = _mask(masks)
    SubElement(mask, "path", {"d": _EVERYWHERE, "fill": "#fff"})
    moved = SubElement(mask, "g", {"transform": f"translate({shadow.dx:g} {shadow.dy:g})"})
    _lay_edges(moved, _bare(shape, moved=True), shadow.blur, "#000")
    group = Element("g", {"mask": f"url(#{mask.get('id')})"})
    over = _bare(shape, moved=True)
    key = "stroke" if is_painted(shape.get("stroke")) else "fill"
    over.attrib |= {"fill": "none", key: shadow.colour}
    if shadow.opacity < 1:
        over.set(f"{key}-opacity", f"{shadow.opacity:.2f}")
    group.append(over)
    return group


def _mask(masks: Element) -> Element:
    return SubElement(masks, "mask", {"id": f"soft{len(masks)}", **_REGION})


def _bare(shape: Element, *, moved: bool) -> Element:
    """Return a copy of a shape without paint, and unless ``moved`` without its transform, which its mask shares."""
    alone = deepcopy(shape)
    if is_painted(shape.get("stroke")):
        alone.attrib.setdefault("stroke-width", "1")
        dropped: tuple[str, ...] = (*_PAINT, "id")
    else:
        dropped = (*_PAINT, "id", *(name for name in alone.attrib if name.startswith("stroke")))
    for name in (*dropped, *(() if moved else ("transform",))):
        alone.attrib.pop(name, None)
    return alone


def _lay_edges(mask: Element, shape: Element, blur: float, tone: str) -> None:
    """Draw a shape into a mask, in white or black, with a blurred edge."""
    if "stroke-width" in shape.attrib:
        for width, opacity in _line(float(shape.attrib["stroke-width"]), max(blur, 0.02)):
            line = deepcopy(shape)
            line.attrib |= {
                "fill": "none",
                "stroke": tone,
                "stroke-width": f"{width:g}",
                "stroke-opacity": f"{opacity:.3f}",
            }
            mask.append(line)
        return
    filled = deepcopy(shape)
    filled.set("fill", tone)
    mask.append(filled)
    if blur <= SHARP / 2:
        return
    number = _rings(blur)
    laid = 0.0
    for ring in range(number, 0, -1):
        share = min(1.0, 2 * (1 - _NORMAL.cdf(FAR * (ring - 0.5) / number)))
        edge = deepcopy(shape)
        edge.attrib |= {
            "fill": "none",
            "stroke": "#808080",
            "stroke-width": f"{2 * FAR * blur * ring / number:g}",
            "stroke-opacity": f"{1 - (1 - share) / (1 - laid):.3f}",
            "stroke-linejoin": "round",
        }
        laid = share
        mask.append(edge)


def _rings(blur: float) -> int:
    """Return the number of strokes that blur an edge without visible steps at 256 pixels."""
    return 3 if blur < 0.45 else (4 if blur < 0.9 else 6)


def _line(width: float, blur: float) -> list[tuple[float, float]]:
    """Return the widths and opacities of stacked strokes, widest first, that look like one blurred stroke."""
    half, number = width / 2, _rings(blur)
    start, end = max(0.0, half - FAR * blur), half + FAR * blur
    edges = [start + (end - start) * at / number for at in range(number + 1)]
    laid, strokes = 0.0, []
    for ring in range(number, 0, -1):
        middle = (edges[ring] + edges[ring - 1]) / 2
        share = _NORMAL.cdf((half - middle) / blur) - _NORMAL.cdf((-half - middle) / blur)
        if share > laid:
            strokes.append((2 * edges[ring], 1 - (1 - share) / (1 - laid)))
            laid = share
    return strokes
