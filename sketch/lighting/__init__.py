"""Light on a scene: it models things as if they were round, throws their shadows and gathers around them."""

__all__ = ["form", "light", "shadow"]
