"""A painter of one model that stands for all that a worker has, in the test's own process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from worker.diffusion import tuning
from worker.diffusion.model import Model
from worker.diffusion.painter import Painter
from worker.process.worker import Worker


class LonePainter(Painter):
    """Paints whatever is asked for, whichever model is named."""

    @property
    def names(self) -> tuple[str, ...]:
        """Name the model on offer."""
        return (self.name,)

    @property
    def loaded(self) -> tuple[str | None, ...]:
        """Name the model that is loaded, and the one that paints where none is named."""
        return (self.name, None)

    def of(self, _model: str | None) -> LonePainter:
        """Return the painter of a model."""
        return self

    def grow(self, _model: str | None) -> None:
        """Load nothing further."""


@contextmanager
def at_work(app: Flask, folder: Path) -> Iterator[Painter]:
    """Prepare this process as a worker with the model in a folder."""
    painter = LonePainter(Model.load(str(folder), device="cpu"), tuning.fallback())
    Worker(app, painter)  # type: ignore[arg-type]
    yield painter
