"""What can be browsed: the gallery's lists, exhibitions, walks that look alike, an owner's own."""

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
