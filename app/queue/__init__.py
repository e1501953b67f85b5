"""The queue in front of the painters: its order, its pieces of work, the jobs that wake workers, and what is here."""

__all__ = [
    "admission", "candidate_requests", "fair_queue", "jobs", "lora_checks", "pieces", "revisions",
    "stage_requests",
]  # fmt: skip
