"""Admin commands: ``flask --app wsgi …``."""

__all__ = ["registration"]
