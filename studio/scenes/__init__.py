"""Training scenes and subjects, and the pictures rendered from them in the styles."""

__all__ = ["canvas", "captioned", "composition", "painted", "picture_sketches", "practice", "scene_colours", "subjects"]
