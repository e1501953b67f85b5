"""Requirements of styles for scenes: drawings, arrangement and composition."""

__all__ = ["drawing_styles", "framed", "styled"]
