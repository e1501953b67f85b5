"""What a style requires of scenes: which drawings, where, in which composition, and in which colours."""

__all__ = ["colour_table", "drawing_styles", "framed", "styled"]
