"""Convert drawings with shading by gradients, blurs and inner shadows into SVG that the site accepts."""

from __future__ import annotations

from sketch import svg as svg_files
from studio.collecting import part_marking, softening, svg_shrinking


def clean_drawing(svg: str) -> str:
    """Return a drawing without filters, minified, with its parts marked.

    :raises SketchbookError: when the site cannot use the result.
    """
    root = svg_shrinking.parse_svg(svg)
    softening.replace_filters(root)
    part_marking.mark_parts(root)
    part_marking.drop_unpainted(root)
    short = svg_shrinking.minify(root)
    svg_files.parse_svg(short)
    return short
