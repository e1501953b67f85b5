"""A drawing whose CSS the renderer reads as a browser does: what needs no change keeps every byte."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from sketch.svg import parse_svg
from sketch.svg_css import colours, declarations, sheets

_START = re.compile(rb"""<[^\s/>]+(?:[^>"']|"[^"]*"|'[^']*')*>""")
_ATTRIBUTE = re.compile(rb"""\s+([\w:.-]+)\s*=\s*(?:"[^"]*"|'[^']*')""")
_ATTRIBUTES = (*colours.INITIAL, "transform")


def simplify(svg: str) -> str:
    """Return an untrusted drawing with its colours, transforms and style sheets as the renderer reads them.

    Of several values of a property, the last that is understood is kept.

    :raises DrawingRefused: when it is no SVG, is beyond a limit, or none of a property's values is understood.
    """
    parse_svg(svg)
    data = svg.encode()
    changes = _Changes(data)
    return changes.applied().decode() if changes.spans else svg


class _Changes:
    """The spans of a drawing's bytes that are written otherwise, in order."""

    def __init__(self, data: bytes) -> None:
        self.spans: list[tuple[int, int, bytes]] = []
        self._data = data
        self._sheet: tuple[int, bool] | None = None
        self._text: list[str] = []
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append
        self._parser.Parse(data, True)

    def applied(self) -> bytes:
        """Return the drawing with the spans replaced."""
        written, last = [], 0
        for start, end, new in self.spans:
            written += [self._data[last:start], new]
            last = end
        return b"".join([*written, self._data[last:]])

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match = _START.match(self._data, self._parser.CurrentByteIndex)
        if match is None:
            return
        changed = _changed(attributes)
        for each in _ATTRIBUTE.finditer(self._data, match.start(), match.end()):
            key = each[1].decode()
            if key in changed:
                new = f" {key}={quoteattr(changed[key])}".encode() if changed[key] else b""
                self.spans.append((*each.span(), new))
        if name.rpartition(":")[2] == "style" and not match[0].endswith(b"/>"):
            self._sheet = (match.end(), sheets.is_for_screens(attributes.get("media", "")))
            self._text.clear()

    def _end(self, name: str) -> None:
        if self._sheet is None or name.rpartition(":")[2] != "style":
            return
        start, shown = self._sheet
        css = "".join(self._text)
        simple = sheets.simplify(css) if shown else ""
        if not _is_same(simple, declarations.strip_comments(css)):
            self.spans.append((start, self._parser.CurrentByteIndex, escape(simple).encode()))
        self._sheet = None


def _is_same(one: str, other: str) -> bool:
    """Return whether two style sheets differ by nothing but spaces and final semicolons."""
    one, other = ("".join(each.split()).replace(";}", "}") for each in (one, other))
    return one == other


def _changed(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of an element that are written otherwise; an empty one is left out.

    :raises DrawingRefused: naming a value that is not understood, where nothing else counts in its place.
    """
    changed = {}
    held = declarations.parse(attributes.get("style", ""))
    simple = declarations.simplify(held, attributes)
    if simple != held or (held and not re.match(r"[\s\w-]+:", attributes["style"])):
        changed["style"] = ";".join(map(str, simple))
    for name in _ATTRIBUTES:
        if (value := attributes.get(name)) is None:
            continue
        new = declarations.resolve(name, value) if value.strip() else None
        if new is None and value.strip() and name not in {each.name for each in simple}:
            declarations.refuse(name, value)
        if new != value.strip():
            changed[name] = new or ""
    return changed
