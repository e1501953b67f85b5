"""The processes of a running site; its backups, the export and import of its walks, its upkeep. No web."""

__all__ = [
    "artists",
    "backup",
    "folder_captions",
    "local_worker",
    "media_losses",
    "media_upkeep",
    "style_teaching",
    "supervisor",
    "upkeep",
    "walk_export",
    "walk_import",
]
