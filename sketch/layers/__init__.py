"""A drawn scene as layers of pixels: their channels, and how far each is from the outlines in it."""

__all__ = ["channels", "distance", "drawn"]
