"""Tasks for operators: publish the shipped exhibition, caption a folder of pictures. No web."""

__all__ = [
    "exhibition_due",
    "exhibition_music",
    "exhibition_programme",
    "first_exhibition",
    "folder_captions",
    "media_colours",
    "poster_cards",
]
