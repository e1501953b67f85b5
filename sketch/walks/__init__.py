"""A walk's sketches: what lies on each leg between two scenes, drawn by several processes side by side."""

__all__ = ["drawing_pool", "legs"]
