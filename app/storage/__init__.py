"""Rows in the database, files in the media store."""

__all__ = ["database", "drawing_models", "house_models", "media_store", "walk_models"]
