"""The short tasks, by their kind: those that need a generative model, and those that do not."""

from __future__ import annotations

from collections.abc import Callable

from app.storage.task_kinds import CANDIDATES, LARGE, LORA, PHOTOS, STAGES
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.queue.leases import Claim
from worker.tasks import candidates_task, large_task, lora_task, photo_task, stages_task

WITH_MODEL: dict[str, Callable[[Claim, WalkPipeline], None]] = {
    STAGES: stages_task.paint,
    LARGE: large_task.paint,
    CANDIDATES: candidates_task.paint,
    LORA: lora_task.check,
}
WITHOUT_MODEL: dict[str, Callable[[Claim], None]] = {PHOTOS: photo_task.describe}
