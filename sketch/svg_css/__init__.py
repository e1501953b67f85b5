"""Rewrite what the renderer of drawings misreads of CSS into what it reads: colours, transforms, styles for media."""

__all__ = ["document"]
