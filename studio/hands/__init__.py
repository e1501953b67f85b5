"""Ways of painting, as batched programs: the same picture for the same seed."""

__all__ = ["brush", "colour", "dice", "drawing", "registry"]
