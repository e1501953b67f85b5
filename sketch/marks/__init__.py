"""What the marks of all graphic styles are made with: a scene as fields, noise, strokes, sites and inks."""

__all__ = ["field", "inking", "noise", "sites", "strokes"]
