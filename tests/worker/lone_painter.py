"""A worker in the test's own process whose only model paints whatever is asked for."""

from pathlib import Path

from flask import Flask

from worker.diffusion import tuning
from worker.diffusion.model import Model
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.process.worker import Worker


class OnlyModel:
    """The models of a worker that has one."""

    def __init__(self, painter: WalkPipeline) -> None:
        self.painter, self.names, self.loaded = painter, (painter.name,), (painter.name, None)

    def get(self, _model: str | None) -> WalkPipeline:
        """Return the painter, whichever model is named."""
        return self.painter

    def grow(self, _model: str | None) -> None:
        """Load nothing further."""


def load(folder: Path) -> WalkPipeline:
    """Load the model in a folder, with settings that need no measuring."""
    return WalkPipeline(Model.load(str(folder), device="cpu"), tuning.fallback())


def at_work(app: Flask, painter: WalkPipeline) -> WalkPipeline:
    """Make this process a worker with one painter; return that."""
    Worker(app, OnlyModel(painter))  # type: ignore[arg-type]
    return painter
