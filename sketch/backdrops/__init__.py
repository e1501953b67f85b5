"""What stands behind the things of a scene: skies, hills, water, rooms, tables, streets."""

__all__ = ["backdrop", "canvas"]
