"""The line in front of the painters."""

__all__ = ["fair_queue", "jobs", "pieces", "stage_requests"]
