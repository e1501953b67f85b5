"""Minify SVG: numbers with two decimals, short names, no unused and no duplicate definitions."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element
from xml.sax.saxutils import quoteattr

from defusedxml import ElementTree

GEOMETRY = frozenset((
    "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "fx", "fy", "r", "rx", "ry", "width", "height", "points",
    "stroke-width", "stroke-opacity", "fill-opacity", "opacity", "offset", "stop-opacity", "stroke-dasharray",
))  # fmt: skip
DEFINED = ("linearGradient", "radialGradient", "clipPath", "mask")
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_TOKEN = re.compile(rf"[A-Za-z]|{NUMBER.pattern}")
_CALL = re.compile(r"(\w+)\(([^)]*)\)")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def parse_svg(svg: str) -> Element:
    """Parse an icon set's SVG and remove the namespaces from its names."""
    root: Element = ElementTree.fromstring(svg)
    for element in root.iter():
        element.tag = str(element.tag).rpartition("}")[2]
        for key in [key for key in element.attrib if "}" in key]:
            element.set(key.rpartition("}")[2], element.attrib.pop(key))
    return root


def minify(root: Element) -> str:
    """Return a drawing as minified SVG; the tree is changed."""
    for element in root.iter():
        _shorten(element)
    _merge(root)
    _drop_unused(root)
    _name(root)
    root.set("xmlns", "http://www.w3.org/2000/svg")
    return text(root)


def _shorten(element: Element) -> None:
    for key, value in list(element.attrib.items()):
        if key == "d":
            element.set(key, shorten_path(value))
        elif key in GEOMETRY:
            element.set(key, " ".join(map(_short, value.split())))
        elif key in ("transform", "gradientTransform"):
            element.set(key, _CALL.sub(_call, value))
        elif key == "clip-rule" or (key, value) in (("stop-opacity", "1"), ("fill-opacity", "1")):
            del element.attrib[key]


def _short(value: str, decimals: int = 2) -> str:
    """Return a number with few decimals and no zero before the point; return anything else unchanged."""
    try:
        short = f"{float(value):.{decimals}f}"
    except ValueError:
        return value
    short = short.rstrip("0").rstrip(".") if "." in short else short
    short = re.sub(r"^(-?)0(?=\.)", r"\1", short)
    return "0" if short in ("-0", "", "-") else short


def _call(match: re.Match[str]) -> str:
    """Shorten a transformation; small factors of rotation and scaling keep more decimals."""
    numbers = NUMBER.findall(match[2])
    exact = 4 if match[1] == "matrix" else 0
    return f"{match[1]}({' '.join(_short(each, 3 if at < exact else 2) for at, each in enumerate(numbers))})"


def shorten_path(data: str) -> str:
    """Return path data with numbers of two decimals and no needless spaces."""
    out = ""
    for token in _TOKEN.findall(data):
        if token.isalpha():
            out += token
            continue
        short = _short(token)
        # One number ends where a sign begins, or a second point.
        needs = out and not out[-1].isalpha() and not short.startswith("-")
        if needs and short.startswith(".") and "." in re.split(r"[A-Za-z \-]", out)[-1]:
            needs = False
        out += f" {short}" if needs else short
    return out


def _merge(root: Element) -> None:
    """Merge equal definitions."""
    known: dict[str, str] = {}
    renamed: dict[str, str] = {}
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in DEFINED[:2] and (name := child.get("id")):
                del child.attrib["id"]
                definition = text(child)
                child.set("id", name)
                if first := known.setdefault(definition, name):
                    renamed[name] = first
                if first != name:
                    parent.remove(child)
    _rename(root, renamed)


def _drop_unused(root: Element) -> None:
    """Remove unused names and definitions, and empty groups."""
    while True:
        used = set().union(*(_references(element) for element in root.iter()))
        dropped = False
        for parent in list(root.iter()):
            for child in list(parent):
                is_unused = child.tag in DEFINED and child.get("id") not in used
                if is_unused or (child.tag in ("g", "defs") and not len(child)):
                    parent.remove(child)
                    dropped = True
                elif child.get("id") not in used:
                    child.attrib.pop("id", None)
        if not dropped:
            return


def _references(element: Element) -> set[str]:
    references = {name for value in element.attrib.values() for name in _REFERENCE.findall(value)}
    href = element.get("href", "")
    return references | ({href[1:]} if href.startswith("#") else set())


def _name(root: Element) -> None:
    """Give the referenced definitions the shortest names."""
    names = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    _rename(root, {name: _letters(number) for number, name in enumerate(names)})


def _letters(number: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return (_letters(number // 26 - 1) if number >= 26 else "") + letters[number % 26]


def _rename(root: Element, names: dict[str, str]) -> None:
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "id":
                element.set(key, names.get(value, value))
            elif key == "href" and value.startswith("#"):
                element.set(key, f"#{names.get(value[1:], value[1:])}")
            elif "url(#" in value:
                element.set(key, _REFERENCE.sub(lambda match: f"url(#{names.get(match[1], match[1])})", value))


def text(element: Element) -> str:
    """Return an element and its contents as XML, without spaces between elements."""
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in element.attrib.items())
    inner = "".join(map(text, element))
    return f"<{element.tag}{attributes}>{inner}</{element.tag}>" if inner else f"<{element.tag}{attributes}/>"
