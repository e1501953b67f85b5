"""Backgrounds of scenes: skies, hills, water, rooms, tables, streets."""

__all__ = ["backdrop", "canvas"]
