"""Claiming of tasks: leases and their heartbeat, outages, live workers, and models that no worker offers."""

__all__ = ["heartbeat", "leases", "living_workers", "outages", "unoffered_models", "upload_tasks"]
