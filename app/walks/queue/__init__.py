"""The queue of the workers: its order, its tasks, the jobs that wake workers, and the models that are available."""

__all__ = [
    "admission", "candidate_requests", "fair_queue", "frame_requests", "jobs", "lora_checks", "queued_tasks",
    "revisions",
]  # fmt: skip
