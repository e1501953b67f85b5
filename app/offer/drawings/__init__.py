"""Reference drawings for sketch-conditioned models: those shipped with a model, and those added later."""

__all__ = ["added_drawings", "drawing_credits", "offered", "pictures", "sketchbooks"]
