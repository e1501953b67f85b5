"""Collect pictures from folders, icon sets and museums, with checks of files and licences."""

__all__ = [
    "collection",
    "icon_sets",
    "licences",
    "modelled_drawings",
    "museums",
    "picture_intake",
    "polite_client",
    "things",
    "tiles",
]
