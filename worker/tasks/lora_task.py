"""The task that checks a LoRA file before it is offered: the file is loaded and applied once to a model."""

from __future__ import annotations

import hashlib
import logging

from sqlalchemy import select

from app.offer.generation import loras
from app.storage.database import db, writing
from app.storage.walk_models import Task
from app.walks.queue import lora_checks
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.networks.adapters import AdapterError, AdapterFile
from worker.queue.leases import Claim, LeaseLost, write_as_holder

log = logging.getLogger(__name__)


def check(claim: Claim, painter: WalkPipeline) -> None:
    """Check the LoRA file of a task and store the reason why it is unusable on the task, or "" if it fits.

    :raises LeaseLost: when the task no longer exists.
    """
    payload = db.session.scalar(select(Task.payload).where(Task.number == claim.number, Task.task == claim.task))
    if payload is None:
        raise LeaseLost(claim.subject)
    reason = _flaw(str(payload["file"]), painter)
    with writing() as session:
        write_as_holder(session, claim, piece=lora_checks.answer_values(payload, reason))
    log.info("LoRA %s: %s", payload["file"], reason or "fits")


def _flaw(name: str, painter: WalkPipeline) -> str:
    path = loras.folder() / name
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
    except OSError as error:
        message = f"cannot be read by the worker at {path.parent} ({error.strerror})"
        return f"{message}: site and workers must share the folder that MOMA_LORAS names."
    if painter.is_sketch_conditioned:
        return f"cannot be checked: the model {painter.name} is led by sketches and takes no LoRA files."
    file = AdapterFile(digest, path)
    try:
        painter.model.check_adapter(file, painter.rendering().precision)
    except AdapterError as error:
        reason = str(error).removeprefix(f"{file.label} ").rstrip(".")
        return f"{reason.replace('the model', f'the model {painter.name}', 1)}."
    return ""
