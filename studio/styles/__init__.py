"""Rendering programs for the styles, in batches; the same seed gives the same picture."""

__all__ = ["brush", "colour", "dice", "drawing", "registry"]
