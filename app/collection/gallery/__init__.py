"""The lists that visitors browse: the gallery, exhibitions, visually similar walks, and an owner's own walks."""

__all__ = [
    "catalogue",
    "catalogue_query",
    "cursors",
    "drawing_catalogue",
    "exhibitions",
    "own_walks",
    "similar",
    "spelling",
]
