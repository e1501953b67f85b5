"""Single-colour drawings of icon sets, chosen by eye: what they show, and the colours that they are given.

``things.tsv`` has a line for each: the icon; the name of what it shows, its Unicode subgroup and its German name; other
names in English and in German; words that go with it; the colour of the drawing and that of the regions inside it; its
artist, where the package does not say who that is. Icons of the set ``own`` are drawings of this project, in the folder
``own``, which have their colours already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from sketch.styling.drawing_styles import COLOURED, CUT_OUT
from studio.collecting import icon_sets, svg_shrinking
from studio.collecting.svg_shrinking import NUMBER
from studio.errors import StudioError

TABLE = Path(__file__).with_name("things.tsv")
SETS = {
    "game-icons": "1.2.4",
    "healthicons": "1.2.13",
    "temaki": "1.2.6",
    "maki": "1.2.5",
    "ph": "1.2.2",
    "mdi": "1.2.3",
}
"""The icon sets of the table, by their npm packages ``@iconify-json/NAME``, with the versions that were looked at."""

OWN = Path(__file__).with_name("own")
"""Drawings of what no icon set has: plain forms, and places."""

OWN_SET, OWN_ARTIST, OWN_LICENCE = "own", "the authors of MoMA Lisa", "Apache-2.0"
LICENCES = ("CC-BY-3.0", "CC-BY-4.0", "MIT", "Apache-2.0", "CC0-1.0")
"""The licences under which a drawing may be taken, as SPDX names them; none demands the same licence of a painting."""

OPEN, NONE = "open", "none"
"""In place of a colour: one looks through the regions inside the drawing; there are none."""

SIZE = 256
COLUMNS = 10
COLOUR = re.compile(r"#[0-9a-f]{6}")
PATH = re.compile(r'<path\b[^>]*?\bd="([^"]+)"')
COMMAND = re.compile(r"([MmLlHhVvCcSsQqTtAaZz])([^MmLlHhVvCcSsQqTtAaZz]*)")
ARC = re.compile(
    rf"\s*,?\s*({NUMBER.pattern})" * 3 + r"\s*,?\s*([01])\s*,?\s*([01])" + rf"\s*,?\s*({NUMBER.pattern})" * 2
)
TAKES = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7}
"""How many numbers each command of a path takes (SVG 2, section 9.3)."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Thing:
    """A line of the table. ``main`` and ``inner`` are colours such as ``#e8e2d0``; ``inner`` may be open or none."""

    icon: str
    name: str
    kind: str
    german: str
    also: tuple[str, ...]
    also_german: tuple[str, ...]
    near: tuple[str, ...]
    main: str
    inner: str
    artist: str = ""

    @property
    def package(self) -> str:
        """The icon set that the drawing is from."""
        return self.icon.partition(":")[0]

    @property
    def key(self) -> str:
        """The drawing's name in its set."""
        return self.icon.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A thing's drawing in its colours, as SVG, with its style, artist, licence (SPDX) and source."""

    thing: Thing
    svg: str
    style: str
    artist: str
    licence: str
    source: str


def read_table(path: Path = TABLE) -> list[Thing]:
    """Return the things of a table, in its order; lines that begin with ``#`` are notes.

    :raises StudioError: for a malformed line, or an icon that stands there twice; it names the line.
    """
    found: dict[str, Thing] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("# "):
            continue
        fields = line.split("\t")
        if len(fields) != COLUMNS:
            raise StudioError(f"{path.name}, line {number}: {len(fields)} fields, {COLUMNS} are wanted.")
        icon, name, kind, german, also, also_german, near, main, inner, artist = fields
        thing = Thing(
            icon,
            name,
            kind=kind,
            german=german,
            also=_listed(also),
            also_german=_listed(also_german),
            near=_listed(near),
            main=main,
            inner=inner,
            artist=artist,
        )
        if reason := _fault(thing):
            raise StudioError(f"{path.name}, line {number}: {reason}.")
        if icon in found:
            raise StudioError(f"{path.name}, line {number}: {icon} stands there twice.")
        found[icon] = thing
    return list(found.values())


def _fault(thing: Thing) -> str:
    if thing.package not in (*SETS, OWN_SET) or not thing.key:
        return f"{thing.icon} is of no known set"
    if not (thing.name and thing.kind and thing.german):
        return "a name, a kind and a German name are wanted"
    if not COLOUR.fullmatch(thing.main):
        return f"{thing.main} is no colour such as #e8e2d0"
    if not COLOUR.fullmatch(thing.inner) and thing.inner not in (OPEN, NONE):
        return f"{thing.inner} is neither a colour nor {OPEN} nor {NONE}"
    return ""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


def drawings(modules: Path, things: list[Thing]) -> Iterator[Drawn]:
    """Yield the drawing of each thing, from unpacked npm packages.

    :raises StudioError: when a package or an icon is missing, or the licence of a set is not one of ``LICENCES``.
    """
    for thing in things:
        if thing.package == OWN_SET:
            yield _own(thing)
            continue
        icons, artist, licence, version = _package(modules / "@iconify-json" / thing.package)
        entry = icons["icons"].get(thing.key)
        if entry is None:
            raise StudioError(f"{thing.icon} is not in @iconify-json/{thing.package} {version}.")
        box = tuple(
            entry.get(part, icons.get(part, least))
            for part, least in (("left", 0), ("top", 0), ("width", 16), ("height", 16))
        )
        source = f"npm:@iconify-json/{thing.package}@{version}#{thing.key}"
        svg = colour(entry["body"], box, thing.main, thing.inner)
        yield Drawn(thing, svg, CUT_OUT, thing.artist or artist, licence, source)


def _own(thing: Thing) -> Drawn:
    path = OWN / f"{thing.key}.svg"
    try:
        svg = path.read_text("utf-8")
    except OSError as error:
        raise StudioError(f"{path} cannot be read: {error.strerror}.") from error
    source = f"studio/collecting/own/{path.name}"
    shrunk = svg_shrinking.minify(svg_shrinking.parse_svg(svg))
    return Drawn(thing, shrunk, COLOURED, OWN_ARTIST, OWN_LICENCE, source)


@cache
def _package(folder: Path) -> tuple[dict[str, Any], str, str, str]:
    """Return a set's icons, its author, its licence and its version."""
    icons, about, package = (icon_sets.read_json(folder / f"{name}.json") for name in ("icons", "info", "package"))
    licence = str(about["license"].get("spdx") or about["license"]["title"])
    if licence not in LICENCES:
        raise StudioError(f"{folder.name} is under {licence}; only drawings under {', '.join(LICENCES)} are taken.")
    return icons, str(about["author"]["name"]), licence, str(package["version"])


def colour(body: str, box: tuple[float, ...], main: str, inner: str) -> str:
    """Return an icon as SVG in its colours: its own parts in ``main``, above the regions inside them in ``inner``.

    :param box: left, top, width and height of the icon.
    """
    filled = ""
    if inner not in (OPEN, NONE):
        regions = [region for path in PATH.findall(body) for region in holes(path)]
        filled = f'<path fill="{inner}" d="{"".join(regions)}"/>' if regions else ""
    left, top, width, height = box
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE}" height="{SIZE}" '
        f'viewBox="{left:g} {top:g} {width:g} {height:g}">{filled}{body.replace("currentColor", main)}</svg>'
    )
    return svg_shrinking.minify(svg_shrinking.parse_svg(svg))


def holes(path: str) -> list[str]:
    """Return the closed outlines of a path that lie inside another of its outlines, each as a path of its own."""
    outlines = list(_outlines(path))
    return [own for own, box in outlines if any(_is_inside(box, other) for _, other in outlines)]


def _is_inside(box: Box, other: Box) -> bool:
    (left, top, right, bottom), (their_left, their_top, their_right, their_bottom) = box, other
    is_within = left >= their_left and top >= their_top and right <= their_right and bottom <= their_bottom
    return is_within and box != other


def _outlines(path: str) -> Iterator[tuple[str, Box]]:
    """Yield each outline of a path, begun at an absolute point, with its box: left, top, right, bottom."""
    at = start = (0.0, 0.0)
    parts: list[str] = []
    points: list[tuple[float, float]] = []
    for command, text in COMMAND.findall(path):
        if command in "Mm" or (command not in "Zz" and not parts):
            if parts:
                yield "".join(parts), _box(points)
            parts, points = [], []
        if command in "Zz":
            at = start
            yield "".join((*parts, "Z")), _box(points)
            parts, points = [], []
            continue
        rows = _rows(command, text)
        if not parts:
            if command in "Mm":
                first, rows = rows[0], rows[1:]
                at = start = _moved(command, first, at)[-1]
                command = "l" if command == "m" else "L"
            else:  # after a Z, a command continues from where the outline began
                start = at
            parts, points = [f"M{at[0]:g} {at[1]:g}"], [at]
        for row in rows:
            reached = _moved(command, row, at)
            points += reached
            at = reached[-1]
            parts.append(command + " ".join(row))
    if parts:
        yield "".join(parts), _box(points)


def _rows(command: str, text: str) -> list[tuple[str, ...]]:
    """Return the numbers of a command, a tuple for each time that it is meant; flags of arcs may stand together."""
    if command in "Aa":
        return [match.groups() for match in ARC.finditer(text)]
    numbers, wanted = NUMBER.findall(text), TAKES[command.upper()]
    cuts = range(0, len(numbers) + 1, wanted)
    return [tuple(numbers[first:last]) for first, last in pairwise(cuts)]


def _moved(command: str, row: tuple[str, ...], at: tuple[float, float]) -> list[tuple[float, float]]:
    """Return the points that a command names, control points too, the reached one last."""
    values = [float(each) for each in row]
    left, top = at if command.islower() else (0.0, 0.0)
    match command.upper():
        case "H":
            return [(left + values[0], at[1])]
        case "V":
            return [(at[0], top + values[0])]
        case "A":
            return [(left + values[5], top + values[6])]
    return [(left + x, top + y) for x, y in zip(values[::2], values[1::2], strict=True)]


def _box(points: list[tuple[float, float]]) -> Box:
    across, down = zip(*points, strict=True) if points else ((0.0,), (0.0,))
    return min(across), min(down), max(across), max(down)
