"""This process as a worker: what it owns, and what it remembers between two tasks."""

__all__ = ["visual_features", "walk_memory", "worker"]
