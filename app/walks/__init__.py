"""The life of a saved walk, and what it has to do with others."""

__all__ = [
    "colours",
    "deletions",
    "lifecycle",
    "lineage",
    "lookup",
    "media_urls",
    "neighbours",
    "reuse",
    "shapes",
    "wall_words",
]
