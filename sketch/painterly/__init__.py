"""Scenes as a painter sets them up: one light, few values, lost edges, a place with depth."""

from sketch.painterly.composing import compose

__all__ = ["compose"]
