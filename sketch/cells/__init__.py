"""Graphic styles made of pieces, dots or lines, each of one colour."""

__all__ = ["facets", "mosaic", "op_dots", "op_lines", "planes", "pointillism", "squares", "stained_glass"]
