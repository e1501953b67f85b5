"""Claiming of tasks: leases and their heartbeat, outages, live workers, and models that no worker offers."""

__all__ = ["heartbeat", "leases", "living_workers", "outages", "photo_tasks", "sound_results", "unoffered_models"]
