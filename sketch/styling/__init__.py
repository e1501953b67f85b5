"""What a style wants of a scene: which drawings, which arrangement, which composition."""

__all__ = ["drawing_styles", "framed", "styled"]
