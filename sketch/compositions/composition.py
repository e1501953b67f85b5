"""Compositions: how a picture is built, in which marks and which inks; and the limits of all that.

A style decides more than a surface. Its layout says how often and how the things of a scene are shown, its marks redraw
them, its inks are all the colours there are.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from sketch.compositions import field_readers
from sketch.compositions.field_readers import Count, OneOf, Tone, within
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
Cells = Annotated[int, Field(strict=True, ge=1, le=CELLS_MOST)]


@dataclass(frozen=True, slots=True)
class Composition:
    """How a picture is built.

    ``marks`` is one of :data:`MARKS`, ``layout`` one of :data:`LAYOUTS`; ``rows`` and ``columns`` count the cells of
    layouts that have some. ``inks`` are sRGB ``rrggbb``, the ground's first. ``tilt`` is in radians, clockwise;
    ``scale`` makes marks coarser or finer; ``seed`` is what details follow from, such as where a disc lies.
    """

    __pydantic_config__ = field_readers.KNOWN_FIELDS

    marks: Annotated[str, OneOf(MARKS)] = PAINTED
    layout: Annotated[str, OneOf(LAYOUTS)] = "single"
    rows: Cells = 1
    columns: Cells = 1
    inks: Annotated[tuple[Tone, ...], Field(min_length=INKS[0], max_length=INKS[1])] = ("f2ead8", "1d1a18")
    tilt: Annotated[float, within(TILTS)] = 0.0
    scale: Annotated[float, within(SCALES)] = 1.0
    seed: Count = 0

    @property
    def is_graphic(self) -> bool:
        """Whether the scene itself draws the marks, not the model."""
        return self.marks != PAINTED

    def as_json(self) -> dict[str, Any]:
        """Return what :func:`read` reads."""
        written = {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()}
        return {"version": VERSION, **written, "inks": list(self.inks)}


READER = TypeAdapter(Composition)


def schema() -> dict[str, Any]:
    """Describe the JSON of a composition as JSON Schema, with the limits that :func:`read` keeps."""
    told = field_readers.schema(READER)
    return told | {
        "properties": {"version": {"const": VERSION}, **told["properties"]},
        "required": ["version", "marks", "inks"],
    }


def read(value: object, where: str) -> Composition:
    """Read a composition from JSON that anybody may have written; ``where`` names the field that holds it.

    :raises SceneError: where something is missing, unknown or beyond a limit, or the version is another.
    """
    fields = field_readers.fields_of(value, where, VERSION)
    return field_readers.read(READER, {"marks": None, "inks": None, **fields}, where)
