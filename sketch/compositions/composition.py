"""Compositions: how a picture is built, in which marks and which inks; and the limits of all that.

A style decides more than a surface. Its layout says how often and how the things of a scene are shown, its marks redraw
them, its inks are all the colours there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sketch.compositions import field_readers
from sketch.compositions.field_readers import COUNT_MOST, SceneError
from sketch.compositions.register import STYLES

VERSION = 1

LAYOUTS = ("single", "grid", "panels", "pattern", "tilted")
"""The scene once; in rows and columns of cells; in strips that slide; as a repeat in half-drop; turned as a whole."""

PAINTED = "painted"
"""The marks of painterly styles: light and form are drawn, brushstrokes are the model's work."""

MARKS = (PAINTED, *STYLES)
"""What redraws the things and their ground."""

CELLS_MOST = 6
"""Rows, and columns, of a composition at most."""

INKS = (2, 9)
"""How many inks a composition has, at least and at most."""

TILTS = (-0.8, 0.8)
SCALES = (0.5, 2.0)


@dataclass(frozen=True, slots=True)
class Composition:
    """How a picture is built.

    ``marks`` is one of :data:`MARKS`, ``layout`` one of :data:`LAYOUTS`; ``rows`` and ``columns`` count the cells of
    layouts that have some. ``inks`` are sRGB ``rrggbb``, the ground's first. ``tilt`` is in radians, clockwise;
    ``scale`` makes marks coarser or finer; ``seed`` is what details follow from, such as where a disc lies.
    """

    marks: str = PAINTED
    layout: str = "single"
    rows: int = 1
    columns: int = 1
    inks: tuple[str, ...] = ("f2ead8", "1d1a18")
    tilt: float = 0.0
    scale: float = 1.0
    seed: int = 0

    @property
    def is_graphic(self) -> bool:
        """Whether the scene itself draws the marks, not the model."""
        return self.marks != PAINTED

    def as_json(self) -> dict[str, Any]:
        """Return what :func:`read` reads."""
        written = {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()}
        return {"version": VERSION, **written, "inks": list(self.inks)}


def schema() -> dict[str, Any]:
    """Describe the JSON of a composition as JSON Schema, with the limits that :func:`read` keeps."""
    cells = {"type": "integer", "minimum": 1, "maximum": CELLS_MOST}
    ink = {"type": "string", "pattern": "^[0-9a-f]{6}(?![\\s\\S])"}
    properties = {
        "version": {"const": VERSION},
        "marks": {"enum": list(MARKS)},
        "layout": {"enum": list(LAYOUTS)},
        "rows": cells,
        "columns": cells,
        "inks": {"type": "array", "minItems": INKS[0], "maxItems": INKS[1], "items": ink},
        "tilt": {"type": "number", "minimum": TILTS[0], "maximum": TILTS[1]},
        "scale": {"type": "number", "minimum": SCALES[0], "maximum": SCALES[1]},
        "seed": {"type": "integer", "minimum": 0, "maximum": COUNT_MOST},
    }
    required = ["version", "marks", "inks"]
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": required}


def read(value: object, where: str) -> Composition:
    """Read a composition from JSON that anybody may have written; ``where`` names the field that holds it.

    :raises SceneError: where something is missing, unknown or beyond a limit, or the version is another.
    """
    fields = field_readers.mapping(value, where, {"version", *Composition.__dataclass_fields__})
    version = fields.get("version")
    if isinstance(version, bool) or version != VERSION:
        raise SceneError(f"{where}.version: {repr(version)[:40]} cannot be read here, only {VERSION}.")
    return Composition(
        marks=field_readers.one_of(fields, where, "marks", MARKS, default=""),
        layout=field_readers.one_of(fields, where, "layout", LAYOUTS, default="single"),
        rows=_cells(fields.get("rows", 1), f"{where}.rows"),
        columns=_cells(fields.get("columns", 1), f"{where}.columns"),
        inks=_inks(fields.get("inks"), f"{where}.inks"),
        tilt=field_readers.number(fields, where, "tilt", *TILTS, default=0.0),
        scale=field_readers.number(fields, where, "scale", *SCALES, default=1.0),
        seed=field_readers.count(fields.get("seed", 0), f"{where}.seed"),
    )


def _cells(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= CELLS_MOST:
        raise SceneError(f"{where}: it must be a whole number from 1 to {CELLS_MOST}.")
    return value


def _inks(value: object, where: str) -> tuple[str, ...]:
    low, high = INKS
    inks = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else ()
    if not low <= len(inks) <= high or not all(field_readers.is_tone(ink) for ink in inks):
        raise SceneError(f"{where}: {low} to {high} colours as six hexadecimal digits are required.")
    return inks
