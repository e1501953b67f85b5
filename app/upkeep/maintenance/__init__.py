"""Maintenance of a running site: delete unreferenced files, find lost ones, move media to another store. No web."""

__all__ = ["media_losses", "media_move", "media_upkeep", "upkeep"]
