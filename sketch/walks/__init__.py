"""Sketches of a walk: those on each leg between two scenes, drawn by several processes in parallel."""

__all__ = ["drawing_pool", "legs"]
