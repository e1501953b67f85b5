"""Scenes as a painter sets them up: one light, few values, lost edges, a place with depth."""

__all__ = ["arranging", "composing"]
