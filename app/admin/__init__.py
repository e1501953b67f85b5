"""What the curator sees and does in the browser."""

__all__ = ["curator_drawings"]
