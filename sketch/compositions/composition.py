"""Compositions as data: layout, marks and inks, with their limits.

The layout says how often and where the scene is shown, the marks are the technique in which it is redrawn, and the inks
are the only colours.
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
"""A scene shown once; in rows and columns of cells; in shifted strips; as a half-drop repeat; or rotated as a whole."""

PAINTED = "painted"
"""The marks of painterly styles: the sketch draws light and form, and the model draws the brushstrokes."""

MARKS = (PAINTED, *STYLES)
"""The names of all techniques that draw the things and their ground."""

SOFT, TORN = EDGES = ("soft", "torn")
"""How a painted scene turns into a graphic one: behind a wide, soft front, as until release 1.1, or at a torn edge."""

CELLS_MOST = 6
"""The most rows, and the most columns, of a composition."""

INKS = (2, 9)
"""The smallest and the largest number of inks."""

TILTS = (-0.8, 0.8)
SCALES = (0.5, 2.0)
Cells = Annotated[int, Field(strict=True, ge=1, le=CELLS_MOST)]


@dataclass(frozen=True, slots=True)
class Composition:
    """How a picture is laid out and drawn.

    ``marks`` is one of :data:`MARKS`, ``layout`` one of :data:`LAYOUTS`; ``rows`` and ``columns`` count the cells of
    layouts that have them. ``inks`` are sRGB ``rrggbb``, the ground's first. ``tilt`` is in radians, clockwise;
    ``scale`` multiplies the size of marks; ``seed`` decides random details, such as the position of a disc. ``edge``,
    one of :data:`EDGES`, is only for painted scenes.
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
    edge: Annotated[str, OneOf(EDGES)] = SOFT

    @classmethod
    def of_painting(cls, seed: int) -> Composition:
        """Return the composition of a painterly scene with this seed, which may be of any size."""
        return cls(seed=seed % 2**24, edge=TORN)

    @property
    def is_graphic(self) -> bool:
        """Return whether the sketch draws the marks; else the image model does, as brushstrokes."""
        return self.marks != PAINTED

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object that :func:`read_composition` accepts."""
        written = {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()}
        if self.edge == SOFT:  # recipes of earlier releases are found as they were written
            del written["edge"]
        return {"version": VERSION, **written, "inks": list(self.inks)}


READER = TypeAdapter(Composition)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a composition, with the limits that :func:`read_composition` enforces."""
    whole = field_readers.schema(READER)
    return whole | {
        "properties": {"version": {"const": VERSION}, **whole["properties"]},
        "required": ["version", "marks", "inks"],
    }


def read_composition(data: object, where: str) -> Composition:
    """Return the composition in untrusted JSON; ``where`` names the field that holds it.

    :raises SceneError: when something is missing, unknown or beyond a limit, or the version differs.
    """
    fields = field_readers.fields_of(data, where, VERSION)
    return field_readers.validate(READER, {"marks": None, "inks": None, **fields}, where)
