"""The lists that visitors browse: gallery, exhibitions, similar walks; what is their own, favourites, collections."""

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
    "visitor_collections",
]
