"""Building blocks of all graphic styles: scenes as fields, noise, strokes, sites and inks."""

__all__ = ["field", "inking", "noise", "sites", "strokes"]
