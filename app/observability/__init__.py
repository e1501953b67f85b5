"""Is it well, and how fast?"""

__all__ = ["doctor", "health", "metrics"]
