"""The slideshow (museum mode): one film after the other on a separate screen."""

__all__ = ["routes"]
