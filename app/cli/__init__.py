"""Admin commands of the Flask command line: ``flask --app wsgi …``."""

__all__ = ["registration"]
