"""The pool of loaded models of one worker: a model is loaded when first used, and the most recent ones stay."""

import gc
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from worker.diffusion import device_errors
from worker.diffusion.model import ModelError
from worker.diffusion.walk_pipeline import WalkPipeline

GROW = 16
"""After this many tasks in smaller batches larger ones are tried: the memory may be free again."""

log = logging.getLogger(__name__)


class Painters:
    """A pool of painters by the names of their models; the first model is the default.

    `descriptions` describes the models that were loaded so far, in memory or not. It is replaced, never changed, so
    that another thread may read it.
    """

    def __init__(
        self,
        models: Mapping[str, str],
        *,
        capacity: int = 1,
        measurements: Path | None = None,
        vae: str = "",
        transformer: str = "",
        **options: str,
    ) -> None:
        """Offer models, given as names and what they are loaded from; keep up to `capacity` of them in memory.

        `measurements` is the file that remembers those of the device. `vae` and `transformer` replace the first model's
        own VAE and network. The other options, as of `Model.load`, are those of all models: their device, what may
        leave a GPU, and the folder of downloads.
        """
        self._models = dict(models)
        self._capacity = capacity
        self._measurements = measurements
        self._replaced = {"vae": vae, "transformer": transformer}
        self._options = options
        self._loaded: dict[str, WalkPipeline] = {}  # in the order of their last use
        self._tasks_done = 0  # since the device ran out of memory
        self.descriptions: dict[str, dict[str, Any]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all models, loaded or not, the default first."""
        return tuple(self._models)

    def offer(self, models: Mapping[str, str]) -> None:
        """Replace the offered models, except the default."""
        self._models = {self.names[0]: self._models[self.names[0]]} | dict(models)

    @property
    def loaded(self) -> tuple[str | None, ...]:
        """The names of the models in memory, as walks name them: None stands for the default."""
        return (*self._loaded, *([None] if self.names[0] in self._loaded else []))

    def get(self, model: str | None = None) -> WalkPipeline:
        """Return the painter of a model, by default of the first, and load it if necessary.

        :raises ModelError: when the model is not offered, or cannot be loaded.
        """
        name = self.names[0] if model is None else model
        if name not in self._models:
            raise ModelError(f"the model {name} is not offered here; offered: {', '.join(self.names)}")
        painter = self._loaded.pop(name, None) or self._load(name)
        self._loaded[name] = painter
        return painter

    def _load(self, name: str) -> WalkPipeline:
        self._make_room(self._capacity - 1)
        began = time.monotonic()
        replaced = self._replaced if name == self.names[0] else {}
        painter = WalkPipeline.load(self._models[name], measurements=self._measurements, **self._options, **replaced)
        _ready(painter)
        description = {"title": painter.title, "revision": painter.revision, "size": list(painter.size)}
        self.descriptions = self.descriptions | {name: description | {"device": str(painter.device)}}
        log.info("model %s (revision %s) loaded in %.1f s", painter.name, painter.revision, time.monotonic() - began)
        return painter

    def shrink(self, model: str | None = None) -> bool:
        """Unload other models and halve this one's batch; return whether that may help.

        It does not help where the batch was one picture already, or the model could not even be loaded.
        """
        painter = self._loaded.get(self.names[0] if model is None else model)
        self._make_room(0 if painter is None else 1)
        device_errors.free_memory()
        if painter is None:
            return False
        before = painter.at_once or painter.rendering().batch
        painter.at_once = max(1, before // 2)
        self._tasks_done = 0
        return before > 1

    def grow(self, model: str | None = None) -> None:
        """Count a finished task; after :data:`GROW` tasks in smaller batches, double the batch."""
        painter = self.get(model)
        self._tasks_done += 1
        if painter.at_once is not None and self._tasks_done % GROW == 0:
            larger = 2 * painter.at_once
            painter.at_once = larger if larger < painter.rendering().batch else None

    def _make_room(self, capacity: int) -> None:
        """Unload the models longest unused until `capacity` are left: memory may be too small for another."""
        while len(self._loaded) > capacity:
            forgotten = next(iter(self._loaded))
            del self._loaded[forgotten]
            log.info("model %s unloaded", forgotten)
            gc.unfreeze()
            device_errors.free_memory()  # networks are in reference cycles


def _ready(painter: WalkPipeline) -> None:
    """Do what the first walk would wait for.

    The latent preview is fitted, and all objects are excluded from garbage collection: a full collection takes a
    quarter of a second, in the middle of a walk.
    """
    _ = painter.latent_preview
    gc.collect()
    gc.freeze()
