"""The pages on which the curator moderates the site."""

__all__ = ["curator_drawings"]
