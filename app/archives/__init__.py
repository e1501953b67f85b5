"""Backups of a whole site, archives of its walks; what is in them, and how they are read again. No web."""

__all__ = ["backup", "walk_export", "walk_import"]
