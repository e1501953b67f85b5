"""The processes of a running site; its backups, the export and import of its walks, its upkeep. No web."""

__all__ = ["backup", "local_worker", "media_upkeep", "supervisor", "upkeep", "walk_export", "walk_import"]
