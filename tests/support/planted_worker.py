"""The worker, to which planted faults happen: ``python -m tests.support.planted_worker``. All else is real."""

import os
import signal
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import torch
from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.storage.media_store import MediaStore
from tests.support import planted
from worker import __main__ as program
from worker import job
from worker.diffusion.model_pool import Painters
from worker.film.encoding import GifWriter
from worker.process import worker
from worker.tasks import painting


def happen(act: str) -> None:
    """Cause a fault of this process."""
    if act == planted.KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    elif act == planted.FULL:
        raise torch.OutOfMemoryError("planted")
    elif act == planted.DEVICE:
        raise torch.AcceleratorError("planted")
    elif act == planted.STALL:
        while True:
            time.sleep(1)


def main() -> int:
    """Lay the ground, and be the worker."""
    ground = planted.Ground(Path(os.environ["MOMA_INSTANCE"]))

    def pass_by(place: str) -> None:
        act = ground.pass_by(place)
        if act == planted.STAND:
            ground.stands = True
        elif place == planted.STEP and ground.stands:
            ground.stand()
        if act and act != planted.STAND:
            happen(act)

    def passing(owner: Any, name: str, place: str, *, first: bool = False) -> None:
        whole: Callable[..., Any] = getattr(owner, name)

        @wraps(whole)
        def passed(*arguments: Any, **named: Any) -> Any:
            if first:
                pass_by(place)
            done = whole(*arguments, **named)
            if not first:
                pass_by(place)
            return done

        setattr(owner, name, passed)

    passing(Painters, "_load", planted.LOAD, first=True)
    passing(job, "claim_next", planted.CLAIM)
    passing(painting, "go_on", planted.STEP)
    passing(MediaStore, "write", planted.FILE)
    passing(GifWriter, "add", planted.FILM)
    event.listen(Session, "before_commit", lambda _session: is_stopping() or pass_by(planted.ROW))
    event.listen(Session, "after_commit", lambda _session: is_stopping() or pass_by(planted.COMMITTED))
    _note_claims(ground, pass_by)
    _poison(job)
    return program.main()


def is_stopping() -> bool:
    """Return whether the worker, if there is one yet, was asked to end."""
    return worker.EXTENSION in current_app.extensions and worker.this_worker().stopping.is_set()


def _note_claims(ground: planted.Ground, pass_by: Callable[[str], None]) -> None:
    whole = job.claim_next

    def claim_next(*arguments: Any, **named: Any) -> Any:
        if claim := whole(*arguments, **named):
            ground.note_claim(claim.kind)
            pass_by(planted.claim_of(claim.kind))
        return claim

    job.claim_next = claim_next


def _poison(module: Any) -> None:
    whole = module.batch_task.generate

    def generate(work: painting.WalkInProgress) -> Any:
        if any(planted.POISON in stop.prompt for stop in work.walk.stops):
            os.kill(os.getpid(), signal.SIGSEGV)
        return whole(work)

    module.batch_task.generate = generate


if __name__ == "__main__":
    sys.exit(main())
