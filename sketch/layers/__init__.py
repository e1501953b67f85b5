"""A drawn scene as layers of pixels: their channels, and their distances from outlines."""

__all__ = ["channels", "distance", "drawn"]
