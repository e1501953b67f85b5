"""Walks that are requested in one call: drafted, and placed in the queue."""

from typing import Any

from app.requests.walk_requests import drafts, intake
from app.requests.walk_requests.walk_request import WalkRequest
from app.storage.walk_models import Walk

OF_INTAKE = "idempotency_key", "admit", "check", "skip_cache"


def place(request: WalkRequest, **options: Any) -> tuple[Walk, bool]:
    """Draft a walk and place it; ``options`` are those of both. Return the walk, and whether it is new."""
    placed = {name: options.pop(name) for name in OF_INTAKE if name in options}
    return intake.submit(drafts.draft(request, **options), **placed)
