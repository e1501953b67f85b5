"""Photos and drawings that visitors bring: checked, kept for a day, copied into the walks that are made of them."""

__all__ = ["photo_check", "photo_stops", "photo_store"]
