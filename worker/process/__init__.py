"""The worker process: the object that owns its models and leases, and its caches between tasks."""

__all__ = ["visual_features", "walk_memory", "worker"]
