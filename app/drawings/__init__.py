"""The drawings that lead the painter: those shipped beside a model, and those added since."""

__all__ = ["added_drawings", "drawing_credits", "offered", "pictures", "sketchbooks"]
