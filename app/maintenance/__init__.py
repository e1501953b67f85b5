"""What is looked after while a site runs: files that nobody names, files that are lost, media that move. No web."""

__all__ = ["media_losses", "media_move", "media_upkeep", "upkeep"]
