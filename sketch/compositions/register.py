"""All graphic styles by the name of their marks; the module of one is imported when it is drawn or chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sketch.colour import Array
    from sketch.marks.field import Field


@dataclass(frozen=True, slots=True)
class Style:
    """A graphic style, drawn by a module of ``sketch``.

    ``tilts`` are the smallest and the largest angle, in radians to either side, of the layout "tilted". ``modelling``,
    0…1, is how strongly light shapes the things before they are redrawn; styles of few flat colours need none. ``own``
    are the numbers of the inks in which things are shown, if these are fixed. ``is_dyed`` says whether inks may take a
    requested colour; those of a cyanotype may not.
    """

    module: str
    tilts: tuple[float, float] = (0.12, 0.35)
    modelling: float = 1.0
    own: tuple[int, ...] = ()
    is_dyed: bool = True

    @property
    def draw(self) -> Callable[[Field], Array]:
        """The function that redraws a field in its marks, as a picture (h, w, 3), sRGB, about 0…1."""
        drawing: Callable[[Field], Array] = self._import().draw
        return drawing

    @property
    def inks(self) -> tuple[tuple[str, ...], ...]:
        """The sets of inks to choose from, each of ``rrggbb``."""
        sets: tuple[tuple[str, ...], ...] = self._import().INKS
        return sets

    @property
    def layouts(self) -> tuple[tuple[str, int, int, float], ...]:
        """The layouts to choose from: name, rows, columns and relative frequency."""
        rows: tuple[tuple[str, int, int, float], ...] = self._import().LAYOUTS
        return rows

    def _import(self) -> ModuleType:
        return import_module(f"sketch.{self.module}")


STYLES: dict[str, Style] = {
    "batik": Style("materials.batik", modelling=0.5, own=(1, 2)),
    "cut-paper": Style("materials.cut_paper", modelling=0.0),
    "cyanotype": Style("prints.cyanotype", is_dyed=False),
    "etching": Style("prints.etching"),
    "facets": Style("cells.facets"),
    "layered-paper": Style("materials.layered_paper", own=(5, 6, 7, 8)),
    "linocut": Style("prints.linocut", own=(2,)),
    "mosaic": Style("cells.mosaic", modelling=0.5),
    "op-dots": Style("cells.op_dots", own=(2,)),
    "op-lines": Style("cells.op_lines", own=(2,)),
    "planes": Style("cells.planes"),
    "pointillism": Style("cells.pointillism"),
    "poster": Style("prints.poster", own=(2,)),
    "risograph": Style("prints.risograph"),
    "scratchboard": Style("prints.scratchboard", own=(2, 3)),
    "silkscreen": Style("prints.silkscreen"),
    "squares": Style("cells.squares", modelling=0.0),
    "stained-glass": Style("cells.stained_glass", modelling=0.5),
    "tapestry": Style("materials.tapestry"),
    "textile": Style("materials.textile", modelling=0.0, own=(2, 3)),
    "woodcut": Style("prints.woodcut"),
}
