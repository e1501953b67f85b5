"""Storage: the database with its models (SQLAlchemy), and the media store (fsspec)."""

__all__ = [
    "browser_models",
    "candidate_models",
    "checkpoints",
    "collection_models",
    "compatibility",
    "database",
    "database_health",
    "disk_space",
    "drawing_models",
    "film_measures",
    "free_space",
    "house_models",
    "media_store",
    "refusals",
    "schema",
    "task_kinds",
    "upload_models",
    "walk_models",
    "wall_models",
]
