"""Wall labels and captions of films and pictures."""

__all__ = ["captions", "descriptions", "language_model", "pictures", "wall_label", "writing"]
