"""The worker object of this process, which owns all state that outlives a task.

It is registered on its application like a Flask extension. Code within an application context, including the jobs that
RQ calls by name, gets it from :func:`this_worker`. A new application has a new worker, so there is no state to reset.
"""

from __future__ import annotations

import logging
import threading
from functools import cached_property
from pathlib import Path

from flask import Flask, current_app

from worker.diffusion.model_pool import Painters
from worker.photos.describing import Blip, DescriberError
from worker.process.visual_features import VisualFeatureExtractor
from worker.process.walk_memory import WalkMemory
from worker.queue.heartbeat import Heartbeat
from worker.queue.living_workers import LivingWorkers
from worker.queue.outages import Outages
from worker.queue.unoffered_models import UnofferedModels
from worker.safety.picture_check import Detector, PictureCheck

EXTENSION = "moma_worker"

log = logging.getLogger(__name__)


class Worker:
    """The state of a worker process: its models, leases, caches and picture check."""

    def __init__(self, app: Flask, models: Painters, *, writers: int = 0, detector: Detector | None = None) -> None:
        """Register the worker on the application.

        ``writers`` is the number of threads that save results while the next task is generated; with 0 the generating
        thread saves them itself. ``detector`` checks pictures; None disables the check.
        """
        self.app, self.models, self.writers = app, models, writers
        self.stopping = threading.Event()
        self.heartbeat = Heartbeat()
        self.outages = Outages(self.heartbeat, self.stopping)
        self.fleet = LivingWorkers()
        self.unoffered = UnofferedModels()
        self.memory = WalkMemory()
        self.pictures = PictureCheck(detector)
        self.features = VisualFeatureExtractor()
        app.extensions[EXTENSION] = self

    @cached_property
    def captioner(self) -> Blip | None:
        """The BLIP captioner; None if the setting `BLIP` is empty or its weights cannot be loaded."""
        folder = str(self.app.config["BLIP"])
        try:
            return Blip(Path(folder)) if folder else None
        except DescriberError as error:
            log.error("photos are described by the image encoder alone: %s", error)
            return None


def this_worker() -> Worker:
    """Return the worker of the current application.

    :raises RuntimeError: when the application has no worker.
    """
    worker: Worker | None = current_app.extensions.get(EXTENSION)
    if worker is None:
        raise RuntimeError("this application has no worker: create a worker.process.worker.Worker for it")
    return worker
