"""What is measured of a walk's film and of its generation: each value is declared here, once.

Rows, archives, cached results, the exhibition's labels, the JSON of walks and their pages are derived from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.core.field_docs import documented

STEPS_MAX = 10_000
Figure = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=2**31)]
Words = Annotated[str, Field(max_length=12, pattern="^[a-z]*$")]


@dataclass(frozen=True, slots=True)
class Measure:
    """What is done with a measured value: archives hold all of them.

    With ``is_copied``, a cached result has the value of the walk whose files it shares, unlike what generating cost.
    With ``is_shipped``, the labels of the first exhibition hold it. ``words`` say it on the walk's page.
    """

    is_copied: bool = True
    is_shipped: bool = True
    words: Callable[[Any], str] = lambda _value: ""


def _measured(*type_: Any, **facts: Any) -> MappedColumn[Any]:
    return mapped_column(*type_, info={"measure": Measure(**facts)})


class FilmMeasures:
    """The columns of `Walk` that hold what was measured; ``None`` until it is, and where it cannot be."""

    paint_seconds: Mapped[float | None] = _measured(is_copied=False, is_shipped=False)
    first_film_seconds: Mapped[float | None] = _measured(is_copied=False, is_shipped=False)
    evaluations: Mapped[int | None] = _measured("passes", is_copied=False, is_shipped=False)  # of the UNet
    evenness: Mapped[float | None] = _measured()
    jump: Mapped[float | None] = _measured()
    morph: Mapped[float | None] = _measured()  # the share of its inner frames that is no cross-fade of their stops
    perceptual_step: Mapped[float | None] = _measured()  # the mean cosine distance between neighbouring frames
    step_sizes: Mapped[list[float] | None] = _measured("strides", JSON(none_as_null=True))  # between frames
    hold: Mapped[int | None] = _measured()  # by how many frame times its films show their ends longer; from 1.2 on
    colour: Mapped[str | None] = _measured(String(12), is_shipped=False)  # the poster's main one, of `colours.COLOURS`


class ArchivedMeasures(BaseModel):
    """The measured values in the line of an archive; those of later releases may be missing."""

    paint_seconds: Figure | None
    first_film_seconds: Figure | None
    passes: Count | None
    evenness: Figure | None
    jump: Figure | None
    morph: Figure | None = None
    perceptual_step: Figure | None = None
    strides: Annotated[list[Figure], Field(max_length=STEPS_MAX)] | None
    hold: Count | None = None
    colour: Words | None = None


@documented
class DescribedMeasures(TypedDict):
    """The measured values in the JSON of a walk, but for those of its smoothness."""

    paint_seconds: Annotated[float | None, Field(examples=[5.1])]
    """How long the generation took, in seconds."""
    first_film_seconds: Annotated[float | None, Field(examples=[0.8])]
    """Seconds until the first playable film."""
    passes: Annotated[int | None, Field(examples=[480])]
    """The number of UNet evaluations; 0 for a cached result, null until it is generated."""


@documented
class Smoothness(TypedDict):
    """Smoothness metrics of the film, measured on its frames."""

    evenness: Annotated[float | None, Field(examples=[0.93])]
    """Uniformity of the steps: 1 when all are equal."""
    jump: Annotated[float | None, Field(examples=[1.4])]
    """Max step ratio: the largest step divided by the mean step."""
    morph: Annotated[float | None, Field(examples=[0.42])]
    """0 for a cross-fade of its stops; at most 1."""
    perceptual_step: Annotated[float | None, Field(examples=[0.02])]
    """Mean distance of neighbouring frames by image embedding, 0 to 2."""
    steps: Annotated[list[float] | None, Field(examples=[[8.4]])]
    """The difference between each frame and the next: root mean square, 0 to 255."""


MEASURES: dict[str, Measure] = {
    name: column.column.info["measure"]
    for name, column in vars(FilmMeasures).items()
    if isinstance(column, MappedColumn)
}
"""The measured values by the names of their attributes."""
COPIED = tuple(name for name, each in MEASURES.items() if each.is_copied)
PUBLISHED = {vars(FilmMeasures)[name].column.name or name: name for name in MEASURES}
"""The attributes by the names that the values have in the database, in archives and labels, and in JSON."""
SHIPPED = {public: name for public, name in PUBLISHED.items() if MEASURES[name].is_shipped}
