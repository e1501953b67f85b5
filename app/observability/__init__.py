"""Is the site well, and how fast? Health checks, metrics and ``flask doctor``."""

__all__ = ["doctor", "health", "metrics"]
