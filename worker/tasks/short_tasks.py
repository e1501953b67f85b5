"""The short tasks, by their kind: those that need a generative model, and those that do not."""

from __future__ import annotations

from collections.abc import Callable

from app.storage.task_kinds import CANDIDATES, LARGE, LORA, PHOTOS, SOUNDS, STAGES
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.queue.leases import Claim
from worker.sound import reading
from worker.tasks import candidates_task, large_task, lora_task, photo_task, sound_task, stages_task

WITH_MODEL: dict[str, Callable[[Claim, WalkPipeline], None]] = {
    STAGES: stages_task.paint,
    LARGE: large_task.paint,
    CANDIDATES: candidates_task.paint,
    LORA: lora_task.check,
}
WITHOUT_MODEL: dict[str, Callable[[Claim], None]] = {PHOTOS: photo_task.describe, SOUNDS: sound_task.analyse}


def unable() -> frozenset[str]:
    """Return the kinds of tasks that this worker cannot do, for lack of packages, and leaves to others."""
    return frozenset() if reading.is_possible() else frozenset({SOUNDS})
