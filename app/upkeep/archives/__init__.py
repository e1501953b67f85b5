"""Backups of a whole site, and export and import of its walks. No web."""

__all__ = ["backup", "walk_export", "walk_import"]
