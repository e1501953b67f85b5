"""Who does which piece: leases and how they are kept, outages, the workers that live, models that none offers."""

__all__ = ["heartbeat", "leases", "living_workers", "outages", "photo_tasks", "unoffered_models"]
