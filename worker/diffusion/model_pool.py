"""The painters of one worker: a model is loaded when it is first asked for, and the most recent ones stay."""

import gc
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from worker.diffusion import device_errors
from worker.diffusion.model import ModelError
from worker.diffusion.painter import Painter

GROW = 16
"""After so many pieces that were done in smaller batches larger ones are tried: what took the room may be gone."""

log = logging.getLogger(__name__)


class Painters:
    """A pool of painters, by the names of their models, the first of which paints if none is named.

    `seen` describes the models that were loaded so far, kept or not: it is replaced, never changed, so that another
    thread may read it.
    """

    def __init__(
        self,
        models: Mapping[str, str],
        *,
        device: str = "auto",
        capacity: int = 1,
        measured: Path | None = None,
        vae: str = "",
        transformer: str = "",
        offload: str = "auto",
        cache: str = "",
    ) -> None:
        """Offer models, given as names and what they are loaded from, and keep so many of them in memory.

        `cache` is the folder of downloads from the hub.
        `measured` is the file that remembers what was measured of the device. `vae` and `transformer` take the
        place of the first model's own VAE and network; `offload` says what may leave a GPU.
        """
        self._models = dict(models)
        self._device = device
        self._capacity = capacity
        self._measured = measured
        self._replaced = {"vae": vae, "transformer": transformer}
        self._offload, self._cache = offload, cache
        self._loaded: dict[str, Painter] = {}  # in the order of their last use
        self._tasks_done = 0  # pieces, since there was no room
        self.descriptions: dict[str, dict[str, Any]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Name the models, loaded or not, the first first."""
        return tuple(self._models)

    def offer(self, models: Mapping[str, str]) -> None:
        """Offer these from now on, the first as it is."""
        self._models = {self.names[0]: self._models[self.names[0]]} | dict(models)

    @property
    def loaded(self) -> tuple[str | None, ...]:
        """Name the models that are in memory, as walks ask for them: the first also by no name."""
        return (*self._loaded, *([None] if self.names[0] in self._loaded else []))

    def get(self, model: str | None = None) -> Painter:
        """Return the painter of a model, of the first if none is named; load it if need be.

        Raises ModelError when the model is not offered, or cannot be loaded.
        """
        name = self.names[0] if model is None else model
        if name not in self._models:
            raise ModelError(f"the model {name} is not offered here; offered: {', '.join(self.names)}")
        painter = self._loaded.pop(name, None) or self._load(name)
        self._loaded[name] = painter
        return painter

    def _load(self, name: str) -> Painter:
        self._make_room(self._capacity - 1)
        began = time.monotonic()
        replaced = self._replaced if name == self.names[0] else {}
        painter = Painter.load(
            self._models[name],
            device=self._device,
            measured=self._measured,
            offload=self._offload,
            cache=self._cache,
            **replaced,
        )
        _ready(painter)
        description = {"title": painter.title, "revision": painter.revision, "size": list(painter.size)}
        self.descriptions = self.descriptions | {name: description | {"device": str(painter.device)}}
        log.info("%s %s loaded in %.1f s", painter.name, painter.revision, time.monotonic() - began)
        return painter

    def shrink(self, model: str | None = None) -> bool:
        """Make do with less memory: other models go, this one paints fewer pictures at once; tell whether it can.

        One that could not even be loaded cannot.
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
        """Note that a piece was done; now and then use more of the memory again, where there was too little of it."""
        painter = self.get(model)
        self._tasks_done += 1
        if painter.at_once is not None and self._tasks_done % GROW == 0:
            larger = 2 * painter.at_once
            painter.at_once = larger if larger < painter.rendering().batch else None

    def _make_room(self, capacity: int) -> None:
        """Let go of the models longest unused until so many are left: together with another they may not fit."""
        while len(self._loaded) > capacity:
            forgotten = next(iter(self._loaded))
            del self._loaded[forgotten]
            log.info("%s is let go", forgotten)
            gc.unfreeze()
            device_errors.free_memory()  # networks hold themselves in circles


def _ready(painter: Painter) -> None:
    """Do what a first walk would wait for.

    The latent preview is fitted, and all that was loaded is taken out of the garbage collector's sight: going through
    it costs a quarter of a second, in the middle of whichever walk makes it full.
    """
    _ = painter.latent_preview
    gc.collect()
    gc.freeze()
