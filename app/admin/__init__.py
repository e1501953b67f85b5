"""What the curator sees and does in the browser."""

__all__ = ["curator", "curator_drawings"]
