"""Arrange scenes as a style requires: with which drawings, what stands where, and in which composition."""

__all__ = ["drawing_styles", "framed", "styled"]
