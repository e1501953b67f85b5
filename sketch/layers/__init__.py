"""A drawn scene as layers of pixels, and how far each is from the outlines in it."""

__all__ = ["distance", "drawn"]
