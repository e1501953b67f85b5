"""Pictures from folders, icon sets and museums, checked and licensed."""

__all__ = ["collection", "icon_sets", "licences", "modelled_drawings", "museums", "picture_intake", "polite_client"]
