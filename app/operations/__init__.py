"""The parts of a running site; its backups, its moves, its upkeep. No web."""

__all__ = ["backup", "local_worker", "media_upkeep", "supervisor", "walk_export", "walk_import"]
