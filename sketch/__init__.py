"""Scenes of drawings, and the sketches that lead the painter: one code for training, painting and previews."""

__all__ = [
    "arrangement",
    "colour",
    "distance",
    "habitats",
    "keys",
    "mixing",
    "parts",
    "rendering",
    "scene",
    "sketchbook",
    "surroundings",
    "svg",
    "wording",
]
