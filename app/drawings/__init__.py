"""The drawings that lead the painter: those shipped beside a model, and those added since."""

__all__ = ["pictures", "sketchbooks"]
