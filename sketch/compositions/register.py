"""All graphic styles by the name of their marks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sketch.cells import facets, mosaic, op_dots, op_lines, planes, pointillism, squares, stained_glass
from sketch.colour import Array
from sketch.marks.field import Field
from sketch.materials import batik, cut_paper, layered_paper, tapestry, textile
from sketch.prints import cyanotype, etching, linocut, poster, risograph, scratchboard, silkscreen, woodcut


@dataclass(frozen=True, slots=True)
class Style:
    """A graphic style: the function that redraws a field in its marks, and the inks and layouts to choose from.

    ``draw`` returns a picture (h, w, 3), sRGB, about 0…1. ``inks`` are sets of ``rrggbb``; ``layouts`` are tuples of
    name, rows, columns and relative frequency. ``tilts`` are the smallest and the largest angle, in radians to either
    side, of the layout "tilted". ``modelling``, 0…1, is how strongly light shapes the things before they are redrawn;
    styles of few flat colours need none. ``own`` are the numbers of the inks in which things are shown, if these are
    fixed. ``is_dyed`` says whether inks may take a requested colour; those of a cyanotype may not.
    """

    draw: Callable[[Field], Array]
    inks: tuple[tuple[str, ...], ...]
    layouts: tuple[tuple[str, int, int, float], ...]
    tilts: tuple[float, float] = (0.12, 0.35)
    modelling: float = 1.0
    own: tuple[int, ...] = ()
    is_dyed: bool = True


STYLES: dict[str, Style] = {
    "batik": Style(batik.draw, batik.INKS, batik.LAYOUTS, modelling=0.5, own=(1, 2)),
    "cut-paper": Style(cut_paper.draw, cut_paper.INKS, cut_paper.LAYOUTS, modelling=0.0),
    "cyanotype": Style(cyanotype.draw, cyanotype.INKS, cyanotype.LAYOUTS, is_dyed=False),
    "etching": Style(etching.draw, etching.INKS, etching.LAYOUTS),
    "facets": Style(facets.draw, facets.INKS, facets.LAYOUTS),
    "layered-paper": Style(layered_paper.draw, layered_paper.INKS, layered_paper.LAYOUTS, own=(5, 6, 7, 8)),
    "linocut": Style(linocut.draw, linocut.INKS, linocut.LAYOUTS, own=(2,)),
    "mosaic": Style(mosaic.draw, mosaic.INKS, mosaic.LAYOUTS, modelling=0.5),
    "op-dots": Style(op_dots.draw, op_dots.INKS, op_dots.LAYOUTS, own=(2,)),
    "op-lines": Style(op_lines.draw, op_lines.INKS, op_lines.LAYOUTS, own=(2,)),
    "planes": Style(planes.draw, planes.INKS, planes.LAYOUTS),
    "pointillism": Style(pointillism.draw, pointillism.INKS, pointillism.LAYOUTS),
    "poster": Style(poster.draw, poster.INKS, poster.LAYOUTS, own=(2,)),
    "risograph": Style(risograph.draw, risograph.INKS, risograph.LAYOUTS),
    "scratchboard": Style(scratchboard.draw, scratchboard.INKS, scratchboard.LAYOUTS, own=(2, 3)),
    "silkscreen": Style(silkscreen.draw, silkscreen.INKS, silkscreen.LAYOUTS),
    "squares": Style(squares.draw, squares.INKS, squares.LAYOUTS, modelling=0.0),
    "stained-glass": Style(stained_glass.draw, stained_glass.INKS, stained_glass.LAYOUTS, modelling=0.5),
    "tapestry": Style(tapestry.draw, tapestry.INKS, tapestry.LAYOUTS),
    "textile": Style(textile.draw, textile.INKS, textile.LAYOUTS, modelling=0.0, own=(2, 3)),
    "woodcut": Style(woodcut.draw, woodcut.INKS, woodcut.LAYOUTS),
}
