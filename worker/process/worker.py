"""The worker that this process is: one object owns all that outlives a task.

It is registered on its application, as Flask's extensions are. Code within an application context finds it by
:func:`this_worker`; the jobs that RQ calls by name do so too. A new application is a new worker, with nothing to reset.
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
    """A process that does tasks: its models, its leases, and what it keeps in memory."""

    def __init__(self, app: Flask, models: Painters, *, writers: int = 0, detector: Detector | None = None) -> None:
        """Register on the application.

        So many ``writers`` save what was painted while the next task is painted; without any, painting waits for it.
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
        """BLIP, where the settings name its weights and they can be loaded."""
        folder = str(self.app.config["BLIP"])
        try:
            return Blip(Path(folder)) if folder else None
        except DescriberError as error:
            log.error("photos are described by the image encoder alone: %s", error)
            return None


def this_worker() -> Worker:
    """Return the worker of the current application.

    :raises RuntimeError: where the application belongs to no worker.
    """
    found: Worker | None = current_app.extensions.get(EXTENSION)
    if found is None:
        raise RuntimeError("this application belongs to no worker: worker.process.worker.Worker was not made for it")
    return found
