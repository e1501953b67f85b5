"""Drawings with modelled form, of gradients, blurs and inner shadows over each other, as the site takes them."""

from __future__ import annotations

from sketch import svg as svg_files
from studio.collecting import part_marking, softening, svg_shrinking


def cleaned(svg: str) -> str:
    """Write a drawing without filters, short, and marked with what of it is one part.

    :raises SketchbookError: where it cannot be made into a drawing that the site takes.
    """
    root = svg_shrinking.parsed(svg)
    softening.without_filters(root)
    part_marking.mark_parts(root)
    part_marking.drop_unpainted(root)
    short = svg_shrinking.written(root)
    svg_files.parse_svg(short)
    return short
