"""Storage: the database with its models (SQLAlchemy), and the media store (fsspec)."""

__all__ = [
    "candidate_models",
    "compatibility",
    "database",
    "disk_space",
    "drawing_models",
    "house_models",
    "media_store",
    "photo_models",
    "refusals",
    "walk_models",
    "wall_models",
]
