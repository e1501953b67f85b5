"""The processes of a running site; its backups, the export and import of its walks. No web."""

__all__ = [
    "artists",
    "backup",
    "folder_captions",
    "local_worker",
    "lora_adding",
    "style_teaching",
    "supervisor",
    "walk_export",
    "walk_import",
]
