"""Scenes of drawings, and the sketches that lead the painter: one code for training, painting and previews."""

__all__ = [
    "arrangement",
    "colour",
    "composing",
    "composition",
    "distance",
    "habitats",
    "keys",
    "layouts",
    "marks",
    "mixing",
    "parts",
    "rendering",
    "scene",
    "sketchbook",
    "surroundings",
    "svg",
    "turning",
    "wording",
]
