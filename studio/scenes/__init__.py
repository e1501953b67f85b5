"""What the hands are to paint, and the pictures to learn from that they make of it."""

__all__ = ["canvas", "captioned", "composition", "painted", "picture_sketches", "practice", "scene_colours", "subjects"]
