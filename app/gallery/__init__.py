"""What the public may browse: the gallery's lists, exhibitions, walks that look alike."""

__all__ = [
    "catalogue",
    "catalogue_query",
    "cursors",
    "drawing_catalogue",
    "exhibitions",
    "first_exhibition",
    "similar",
    "spelling",
]
