"""The lists that visitors browse: gallery, exhibitions, visually similar walks, their own walks and favourites."""

__all__ = [
    "catalogue",
    "catalogue_query",
    "cursors",
    "drawing_catalogue",
    "exhibitions",
    "favourites",
    "number_pages",
    "own_walks",
    "similar",
    "spelling",
]
