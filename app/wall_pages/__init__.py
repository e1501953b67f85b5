"""The addresses of walls: their screens, what phones write for them, what the curator does."""

__all__ = ["registration"]
