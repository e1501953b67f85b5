"""The queue in front of the painters: its order, its pieces of work, and the jobs that wake workers."""

__all__ = ["fair_queue", "jobs", "pieces", "stage_requests"]
