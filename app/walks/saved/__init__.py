"""Saved walks: looking them up, changing their state, deleting them, and their relations to other walks."""

__all__ = [
    "cards",
    "colours",
    "deletions",
    "film_formats",
    "film_recipes",
    "film_times",
    "lifecycle",
    "lineage",
    "lookup",
    "media_urls",
    "neighbours",
    "note_sentences",
    "posters",
    "reuse",
    "shapes",
    "still_stops",
    "versions",
    "wall_words",
]
