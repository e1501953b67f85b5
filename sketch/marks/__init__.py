"""Building blocks that all graphic styles share: the field (a scene as arrays), noise, strokes, sites and inks."""

__all__ = ["field", "inking", "noise", "sites", "strokes"]
