"""Scenes of drawings, and the sketches that lead the painter: one code for training, painting and previews."""

__all__ = [
    "arrangement",
    "colour",
    "compositions",
    "framing",
    "habitats",
    "keys",
    "layers",
    "marks",
    "mixing",
    "parts",
    "rendering",
    "scene",
    "sketchbook",
    "styling",
    "surroundings",
    "svg",
    "wording",
]
