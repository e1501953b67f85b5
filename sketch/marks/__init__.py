"""Marks: each graphic style redraws the things of a scene and their ground in marks of its own."""

__all__ = ["field", "noise", "register"]
