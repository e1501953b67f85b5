"""All graphic styles by the name of their marks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sketch.colour import Array
from sketch.marks import cut_paper, linocut, op_lines, planes, poster, risograph, silkscreen, squares
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
    "cut-paper": Style(cut_paper.draw, cut_paper.INKS, cut_paper.LAYOUTS),
    "linocut": Style(linocut.draw, linocut.INKS, linocut.LAYOUTS),
    "op-lines": Style(op_lines.draw, op_lines.INKS, op_lines.LAYOUTS),
    "planes": Style(planes.draw, planes.INKS, planes.LAYOUTS),
    "poster": Style(poster.draw, poster.INKS, poster.LAYOUTS, (0.15, 0.5)),
    "risograph": Style(risograph.draw, risograph.INKS, risograph.LAYOUTS),
    "silkscreen": Style(silkscreen.draw, silkscreen.INKS, silkscreen.LAYOUTS),
    "squares": Style(squares.draw, squares.INKS, squares.LAYOUTS),
}
