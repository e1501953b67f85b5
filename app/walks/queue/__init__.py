"""The queue of the workers: its order, its tasks, the jobs that wake workers, and the models that are available."""

__all__ = [
    "admission", "candidate_requests", "estimates", "fair_queue", "frame_requests", "jobs", "lora_checks", "paces",
    "queued_tasks", "revisions",
]  # fmt: skip
