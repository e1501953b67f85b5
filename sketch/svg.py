"""Untrusted drawings as SVG: harmful ones are refused, the others are rendered.

Without checks, the renderer would read files that a drawing names, a deep tree would crash its process, and some
filters, patterns and numbers would make it run forever. What the limits do not foresee, :func:`try_rendering` finds by
rendering in a separate process.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sketch.colour import Array

Pixels = NDArray[np.uint8]


BYTES = 512 * 1024
ELEMENTS = 2_000
DEEP = 32
"""The limits of a drawing: its size in bytes, number of elements, and depth of nesting."""

SHOWN = 20_000
"""The largest number of elements shown, counting repeated uses."""

STYLE = 16 * 1024
"""The largest number of characters in a drawing's CSS, for each of its ``style`` elements."""

LARGEST = 1_000_000.0
"""The largest absolute value of a number in a drawing."""

REFUSED = ("image", "feImage", "filter", "pattern", "marker", "text", "foreignObject")
"""Elements that are refused: they read external resources, may take unlimited time, or look different on every
machine."""

SECONDS = 10
"""The time limit of a trial rendering, in seconds."""

SIZES = (24, 64, 179, 256, 512)
"""The sides in pixels of trial renderings."""

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_NAMING = re.compile(r"url\([^)]*\)|#[\w-]+")
_SCRIPT = re.compile(r"\s*(?:java|vb)script:", re.IGNORECASE)
_OUTSIDE = re.compile(r"@import[^;]*|url\(\s*[\"']?\s*(?![#\"'\s])[^)]*\)?", re.IGNORECASE)
_START = re.compile(r"""(<[^\s/>]+)((?:[^>"'/]|/(?!>)|"[^"]*"|'[^']*')*)""")
_ATTRIBUTE = re.compile(r"""\s+([\w:.-]+)\s*=\s*(?:"[^"]*"|'[^']*')""")
_SIZING = ("width", "height", "viewBox", "preserveAspectRatio")
_NAMES = frozenset(("id", "class", "href", "fill", "stroke", "stop-color", "color", "version"))
_ROUNDS = 8


class SketchbookError(ValueError):
    """A drawing library, or a drawing in it, is missing or cannot be read."""


class DrawingRefused(SketchbookError):
    """A drawing is refused; ``sentence`` with ``values`` says why, so that a page can translate it."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence % values if values else sentence)
        self.sentence, self.values = sentence, values


def parse_svg(svg: str) -> Element:
    """Return the root element of an untrusted drawing, parsed without resolving anything.

    :raises DrawingRefused: when it is no SVG, refers to external resources, or is beyond a limit.
    """
    from defusedxml import ElementTree

    try:
        size = len(svg.encode())
        if size > BYTES:
            raise DrawingRefused("The drawing has %(size)s bytes, at most %(most)s.", size=size, most=BYTES)
        parser = ElementTree.DefusedXMLParser(target=_Counted())
        parser.feed(svg)
        root: Element = parser.close()
    except DrawingRefused:
        raise
    except Exception as error:  # any error of the parser or its guard means that it is no drawing
        reason = str(error)[:200].rstrip(".")
        raise DrawingRefused("The drawing cannot be read: %(reason)s.", reason=reason) from error
    if name_of(root) != "svg":
        raise DrawingRefused("The drawing is no SVG: it begins with %(name)s.", name=repr(name_of(root)[:40]))
    for element in root.iter():
        _look_over(element)
    if _count_shown(root) > SHOWN:
        raise DrawingRefused(
            "The drawing shows more than %(most)s elements, by using some again and again.", most=SHOWN
        )
    return root


def name_of(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def rasterise(svg: str, pixels: int) -> Pixels:
    """Return a validated drawing rendered to bytes: (pixels, pixels, 4), straight alpha.

    :raises DrawingRefused: when it cannot be rendered.
    """
    import resvg_py

    try:
        # System fonts are skipped, so that a drawing looks the same on every machine.
        png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=pixels, height=pixels, skip_system_fonts=True))
        picture = Image.open(io.BytesIO(png)).convert("RGBA")
    except BaseException as error:
        # A panic of the renderer is no Exception, and its class cannot be imported.
        if not isinstance(error, ValueError | OSError) and type(error).__name__ != "PanicException":
            raise
        reason = str(error)[:200].rstrip(".")
        raise DrawingRefused("The drawing cannot be rendered: %(reason)s.", reason=reason) from error
    if picture.size != (pixels, pixels):
        picture = picture.resize((pixels, pixels), Image.Resampling.LANCZOS)
    return np.asarray(picture)


def to_shares(picture: Pixels) -> Array:
    """Return bytes 0…255 as float32 within 0…1."""
    return np.asarray(np.asarray(picture, np.float32) / 255, np.float32)


def try_rendering(svg: str) -> str:
    """Return an untrusted drawing, made square, after rendering it in a separate process, which may crash.

    :raises DrawingRefused: when it is refused, has no size, shows nothing, refers to external resources, contains a
        script, cannot be rendered, or takes longer than :data:`SECONDS`.
    """
    root = parse_svg(svg)
    for element in root.iter():
        _suspect(element)
    svg = _make_square(svg, root)
    command = [sys.executable, "-c", _TRIAL, str(_NOTHING), *map(str, SIZES)]
    try:
        done = subprocess.run(
            command,
            input=svg.encode(),
            cwd=Path(__file__).parents[1],
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DrawingRefused("The drawing takes longer than %(seconds)s seconds to render.", seconds=SECONDS) from error
    if done.returncode == _NOTHING:
        raise DrawingRefused("The drawing shows nothing.")
    if done.returncode:
        raise DrawingRefused("The drawing cannot be rendered: the renderer broke down over it.")
    return svg


_NOTHING = 9
_TRIAL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
from sketch import svg
drawing = sys.stdin.buffer.read().decode()
pictures = [svg.rasterise(drawing, int(size)) for size in sys.argv[2:]]
sys.exit(0 if pictures[-1][..., 3].max() > 127 else int(sys.argv[1]))
"""


def _suspect(element: Element) -> None:
    """Check that an uploaded drawing contains no script and no external reference, though neither would be used.

    :raises DrawingRefused: naming what was found.
    """
    if name_of(element) == "script":
        raise DrawingRefused("The drawing holds a script.")
    attributes = [*element.attrib.items(), *([("style", element.text or "")] if name_of(element) == "style" else ())]
    for key, value in attributes:
        plain = key.rpartition("}")[2].lower()
        if plain.startswith("on") or (plain == "href" and _SCRIPT.match(value)):
            raise DrawingRefused("The drawing holds a script, in %(name)s.", name=repr(plain[:40]))
        if match := _OUTSIDE.search(value):
            raise DrawingRefused("The drawing refers to something outside of it: %(what)s.", what=repr(match[0][:60]))


def _make_square(svg: str, root: Element) -> str:
    """Return a drawing centred in a square, so that it is not stretched; unchanged if it is square already."""
    left, top, width, height = _box(root)
    if width == height and root.get("viewBox") and root.get("width") == root.get("height"):
        return svg
    side = max(width, height)
    box = " ".join(f"{each:g}" for each in (left - (side - width) / 2, top - (side - height) / 2, side, side))
    match = _START.match(svg, _start(svg))
    if match is None:
        raise DrawingRefused("The drawing cannot be read: its first element does not end.")
    attributes = _ATTRIBUTE.sub(lambda each: "" if each[1] in _SIZING else each[0], match[2])
    return f'{svg[: match.start()]}{match[1]} viewBox="{box}"{attributes}{svg[match.end(2) :]}'


def _box(root: Element) -> tuple[float, float, float, float]:
    """Return a drawing's box: left, top, width, height.

    :raises DrawingRefused: when it has no usable size.
    """
    numbers = root.get("viewBox", "").replace(",", " ").split()
    if not numbers:
        numbers = ["0", "0", *(root.get(name, "").strip().removesuffix("px") for name in ("width", "height"))]
    try:
        left, top, width, height = map(float, numbers)
    except ValueError:
        width = height = 0.0
    if not (0 < width <= LARGEST and 0 < height <= LARGEST):
        raise DrawingRefused('The drawing has no size: its first element wants one, as in viewBox="0 0 64 64".')
    return left, top, width, height


def _start(svg: str) -> int:
    """Return the index in the text at which the first element of a parsed drawing starts."""
    from xml.parsers import expat

    places: list[int] = []
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda *_: places.append(parser.CurrentByteIndex) if not places else None
    data = svg.encode()
    parser.Parse(data, True)
    return len(data[: places[0]].decode())


class _Counted(TreeBuilder):
    """Tree builder that raises when a tree becomes too large or too deep."""

    def __init__(self) -> None:
        super().__init__()
        self._count = self._deep = 0

    def start(self, tag: Any, attrs: Any, /) -> Element:
        """Start an element.

        :raises DrawingRefused: when there are too many elements, or they are nested too deeply.
        """
        self._count += 1
        self._deep += 1
        if self._count > ELEMENTS:
            raise DrawingRefused("The drawing has more than %(most)s elements.", most=ELEMENTS)
        if self._deep > DEEP:
            raise DrawingRefused("The drawing's elements lie more than %(most)s deep in each other.", most=DEEP)
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        """End an element."""
        self._deep -= 1
        return super().end(tag)


def _look_over(element: Element) -> None:
    """Check that an element reads no external resource and takes limited time.

    :raises DrawingRefused: naming what was found.
    """
    name = name_of(element)
    if name in REFUSED:
        raise DrawingRefused("The drawing holds an element %(name)s, which is not drawn here.", name=repr(name))
    if name == "style" and len(element.text or "") > STYLE:
        size = len(element.text or "")
        raise DrawingRefused("The drawing has %(size)s characters of CSS, at most %(most)s.", size=size, most=STYLE)
    for key, value in element.attrib.items():
        plain = key.rpartition("}")[2]
        if plain == "href" and name not in ("a", "script") and not value.strip().startswith("#"):
            raise DrawingRefused("The drawing refers to something outside of it: %(what)s.", what=repr(value[:60]))
        if plain not in _NAMES:
            _look_over_numbers(plain, value)


def _look_over_numbers(name: str, value: str) -> None:
    """Check that an attribute's value has no number beyond :data:`LARGEST`.

    :raises DrawingRefused: naming the attribute and the number.
    """
    for number in _NUMBER.findall(_NAMING.sub("", value)):
        if not abs(float(number)) <= LARGEST:
            values = {"name": repr(name[:40]), "number": number[:40], "most": f"{LARGEST:g}"}
            raise DrawingRefused("The drawing's %(name)s holds the number %(number)s, at most %(most)s.", **values)


def _count_shown(root: Element) -> int:
    """Return the number of elements shown; elements that others use count once more for each use."""
    elements = list(root.iter())
    ids = {element.get("id"): element for element in elements}
    uses = {
        element: ids.get(next((value[1:] for key, value in element.attrib.items() if key.endswith("href")), ""))
        for element in elements
        if name_of(element) == "use"
    }
    counts: dict[Element | None, int] = dict.fromkeys([*elements, None], 0)
    for _ in range(_ROUNDS if uses else 1):
        for element in reversed(elements):  # children before their parents
            counts[element] = 1 + sum(counts[child] for child in element)
            if element in uses:
                counts[element] += counts[uses[element]]
        if counts[root] > SHOWN:
            break
    return counts[root]
