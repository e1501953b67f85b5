"""All graphic styles by the name of their marks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sketch.colour import Array
from sketch.marks import (
    batik,
    etching,
    facets,
    layered_paper,
    linocut,
    mosaic,
    op_dots,
    op_lines,
    pointillism,
    scratchboard,
    silkscreen,
    squares,
    stained_glass,
    tapestry,
    textile,
    woodcut,
)
from sketch.marks.field import Field


@dataclass(frozen=True, slots=True)
class Style:
    """A graphic style: what draws a field (h, w, 3) in its marks, the inks to choose from, and its layouts.

    A layout is its name, rows, columns, and how often it is chosen. ``tilts`` are the least and the largest angle, in
    radians to either side, at which it is turned where the layout is "tilted".
    """

    draw: Callable[[Field], Array]
    inks: tuple[tuple[str, ...], ...]
    layouts: tuple[tuple[str, int, int, float], ...]
    tilts: tuple[float, float] = (0.12, 0.35)


STYLES: dict[str, Style] = {
    "batik": Style(batik.draw, batik.INKS, batik.LAYOUTS),
    "etching": Style(etching.draw, etching.INKS, etching.LAYOUTS),
    "facets": Style(facets.draw, facets.INKS, facets.LAYOUTS),
    "layered-paper": Style(layered_paper.draw, layered_paper.INKS, layered_paper.LAYOUTS),
    "linocut": Style(linocut.draw, linocut.INKS, linocut.LAYOUTS),
    "mosaic": Style(mosaic.draw, mosaic.INKS, mosaic.LAYOUTS),
    "op-dots": Style(op_dots.draw, op_dots.INKS, op_dots.LAYOUTS),
    "op-lines": Style(op_lines.draw, op_lines.INKS, op_lines.LAYOUTS),
    "pointillism": Style(pointillism.draw, pointillism.INKS, pointillism.LAYOUTS),
    "scratchboard": Style(scratchboard.draw, scratchboard.INKS, scratchboard.LAYOUTS),
    "silkscreen": Style(silkscreen.draw, silkscreen.INKS, silkscreen.LAYOUTS),
    "squares": Style(squares.draw, squares.INKS, squares.LAYOUTS),
    "stained-glass": Style(stained_glass.draw, stained_glass.INKS, stained_glass.LAYOUTS),
    "tapestry": Style(tapestry.draw, tapestry.INKS, tapestry.LAYOUTS),
    "textile": Style(textile.draw, textile.INKS, textile.LAYOUTS),
    "woodcut": Style(woodcut.draw, woodcut.INKS, woodcut.LAYOUTS),
}
