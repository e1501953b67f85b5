"""Wall labels and captions, of a description: what is said of a picture or a film to those who share it."""

__all__ = ["captions", "descriptions", "language_model", "pictures", "wall_label", "writing"]
